"""An economy in which one series moves what is forecast, and all others move nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from macrotrade import History, Panel, Releases, SeriesInfo

__all__ = ["GROUPS", "planted_history", "planted_panel"]

GROUPS = {"X0": "cause", "X1": "idle", "X2": "idle", "X3": "other", "X4": "other", "Y": "outcome", "Z": "outcome"}


_IN_TIME: Mapping[str, int] = MappingProxyType({})


def planted_history(n_periods: int = 260, seed: int = 0, late: Mapping[str, int] = _IN_TIME) -> History:
    """Monthly, 1990 on: the change of Y in a month is 0.9 of X0 in the month before and some noise, Z is a walk.

    Numbers are public when their month ends, those of the series in `late` so many days later.
    """
    generator = np.random.default_rng(seed)
    months = pd.period_range("1990-01", periods=n_periods, freq="M")
    frame = pd.DataFrame(generator.normal(size=(n_periods, 5)), months, [f"X{number}" for number in range(5)])
    noise = generator.normal(size=(n_periods, 2))
    frame["Y"] = 100.0 + np.cumsum(np.r_[0.0, 0.9 * frame["X0"].to_numpy()[:-1]] + 0.3 * noise[:, 0])
    frame["Z"] = 100.0 + np.cumsum(noise[:, 1])
    info = {name: SeriesInfo(name, tcode=1, group=GROUPS[name]) for name in frame}
    releases = {"M": Releases.from_final("M", frame, {**dict.fromkeys(frame, 0), **late})}
    return History("planted", "pseudo", releases, pd.DataFrame(index=pd.DatetimeIndex([])), info)


def planted_panel(n_periods: int = 260, seed: int = 0) -> Panel:
    """Its last panel."""
    history = planted_history(n_periods, seed)
    return history.as_of(history.last_day)
