"""Discovered equations of euro-area inflation against an autoregression and the random walk, from rolling origins.

At each quarter of 2005 to 2014 equations are searched for, chosen and fitted on the data before it, and inflation is
forecast recursively for eight quarters. The Area Wide Model's data have no vintages: what an origin sees is the history
of the quarters before it, as it was revised later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from macrotrade.errors import DataError
from macrotrade.evaluation.comparison import diebold_mariano
from macrotrade.providers.equations.area_wide import FIRST
from macrotrade.providers.equations.discovery import DiscoverySettings, discover
from macrotrade.providers.equations.recursion import recurse

__all__ = ["FIRST_ORIGIN", "LAST_ORIGIN", "AreaWideRace", "area_wide_race", "usual_entrants"]

FIRST_ORIGIN, LAST_ORIGIN = pd.Period("2005Q1"), pd.Period("2014Q4")

_TARGET = "pi"
_ANCHOR, _WALK = "AR(2)", "random walk"


@dataclass(frozen=True, eq=False)
class AreaWideRace:
    """Forecasts of inflation from rolling origins.

    Attributes
    ----------
    forecasts
        Index (origin, horizon); columns the forecasts, ``outcome`` last; per cent.
    flags
        By origin, what the guards changed; origins without any are left out.
    equations
        By entrant and origin, the equations that forecast.
    """

    forecasts: pd.DataFrame
    flags: Mapping[pd.Period, tuple[str, ...]]
    equations: Mapping[str, Mapping[pd.Period, tuple[str, ...]]]

    @property
    def names(self) -> list[str]:
        """What is compared."""
        return [str(name) for name in self.forecasts.columns if name != "outcome"]

    def rmse(self) -> pd.DataFrame:
        """Root mean squared error, rows the horizons and ``all`` of them, columns what is compared; per cent."""
        squares = self._squares()
        table = squares.groupby(level="horizon").mean() ** 0.5
        whole = (squares.mean() ** 0.5).to_frame("all").T
        return pd.concat([table.set_axis(table.index.astype(object)), whole]).rename_axis("horizon")

    def against(self, base: str) -> pd.DataFrame:
        """Diebold-Mariano tests of every other forecast against `base`, two-sided.

        Returns
        -------
        pd.DataFrame
            Index (forecast, horizon), ``all`` for the mean squared error of whole paths; columns ``ratio`` of root mean
            squared errors, ``statistic`` (positive where the forecast beats the base), ``p_value`` and ``n``. Variances
            allow for the overlap of h-step forecasts: Bartlett weights, h - 1 lags.
        """
        squares = self._squares()
        wide = {name: squares.reset_index().pivot_table(name, "origin", "horizon") for name in self.names}
        rows = {}
        for name in self.names:
            if name == base:
                continue
            horizons: list[tuple[object, pd.Series, pd.Series, int]] = [
                (h, wide[base][h], wide[name][h], int(h)) for h in wide[base].columns
            ]
            horizons.append(("all", wide[base].mean(axis=1), wide[name].mean(axis=1), int(max(wide[base].columns))))
            for label, base_loss, loss, h in horizons:
                verdict = diebold_mariano(base_loss.to_numpy(), loss.to_numpy(), h)
                ratio = float(np.sqrt(loss.mean() / base_loss.mean()))
                rows[(name, label)] = (ratio, verdict.statistic, verdict.p_value, verdict.n)
        index = pd.MultiIndex.from_tuples(list(rows), names=["forecast", "horizon"])
        return pd.DataFrame(list(rows.values()), index=index, columns=["ratio", "statistic", "p_value", "n"])

    def _squares(self) -> pd.DataFrame:
        return self.forecasts[self.names].sub(self.forecasts["outcome"], axis=0) ** 2


def usual_entrants() -> dict[str, tuple[Sequence[str], DiscoverySettings]]:
    """By name, the columns read and how equations are chosen: inflation alone, and with output and the short rate.

    All equations of up to three terms over inflation's two lags; over six variables all of up to two terms, for a
    search of three terms at every origin would take hours.
    """
    lean = DiscoverySettings(n_refined=0, n_verified=0)
    return {
        "univariate equations": ([_TARGET], replace(lean, max_terms=3)),
        "three-variable equations": ([_TARGET, "y", "i"], replace(lean, max_terms=2)),
    }


def area_wide_race(
    frame: pd.DataFrame,
    entrants: Mapping[str, tuple[Sequence[str], DiscoverySettings]] | None = None,
    *,
    first: pd.Period = FIRST_ORIGIN,
    last: pd.Period = LAST_ORIGIN,
    n_steps: int = 8,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> AreaWideRace:
    """Recursive forecasts of inflation from every quarter between two origins.

    Parameters
    ----------
    frame
        From :func:`~macrotrade.providers.equations.area_wide.area_wide_frame`.
    entrants
        By name, the columns read and how equations are chosen; :func:`usual_entrants` where None. Other columns than
        inflation are carried on by their autoregressions.
    first, last
        Origins: the last quarter that a forecast sees.
    n_steps
        Quarters ahead.
    n_jobs
        Threads of each search, -1 for all cores.
    progress
        Told how many origins are done, of how many.

    Raises
    ------
    DataError
        If the data do not reach the outcomes of the last origin.
    """
    data = frame.loc[FIRST:]
    if (last + n_steps) not in data.index or data.loc[: last + n_steps, _TARGET].isna().any():
        raise DataError(f"Forecasts from {last} for {n_steps} quarters need data to {last + n_steps}.")
    asked = usual_entrants() if entrants is None else entrants
    origins = pd.period_range(first, last, freq="Q")
    parts, flags = {}, {}
    equations: dict[str, dict[pd.Period, tuple[str, ...]]] = {name: {} for name in asked}
    for done, origin in enumerate(origins, start=1):
        seen = data.loc[:origin]
        paths = {}
        said: list[str] = []
        for name, (columns, settings) in asked.items():
            discovery = discover(seen[list(columns)], _TARGET, settings, n_jobs=n_jobs)
            found = discovery.forecast(seen[list(columns)], n_steps)
            paths[name] = found.path
            paths[_ANCHOR] = found.anchor_paths[_TARGET].to_numpy()
            said += [f"{name}: {flag}" for flag in found.flags]
            equations[name][origin] = tuple(map(str, discovery.members))
        paths.setdefault(_ANCHOR, _anchor(seen, n_steps))
        paths[_WALK] = np.full(n_steps, float(seen[_TARGET].iloc[-1]))
        paths["outcome"] = data[_TARGET].to_numpy()[len(seen) : len(seen) + n_steps]
        parts[origin] = pd.DataFrame(paths, index=pd.RangeIndex(1, n_steps + 1))
        if said:
            flags[origin] = tuple(said)
        if progress:
            progress(done, len(origins))
    return AreaWideRace(pd.concat(parts, names=["origin", "horizon"]), flags, equations)


def _anchor(seen: pd.DataFrame, n_steps: int) -> np.ndarray:
    from macrotrade.providers.equations.autoregressive import autoregression_of

    return recurse(autoregression_of(seen, _TARGET), seen, n_steps).path
