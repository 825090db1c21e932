"""A search's finished pieces on disk, so that a broken-off search goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from macrotrade._files import atomically
from macrotrade.errors import SettingsError
from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.fitting import FitSettings, Level
from macrotrade.providers.equations.library import TermLibrary

__all__ = ["SearchStore", "search_identity"]

_ARITHMETIC = 1  # raised when a change of the kernels changes results


def search_identity(library: TermLibrary, data: EquationData, settings: FitSettings) -> str:
    """Hash of everything that the pieces depend on."""
    words = json.dumps([_ARITHMETIC, asdict(library), asdict(settings), data.name, data.variables], sort_keys=True)
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

    def read(self, name: str) -> Level | None:
        """A finished piece, or None."""
        file = self._file(name)
        if not file.exists():
            return None
        with np.load(file) as kept:
            return Level(kept["ranks"], kept["sse"], kept["thetas"], kept["iterations"])

    def write(self, name: str, level: Level) -> None:
        """Keep a finished piece."""
        with atomically(self._file(name)) as temporary, temporary.open("wb") as stream:
            np.savez(stream, ranks=level.ranks, sse=level.sse, thetas=level.thetas, iterations=level.iterations)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
