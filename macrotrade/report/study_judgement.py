"""How good a study's forecasts were: every figure that its page states, worked out by :mod:`macrotrade.evaluation`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from macrotrade.errors import DataError
from macrotrade.evaluation.density import density_summary
from macrotrade.evaluation.density_race import density_gains, density_race, shared_scores
from macrotrade.evaluation.ensemble_race import EnsembleRace, ensemble_race
from macrotrade.evaluation.exhibits import (
    direction_shares,
    gains_by_window,
    normalised_rmse,
    series_rmse,
    weight_summary,
)
from macrotrade.evaluation.fluctuation_race import FluctuationRace, fluctuation_race
from macrotrade.evaluation.horse_race import HorseRace, horse_race
from macrotrade.evaluation.losses import WHOLE
from macrotrade.report.words import span
from macrotrade.strategy.study import StudyResult

__all__ = ["FEW_SERIES", "Cell", "Races", "StudyJudgement", "judge_study"]

FEW_SERIES = 12
"""Up to so many series are told one by one, with tests; of more only what they have in common."""

_WINDOW = 0.3
"""Share of the periods in a window of the fluctuation test, as its authors advise."""


@dataclass(frozen=True)
class Cell:
    """One `series` at one `horizon` in one `window`."""

    series: str
    horizon: int
    window: str = "all"

    @property
    def title(self) -> str:
        """The cell as the end of a title."""
        return f"{self.series}, {self.horizon} ahead{span(self.window)}"

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of a table with columns series, horizon and, if it has one, window."""
        rows = table[(table["series"] == self.series) & (table["horizon"] == self.horizon)]
        return rows[rows["window"] == self.window] if "window" in rows else rows


@dataclass(frozen=True, eq=False)
class Races:
    """What is told of series one by one, every provider against the first base, in each window.

    Attributes
    ----------
    points
        Horse race of point forecasts.
    densities
        Of distributions, see :func:`macrotrade.evaluation.density_race.density_race`.
    fluctuation
        Fluctuation tests.
    ensembles
        Members of the study's ensembles against their means.
    """

    points: HorseRace
    densities: pd.DataFrame
    fluctuation: FluctuationRace
    ensembles: EnsembleRace


@dataclass(frozen=True, eq=False)
class StudyJudgement:
    """Figures of a study; what each column is stands in the functions of :mod:`macrotrade.evaluation` that make them.

    Attributes
    ----------
    providers, series, horizons
        In order of appearance; horizons rising.
    windows
        Names of the windows in which gains are told: ``all``, then the study's own.
    gains
        Rows (provider, base, window), columns horizons: D.
    ratios
        Rows (provider, horizon), columns series: RMSE over that of the first base.
    growth
        Providers x horizons: mean over series of RMSE over that at the first horizon.
    direction
        Rows (provider, horizon): right, rises, majority, n.
    densities
        Rows (provider, horizon) over all series: n, pit_mean, pit_deviation, coverage_50, coverage_80, coverage_95,
        and note.
    density_gains
        Rows (provider, horizon): gains in CRPS (per cent) and in log score over the first base.
    weights
        Rows (provider, horizon, member): mean and quantiles of members' weights; empty where none have any.
    races
        None for many series.
    """

    providers: tuple[str, ...]
    series: tuple[str, ...]
    horizons: tuple[int, ...]
    windows: tuple[str, ...]
    gains: pd.DataFrame
    ratios: pd.DataFrame
    growth: pd.DataFrame
    direction: pd.DataFrame
    densities: pd.DataFrame
    density_gains: pd.DataFrame
    weights: pd.DataFrame
    races: Races | None

    def gains_over(self, base: str, window: str = "all") -> pd.DataFrame:
        """D over one base in one window, providers x horizons."""
        labels = self.gains.index
        over = (labels.get_level_values("base") == base) & (labels.get_level_values("window") == window)
        return self.gains[over].droplevel(["base", "window"])


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
    windows = {window.name: window for window in (*WHOLE, *study.judged_in)}
    shared = shared_scores(forecasts)
    return StudyJudgement(
        providers=providers,
        series=series,
        horizons=tuple(sorted(map(int, forecasts["horizon"].unique()))),
        windows=tuple(windows),
        gains=gains_by_window(forecasts, study.base, tuple(windows.values())).reindex(providers, level="provider"),
        ratios=_ratios(forecasts, base),
        growth=normalised_rmse(forecasts).reindex(pd.Index(providers, name="provider")),
        direction=direction_shares(forecasts),
        densities=_densities(shared),
        density_gains=density_gains(shared, base),
        weights=weight_summary(result.weights),
        races=_races(result) if len(series) <= FEW_SERIES else None,
    )


def _races(result: StudyResult) -> Races:
    forecasts, study = result.forecasts, result.study
    base, windows = study.base[0], study.judged_in
    return Races(
        horse_race(forecasts, base, windows, nested=study.nesting(base), seed=study.seed),
        density_race(forecasts, base, windows),
        fluctuation_race(forecasts, base, windows, share=_WINDOW),
        ensemble_race(result.members, forecasts, windows),
    )


def _densities(shared: pd.DataFrame) -> pd.DataFrame:
    """Calibration over all series; scores in different units have no common mean."""
    keys = ["provider", "horizon"]
    return density_summary(shared, by=keys).set_index(keys).drop(columns=["crps", "log_score"])


def _ratios(forecasts: pd.DataFrame, base: str) -> pd.DataFrame:
    """RMSE over that of the base, which is missing where the base made no error."""
    rmse = series_rmse(forecasts)
    of_base = rmse[rmse.index.get_level_values("provider") == base].droplevel("provider")
    below = of_base.where(of_base > 0.0).reindex(rmse.index.get_level_values("horizon"))
    return rmse / below.set_axis(rmse.index, axis=0)
