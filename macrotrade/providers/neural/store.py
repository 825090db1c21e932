"""A fitted forecaster in a folder: numbers as safetensors, all else as JSON; nothing is executed on reading."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade import __version__
from macrotrade._files import atomically, content_hash
from macrotrade._parts import Arrays, put_together, taken_apart
from macrotrade.errors import DataError, FitError
from macrotrade.forecast import Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.neural.ensemble import EnsembleSettings
from macrotrade.providers.neural.forecaster import FittedSeries, NeuralForecaster
from macrotrade.providers.neural.named import NamedArchitecture

__all__ = ["FORMAT_VERSION", "fingerprint", "load_for", "load_forecaster", "save_forecaster"]

FORMAT_VERSION = 2
"""Version of the folders written; a folder of another version is refused."""

_WORDS = "forecaster.json"
_REMEDY = "fit the networks again and save them."


@dataclass(frozen=True, eq=False)
class _Kept:
    """What is written of a forecaster, but for its target and day."""

    architectures: tuple[NamedArchitecture, ...]
    settings: EnsembleSettings
    fitted: tuple[FittedSeries, ...]
    notes: tuple[str, ...]


def save_forecaster(forecaster: NeuralForecaster, folder: str | Path) -> Path:
    """Write a fitted forecaster to `folder` and give the path back.

    The folder is made where it is missing. Arrays are written first, under a name made of their contents; the JSON file
    that names them then appears whole, so a write cut off leaves what was there before.
    """
    folder = Path(folder)
    if folder.is_file():
        raise DataError(f"{folder}: is a file; name a folder to save the networks in.")
    arrays: Arrays = {}
    kept = taken_apart(_Kept(**{each.name: getattr(forecaster, each.name) for each in fields(_Kept)}), arrays)
    content = _as_safetensors(arrays)
    name = f"arrays-{_hash(content)[:12]}.safetensors"
    target = forecaster.target
    words = {
        "macrotrade": "neural forecaster",
        "version": FORMAT_VERSION,
        "written_by": __version__,
        "arrays": name,
        "sha256": _hash(content),
        "as_of": f"{forecaster.as_of:%Y-%m-%d}",
        "target": {
            "series": target.names,
            "horizons": target.horizons,
            "measure": target.measures,
            "frequency": target.frequency,
        },
        "forecaster": kept,
    }
    with atomically(folder / name) as temporary:
        temporary.write_bytes(content)
    with atomically(folder / _WORDS) as temporary:
        temporary.write_text(json.dumps(words, indent=1), encoding="utf-8")
    for old in folder.glob("arrays-*.safetensors"):
        if old.name != name:
            old.unlink(missing_ok=True)
    return folder


def fingerprint(folder: Path) -> str:
    """Told from any other forecaster saved in the folder before or after; empty where none can be read."""
    return content_hash(folder / _WORDS)


def load_forecaster(folder: str | Path) -> NeuralForecaster:
    """Forecaster from a folder of :func:`save_forecaster`; its forecasts equal the original's to the bit.

    Raises
    ------
    DataError
        If the folder is absent, is none of ours, is damaged or of another version.
    """
    folder = Path(folder)
    words = _read_words(folder / _WORDS)
    arrays = _read_arrays(folder, words)
    try:
        asked, as_of = words["target"], pd.Timestamp(words["as_of"])
        target = Target(
            tuple(asked["series"]), tuple(asked["horizons"]), tuple(asked["measure"]), frequency=asked["frequency"]
        )
        kept = put_together(_Kept, words["forecaster"], arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{folder}: does not hold what this version of macrotrade keeps ({error}); {_REMEDY}"
        ) from error
    return NeuralForecaster(target, as_of=as_of, **vars(kept))


def load_for(folder: Path, panel: Panel, target: Target) -> NeuralForecaster:
    """Saved forecaster for these series and horizons, trained by the day of `panel`.

    Raises
    ------
    DataError
        As :func:`load_forecaster`.
    FitError
        If it was trained for another target, or on what was known later than `panel`'s day.
    """
    saved = load_forecaster(folder)
    kept = saved.target
    same = (kept.names, kept.measures, kept.frequency) == (target.names, target.measures, target.frequency)
    if not same or not set(target.horizons) <= set(kept.horizons):
        raise FitError(
            f"{folder}: its networks forecast {_said(kept)}; asked for is {_said(target)}. Save others, or train."
        )
    if saved.as_of > panel.as_of:
        raise FitError(
            f"{folder}: its networks were trained on what was known at {saved.as_of:%Y-%m-%d}, after the origin "
            f"{panel.as_of:%Y-%m-%d}. Start the origins later, or train."
        )
    return saved.for_target(target)


def _said(target: Target) -> str:
    series = ", ".join(f"{name} ({measure})" for name, measure in zip(target.names, target.measures, strict=True))
    return f"{series} at horizons {', '.join(map(str, target.horizons))} {target.frequency}"


def _as_safetensors(arrays: Arrays) -> bytes:
    import numpy as np
    from safetensors.numpy import save

    content: bytes = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    return content


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_words(file: Path) -> dict[str, Any]:
    try:
        words: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check the path.") from error
    except ValueError as error:
        raise DataError(f"{file}: is no saved forecaster, or was cut off; {_REMEDY}") from error
    if not isinstance(words, dict) or words.get("macrotrade") != "neural forecaster":
        raise DataError(f"{file}: is no saved forecaster of networks; name the folder that holds one.")
    if words.get("version") != FORMAT_VERSION:
        raise DataError(
            f"{file}: was written in format {words.get('version')}, this version of macrotrade reads format "
            f"{FORMAT_VERSION}; {_REMEDY}"
        )
    return words


def _read_arrays(folder: Path, words: dict[str, Any]) -> Arrays:
    from safetensors.numpy import load

    file = folder / Path(str(words.get("arrays"))).name
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); {_REMEDY}") from error
    if _hash(content) != words.get("sha256"):
        raise DataError(f"{file}: is not what was written beside {_WORDS}: its sha256 differs; {_REMEDY}")
    arrays: Arrays = load(content)
    return arrays
