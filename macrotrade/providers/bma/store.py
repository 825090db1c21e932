"""A fitted system in one file: written whole or not at all, read back to the bit, nothing executed on reading."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from macrotrade._files import atomically
from macrotrade._parts import Arrays, put_together, taken_apart
from macrotrade.errors import DataError
from macrotrade.forecast import Target
from macrotrade.providers.bma.forecaster import BMAForecaster
from macrotrade.providers.bma.system import System

__all__ = ["FORMAT_VERSION", "load_forecaster", "load_system", "save_forecaster", "save_system"]

FORMAT_VERSION = 1
"""Version of the files written; a file of another version is refused."""

_Kind = TypeVar("_Kind")
_What: TypeAlias = Literal["system", "forecaster"]


def save_system(system: System, file: str | Path) -> Path:
    """Write a system to `file` (NumPy's npz) and give the path back; an older file is replaced whole."""
    arrays: Arrays = {}
    return _write(file, "system", {"system": taken_apart(system, arrays)}, arrays)


def load_system(file: str | Path) -> System:
    """System from a file of :func:`save_system` or :func:`save_forecaster`, equal to the bit.

    Raises
    ------
    DataError
        If the file is absent, is none of ours, is cut off or of another version.
    """
    words, arrays = _read(file, ("system", "forecaster"))
    return _decoded(file, System, words["system"], arrays)


def save_forecaster(forecaster: BMAForecaster, file: str | Path) -> Path:
    """Write a fitted forecaster, its system included, to `file` and give the path back."""
    arrays: Arrays = {}
    target = dataclasses.asdict(forecaster.target)
    words = {
        "system": taken_apart(forecaster.system, arrays),
        "names": forecaster.names,
        "first": forecaster.first.ordinal,
        "members": forecaster.members,
        "weighting": forecaster.weighting,
        "target": target,
    }
    return _write(file, "forecaster", words, arrays)


def load_forecaster(file: str | Path) -> BMAForecaster:
    """Forecaster from a file of :func:`save_forecaster`; its forecasts equal the original's to the bit.

    Raises
    ------
    DataError
        If the file is absent, is none of ours, is cut off or of another version.
    """
    words, arrays = _read(file, ("forecaster",))
    asked = words["target"]
    target = Target(
        tuple(asked["series"]), tuple(asked["horizons"]), tuple(asked["measure"]), frequency=asked["frequency"]
    )
    return BMAForecaster(
        system=_decoded(file, System, words["system"], arrays),
        names=tuple(words["names"]),
        first=pd.Period(ordinal=words["first"], freq=target.frequency),
        members=tuple(words["members"]),
        weighting=words["weighting"],
        target=target,
    )


def _write(file: str | Path, what: _What, words: dict[str, Any], arrays: Arrays) -> Path:
    head = {"macrotrade": what, "version": FORMAT_VERSION, **words}
    text = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    with atomically(Path(file)) as temporary, temporary.open("wb") as content:
        np.savez_compressed(content, allow_pickle=False, words=text, **arrays)
    return Path(file)


def _read(file: str | Path, kinds: tuple[_What, ...]) -> tuple[dict[str, Any], Arrays]:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check the path.") from error
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        words: dict[str, Any] = json.loads(arrays.pop("words").tobytes())
        kind, version = words["macrotrade"], words["version"]
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError, AttributeError) as error:
        raise DataError(f"{file}: is no saved system, or was cut off; save it again.") from error
    if version != FORMAT_VERSION:
        raise DataError(
            f"{file}: was written in format {version}, this version of macrotrade reads format {FORMAT_VERSION}; "
            "fit the system again and save it."
        )
    if kind not in kinds:
        raise DataError(f"{file}: holds a {kind}, not a {' or '.join(kinds)}.")
    return words, arrays


def _decoded(file: str | Path, kind: type[_Kind], value: Any, arrays: Arrays) -> _Kind:
    try:
        return put_together(kind, value, arrays)
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{file}: does not hold what this version of macrotrade keeps ({error}); fit the system again and save it."
        ) from error
