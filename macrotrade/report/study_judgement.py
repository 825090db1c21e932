"""How good a study's forecasts were: every figure that its page states, worked out by :mod:`macrotrade.evaluation`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.evaluation.exhibits import (
    direction_shares,
    gains,
    interval_coverage,
    normalised_rmse,
    series_rmse,
    weight_summary,
)
from macrotrade.evaluation.horse_race import HorseRace, fluctuation_paths, horse_race
from macrotrade.evaluation.losses import Window
from macrotrade.strategy.study import StudyResult

__all__ = ["FEW_SERIES", "StudyJudgement", "judge_study"]

FEW_SERIES = 12
"""Up to so many series are told one by one, with tests; of more only what they have in common."""

_WINDOW = 0.3
"""Share of the periods in a window of the fluctuation test, as its authors advise."""


@dataclass(frozen=True, eq=False)
class StudyJudgement:
    """Figures of a study; what each column is stands in the functions of :mod:`macrotrade.evaluation` that make them.

    Attributes
    ----------
    providers, series, horizons
        In order of appearance; horizons rising.
    gains
        Rows (provider, base), columns horizons: D.
    ratios
        Rows (provider, horizon), columns series: RMSE over that of the first base.
    growth
        Providers x horizons: mean over series of RMSE over that at the first horizon.
    direction
        Rows (provider, horizon): right, rises, majority, n.
    coverage
        Rows (provider, horizon): inside, n, of the 10 to 90 per cent interval.
    weights
        Rows (provider, horizon, member): mean and quantiles of members' weights; empty where none have any.
    race, paths
        Horse race, and paths of the fluctuation test, against the first base; None and empty for many series.
    """

    providers: tuple[str, ...]
    series: tuple[str, ...]
    horizons: tuple[int, ...]
    gains: pd.DataFrame
    ratios: pd.DataFrame
    growth: pd.DataFrame
    direction: pd.DataFrame
    coverage: pd.DataFrame
    weights: pd.DataFrame
    race: HorseRace | None
    paths: pd.DataFrame

    def gains_over(self, base: str) -> pd.DataFrame:
        """D over one base, providers x horizons."""
        over = self.gains[self.gains.index.get_level_values("base") == base]
        return over.droplevel("base")


def judge_study(result: StudyResult) -> StudyJudgement:
    """Everything that a study's page states.

    Raises
    ------
    DataError
        If nothing that was forecast has come yet.
    """
    forecasts, study = result.forecasts, result.study
    if forecasts["outcome"].isna().all():
        raise DataError(f"Study {study.name!r}: no outcome is known yet of any forecast; let it end earlier.")
    series = tuple(map(str, forecasts["series"].unique()))
    base, providers = study.base[0], tuple(map(str, forecasts["provider"].unique()))
    few = len(series) <= FEW_SERIES
    windows = [Window(name, *span) for name, span in study.windows.items()] or [Window("all")]
    return StudyJudgement(
        providers=providers,
        series=series,
        horizons=tuple(sorted(map(int, forecasts["horizon"].unique()))),
        gains=gains(forecasts, study.base).reindex(providers, level="provider"),
        ratios=_ratios(forecasts, base),
        growth=normalised_rmse(forecasts).reindex(pd.Index(providers, name="provider")),
        direction=direction_shares(forecasts),
        coverage=interval_coverage(forecasts),
        weights=weight_summary(result.weights),
        race=horse_race(forecasts, base, windows, seed=study.seed) if few else None,
        paths=fluctuation_paths(forecasts, base, windows, share=_WINDOW) if few else pd.DataFrame(),
    )


def _ratios(forecasts: pd.DataFrame, base: str) -> pd.DataFrame:
    """RMSE over that of the base, which is missing where the base made no error."""
    rmse = series_rmse(forecasts)
    of_base = rmse[rmse.index.get_level_values("provider") == base].droplevel("provider")
    below = of_base.where(of_base > 0.0).reindex(rmse.index.get_level_values("horizon"))
    return rmse / below.set_axis(rmse.index, axis=0)
