"""Finished blocks of a walk on disk: written whole or not at all, read back to the bit."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from macrotrade._files import atomically
from macrotrade.forecast import Forecast, Target

__all__ = ["read_block", "write_block"]

_ARRAYS = ("mean", "scale", "weights", "origin")


def write_block(file: Path, forecasts: Sequence[Forecast], refusals: Sequence[tuple[pd.Timestamp, str]]) -> None:
    """Write forecasts and refusals; a reader sees the whole block or none of it."""
    arrays = {
        f"{name}_{number}": getattr(forecast, name) for number, forecast in enumerate(forecasts) for name in _ARRAYS
    }
    words = {
        "forecasts": [
            {
                "as_of": forecast.as_of.isoformat(),
                "period": forecast.period.ordinal,
                "frequency": forecast.period.freqstr,
                "members": forecast.members,
                "reasons": forecast.reasons,
            }
            for forecast in forecasts
        ],
        "refusals": [(day.isoformat(), reason) for day, reason in refusals],
    }
    text = np.frombuffer(json.dumps(words).encode(), dtype=np.uint8)
    with atomically(file) as temporary:
        np.savez(temporary, allow_pickle=False, words=text, **arrays)


def read_block(file: Path, target: Target) -> tuple[tuple[Forecast, ...], list[tuple[pd.Timestamp, str]]] | None:
    """Forecasts and refusals of a block, or None where it is absent or was damaged."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as saved:
            words = json.loads(saved["words"].tobytes())
            forecasts = tuple(
                Forecast(
                    target=target,
                    as_of=pd.Timestamp(entry["as_of"]),
                    period=pd.Period(ordinal=entry["period"], freq=entry["frequency"]),
                    members=tuple(entry["members"]),
                    reasons=tuple(entry["reasons"]),
                    **{name: saved[f"{name}_{number}"] for name in _ARRAYS},
                )
                for number, entry in enumerate(words["forecasts"])
            )
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError, EOFError):
        return None
    return forecasts, [(pd.Timestamp(day), reason) for day, reason in words["refusals"]]
