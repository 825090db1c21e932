"""Finished blocks of a walk as bytes: compact arrays and a few words, read back to the bit."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence

import numpy as np
import pandas as pd

from macrotrade.forecast import Forecast, Target

__all__ = ["block_bytes", "block_content"]

_BY_MEMBER = ("mean", "scale", "weights")


def block_bytes(forecasts: Sequence[Forecast], refusals: Sequence[tuple[pd.Timestamp, str]]) -> bytes:
    """Forecasts of one target, their members one below another in single arrays, and refusals."""
    arrays = {name: np.concatenate([getattr(one, name) for one in forecasts]) for name in _BY_MEMBER if forecasts}
    if forecasts:
        arrays["origin"] = np.stack([one.origin for one in forecasts])
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
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, words=text, **arrays)
    return content.getvalue()


def block_content(content: bytes, target: Target) -> tuple[tuple[Forecast, ...], list[tuple[pd.Timestamp, str]]] | None:
    """Forecasts and refusals of a block, or None where it was damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            words = json.loads(saved["words"].tobytes())
            arrays = {name: saved[name] for name in (*_BY_MEMBER, "origin")} if words["forecasts"] else {}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError):
        return None
    ends = np.cumsum([len(entry["members"]) for entry in words["forecasts"]]).tolist()
    forecasts = tuple(
        Forecast(
            target=target,
            as_of=pd.Timestamp(entry["as_of"]),
            period=pd.Period(ordinal=entry["period"], freq=entry["frequency"]),
            origin=arrays["origin"][number],
            members=tuple(entry["members"]),
            reasons=tuple(entry["reasons"]),
            **{name: arrays[name][ends[number] - len(entry["members"]) : ends[number]] for name in _BY_MEMBER},
        )
        for number, entry in enumerate(words["forecasts"])
    )
    return forecasts, [(pd.Timestamp(day), reason) for day, reason in words["refusals"]]
