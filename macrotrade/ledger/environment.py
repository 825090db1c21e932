"""What a decision was computed with: versions of the packages in use, and the revision of the working folder."""

from __future__ import annotations

import platform
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from macrotrade import __version__

__all__ = ["environment", "git_revision"]

_PACKAGES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy",
    "numba": "numba",
    "statsmodels": "statsmodels",
    "sklearn": "scikit-learn",
    "arch": "arch",
    "torch": "torch",
}
"""Modules whose version can move a number, with the distribution that brings each."""


def environment() -> dict[str, Any]:
    """Versions of Python and of the packages that this process has imported, platform, and git revision if any.

    Packages that bring a provider in use are among them.
    """
    return {
        "packages": dict(sorted(_versions().items())),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "revision": git_revision(Path.cwd()),
    }


def _versions() -> dict[str, str]:
    found = {distribution: _version(module) for module, distribution in _PACKAGES.items() if module in sys.modules}
    brought = {name: number for module, name, number in _providers() if module in sys.modules}
    return {**brought, **found, "macrotrade": __version__}


@lru_cache
def _version(module: str) -> str:
    try:
        return version(_PACKAGES[module])
    except PackageNotFoundError:
        return str(getattr(sys.modules[module], "__version__", "unknown"))


@lru_cache
def _providers() -> tuple[tuple[str, str, str], ...]:
    """Module of each registered provider, with the distribution that brings it and its version."""
    from macrotrade.providers.registry import installed

    entries = installed().values()
    return tuple((entry.path.partition(":")[0], entry.distribution, entry.version) for entry in entries)


def git_revision(folder: Path) -> str | None:
    """Commit that is checked out in the repository around `folder`, or None.

    Read from the repository's own files, since a process to ask git costs more than the rest of an append. Changes that
    are not committed do not show.
    """
    try:
        place = next((each / ".git" for each in (folder, *folder.parents) if (each / ".git").exists()), None)
        return _commit(_repository(place)) if place is not None else None
    except (OSError, UnicodeDecodeError):
        return None


def _repository(place: Path) -> Path:
    """The folder that a ``.git`` is, or that a worktree's file names."""
    if place.is_dir():
        return place
    return place.parent / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()


def _commit(repository: Path) -> str | None:
    head = (repository / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref: "):
        return head or None
    name = head.removeprefix("ref: ")
    common = repository / "commondir"
    shared = repository / common.read_text(encoding="utf-8").strip() if common.exists() else repository
    for home in (repository, shared):
        if (home / name).exists():
            return (home / name).read_text(encoding="utf-8").strip() or None
    packed = shared / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((line.partition(" ")[0] for line in lines if line.partition(" ")[2] == name), None)
