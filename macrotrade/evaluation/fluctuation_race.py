"""When was each provider better than the base? Fluctuation tests of tidy forecasts, for figures and their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from macrotrade.evaluation.fluctuation import Side, fluctuation
from macrotrade.evaluation.losses import WHOLE, Loss, Window, cells, shared_forecasts

__all__ = ["FluctuationRace", "fluctuation_race"]


@dataclass(frozen=True, eq=False)
class FluctuationRace:
    """Fluctuation tests of every provider against the base.

    Attributes
    ----------
    paths
        A row for each rolling window: provider, series, horizon, window, first, centre, last (periods of the rolling
        window) and statistic, positive where the provider was better. Cells without a verdict have none.
    verdicts
        A row for each (provider, series, horizon, window): n, statistic (the highest of the path), critical_value,
        p_value, and note, the reason where there is no verdict.
    """

    paths: pd.DataFrame
    verdicts: pd.DataFrame


def fluctuation_race(
    forecasts: pd.DataFrame,
    base: str,
    windows: Sequence[Window] = WHOLE,
    *,
    share: float = 0.3,
    alternative: Side = "greater",
    level: float = 0.05,
    loss: Loss = "squared",
) -> FluctuationRace:
    """Fluctuation test of every provider against the base, on every series, horizon and window.

    Parameters
    ----------
    forecasts, base, windows, loss
        As in :func:`macrotrade.evaluation.horse_race.horse_race`.
    share
        Of the periods of a cell that fill a rolling window.
    alternative, level
        As in :func:`macrotrade.evaluation.fluctuation.fluctuation`.
    """
    paths, verdicts = [], []
    for series, window, horizon in cells(forecasts, windows):
        shared = shared_forecasts(forecasts, series, horizon, window)
        losses = shared.losses(loss)
        m = max(1, round(share * len(losses)))
        for provider in map(str, pd.unique(forecasts["provider"])):
            key: dict[str, str | int | float] = {
                "provider": provider, "series": series, "horizon": horizon, "window": window.name,
            }  # fmt: skip
            absent = [name for name in (base, provider) if name not in losses]
            if provider == base:
                continue
            if absent:
                verdicts.append({**key, "n": 0, "note": f"no forecasts of {absent[0]} in this window"})
                continue
            found = fluctuation(losses[base], losses[provider], m, horizon, alternative=alternative, level=level)
            paths.append(found.path.assign(**key))
            verdict = found.verdict
            verdicts.append(
                {
                    **key, "n": verdict.n, "statistic": verdict.statistic, "critical_value": found.critical_value,
                    "p_value": verdict.p_value, "note": verdict.note,
                }
            )  # fmt: skip
    table = pd.concat(paths, ignore_index=True) if paths else pd.DataFrame(columns=_PATH)
    return FluctuationRace(table[_PATH], pd.DataFrame(verdicts, columns=_VERDICT))


_KEYS = ["provider", "series", "horizon", "window"]
_PATH = [*_KEYS, "first", "centre", "last", "statistic"]
_VERDICT = [*_KEYS, "n", "statistic", "critical_value", "p_value", "note"]
