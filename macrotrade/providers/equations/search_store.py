"""A search's finished pieces on disk, so that a broken-off search goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from macrotrade._files import atomically
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.data import EquationData

__all__ = ["SearchStore", "search_identity"]

_ARITHMETIC = 2  # raised when a change of the kernels changes results


def search_identity(data: EquationData, **asked: Any) -> str:
    """Hash of everything that the pieces depend on: the data, and plain values that say what was asked of them."""
    words = json.dumps([_ARITHMETIC, asked, data.name, data.variables], sort_keys=True)
    digest = hashlib.sha256(words.encode())
    digest.update(data.target.tobytes())
    digest.update(data.values.tobytes())
    return digest.hexdigest()


class SearchStore:
    """Finished pieces of one search in a folder; each appears whole or not at all.

    Parameters
    ----------
    folder
        Where they are kept; made where it is missing.
    identity
        From `search_identity`.
    resume
        Whether pieces that are there already may be used.

    Raises
    ------
    SettingsError
        The folder holds another search's pieces, or this one's and ``resume`` is not asked for.
    """

    def __init__(self, folder: Path, identity: str, *, resume: bool) -> None:
        self.folder = folder
        name = folder / "search.json"
        if name.exists():
            kept = json.loads(name.read_text(encoding="utf-8"))["identity"]
            if kept != identity:
                raise SettingsError(
                    f"{folder} holds a search of another language, other data or other settings; "
                    "give another folder, or remove this one"
                )
            if not resume:
                raise SettingsError(f"{folder} holds this search already; resume it, or give another folder")
        with atomically(name) as temporary:
            temporary.write_text(json.dumps({"identity": identity}), encoding="utf-8")

    def read(self, name: str) -> dict[str, np.ndarray] | None:
        """Arrays of a finished piece by name, or None."""
        file = self._file(name)
        if not file.exists():
            return None
        with np.load(file) as kept:
            return {key: kept[key] for key in kept.files}

    def write(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep the arrays of a finished piece."""
        with atomically(self._file(name)) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
