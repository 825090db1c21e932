"""Do forecast distributions mean what they say? Scores, PIT and coverage of forecasts whose outcomes are known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd
from scipy.stats import binom

from macrotrade._typing import AnyArray, FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.mixture_scores import mixture_crps, mixture_log_score, mixture_pit
from macrotrade.forecast import Forecast

__all__ = ["coverage", "density_scores", "density_summary", "pit_histogram"]


def density_scores(forecasts: Sequence[Forecast], outcome: FloatArray | pd.Series) -> pd.DataFrame:
    """Scores of each forecast of one target, a row for each (as_of, horizon, series).

    Columns: as_of, series, measure, horizon, period, outcome, crps (in the measure's units), log_score (minus the log
    density; infinite for a forecast without spread) and pit (between 0 and 1). Scores of a missing outcome are NaN.

    Parameters
    ----------
    forecasts
        Forecasts of one target, in the order of time.
    outcome
        What happened, in the measure forecast: one number for each row of :func:`macrotrade.forecast.tidy`, in its
        order (as_of, then horizon, then series).
    """
    happened = np.asarray(outcome, dtype=np.float64)
    n_rows = sum(forecast.mean[0].size for forecast in forecasts)
    if happened.shape != (n_rows,):
        raise DataError(
            f"{len(forecasts)} forecasts have {n_rows} rows (as_of, horizon, series), not {happened.shape} outcomes."
        )
    if not forecasts:
        return pd.DataFrame(columns=_COLUMNS)
    parts, start = [], 0
    for _, group in groupby(forecasts, key=lambda forecast: forecast.mean.shape):
        alike = tuple(group)
        stop = start + len(alike) * alike[0].mean[0].size
        parts.append(_scores_alike(alike, happened[start:stop]))
        start = stop
    return pd.concat(parts, ignore_index=True)


def density_summary(
    scores: pd.DataFrame,
    by: Sequence[str] = ("series", "measure", "horizon"),
    levels: Sequence[float] = (0.5, 0.8, 0.95),
) -> pd.DataFrame:
    """Mean scores and coverage for each group, a row for each.

    Columns: those of `by`; n (outcomes known); crps and log_score, means; pit_mean and pit_deviation (0.5 and 0.289
    where forecasts are right); ``coverage_50``, ... the share of outcomes inside the central interval of each level;
    note, where a number is missing or not finite.

    Parameters
    ----------
    scores
        From :func:`density_scores`, with further columns such as ``provider`` where `by` names them.
    by
        Columns whose values make a group.
    levels
        Probabilities of the central intervals.
    """
    rows = []
    for key, part in scores.groupby(list(by), sort=False, dropna=False):
        known = part[part["pit"].notna()]
        row: dict[str, object] = dict(zip(by, key, strict=True))
        row |= {"n": len(known), "crps": known["crps"].mean(), "log_score": known["log_score"].mean()}
        row |= {"pit_mean": known["pit"].mean(), "pit_deviation": known["pit"].std(ddof=0)}
        row |= {f"coverage_{level * 100:g}": coverage(known["pit"].to_numpy(), level) for level in levels}
        rows.append(row | {"note": _note(known)})
    return pd.DataFrame(rows)


def coverage(pit: FloatArray, level: float) -> float:
    """Share of outcomes inside the central interval of probability `level`: (1 - level)/2 <= PIT <= (1 + level)/2."""
    if not 0.0 < level < 1.0:
        raise SettingsError(f"An interval has a probability between 0 and 1, not {level}.")
    known = pit[~np.isnan(pit)]
    return float(np.mean(np.abs(known - 0.5) <= 0.5 * level)) if known.size else float("nan")


def pit_histogram(pit: FloatArray, n_bins: int = 10, level: float = 0.95) -> pd.DataFrame:
    """Histogram of PIT values beside what right forecasts would give.

    Columns: lower, upper (edges of the bin), count, share, expected (1 / n_bins), low and high: shares between which
    one bin lies with probability `level` if forecasts are right and their errors independent. Errors of forecasts
    several periods ahead overlap, and their shares scatter more.

    Parameters
    ----------
    pit
        Values between 0 and 1; NaN is left out.
    n_bins
        Bins of equal width.
    level
        Of the band of each bin, by the binomial law.
    """
    known = pit[~np.isnan(pit)]
    count, edges = np.histogram(known, bins=n_bins, range=(0.0, 1.0))
    n = max(known.size, 1)
    low, high = (binom.ppf(tail, known.size, 1.0 / n_bins) / n for tail in ((1 - level) / 2, (1 + level) / 2))
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "count": count,
            "share": count / n if known.size else np.nan,
            "expected": 1.0 / n_bins,
            "low": low if known.size else np.nan,
            "high": high if known.size else np.nan,
        }
    )


_COLUMNS = ["as_of", "series", "measure", "horizon", "period", "outcome", "crps", "log_score", "pit"]


def _scores_alike(forecasts: tuple[Forecast, ...], happened: FloatArray) -> pd.DataFrame:
    """Scores of forecasts with equally many members, all in one pass; rows as in the tidy table."""
    first = forecasts[0]
    names, horizons = np.array(first.target.names, dtype=object), np.array(first.target.horizons)
    weights, mean, scale = (
        np.stack([getattr(forecast, part) for forecast in forecasts], axis=1).reshape(len(first.members), -1)
        for part in ("weights", "mean", "scale")
    )
    ordinals = np.add.outer([forecast.period.ordinal for forecast in forecasts], horizons).ravel()
    periods = pd.PeriodIndex.from_ordinals(ordinals, freq=first.period.freq).astype(str)  # type: ignore[attr-defined]

    def tiled(values: AnyArray) -> AnyArray:
        return np.tile(values, len(forecasts) * len(horizons))

    return pd.DataFrame(
        {
            "as_of": np.repeat(pd.DatetimeIndex([f.as_of for f in forecasts]), len(horizons) * len(names)),
            "series": tiled(names),
            "measure": tiled(np.array(first.target.measures, dtype=object)),
            "horizon": np.repeat(np.tile(horizons, len(forecasts)), len(names)),
            "period": np.repeat(periods, len(names)),
            "outcome": happened,
            "crps": mixture_crps(weights, mean, scale, happened),
            "log_score": mixture_log_score(weights, mean, scale, happened),
            "pit": mixture_pit(weights, mean, scale, happened),
        },
        columns=_COLUMNS,
    )


def _note(known: pd.DataFrame) -> str:
    if known.empty:
        return "no outcome is known"
    pointed = int(np.isinf(known["log_score"]).sum())
    return f"{pointed} of {len(known)} forecasts have no spread, so no finite log score" if pointed else ""
