"""A small economy whose truth is known, to see whether a method recovers it.

Steps: a stationary vector autoregression is drawn for the state; its growth rates become levels; levels are published
late, with an error that revisions take away; the yield and the equity index, which are never revised, are filled in by
session; a Treasury future is priced from the yield. Every number is drawn from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.panel.futures import par_bond_index
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History, Releases

__all__ = ["SyntheticEconomy", "Truth", "synthetic_economy"]

_MACRO = ("INDPRO", "CPIAUCSL", "PAYEMS")
_MARKET = ("DGS10", "SPX")
_MEAN = {"INDPRO": 0.20, "CPIAUCSL": 0.25, "PAYEMS": 0.12, "DGS10": 5.0, "SPX": 0.5}
_COEFFICIENTS: dict[str, dict[str, float]] = {
    "INDPRO": {"INDPRO": 0.30, "PAYEMS": 0.40, "DGS10": -0.05},
    "CPIAUCSL": {"CPIAUCSL": 0.50, "INDPRO": 0.05},
    "PAYEMS": {"PAYEMS": 0.50, "INDPRO": 0.10},
    "DGS10": {"DGS10": 0.96, "INDPRO": 0.15, "CPIAUCSL": 0.25},
    "SPX": {"INDPRO": 1.00, "DGS10": -0.20},
}
_SCALE = {"INDPRO": 0.60, "CPIAUCSL": 0.20, "PAYEMS": 0.15, "DGS10": 0.25, "SPX": 4.0}
_CORRELATION = {("INDPRO", "DGS10"): 0.2, ("INDPRO", "PAYEMS"): 0.3, ("DGS10", "SPX"): -0.1}
_IRRELEVANT_PERSISTENCE, _IRRELEVANT_SCALE = 0.5, 1.0
_FIRST_LEVEL = {"INDPRO": 50.0, "CPIAUCSL": 80.0, "PAYEMS": 90_000.0}
_DELAY_DAYS = {"INDPRO": 16, "CPIAUCSL": 14, "PAYEMS": 5}
_IRRELEVANT_DELAY_DAYS = 30
_TERM_PREMIUM = 1.0
_BURN_IN = 240
_DAYS_BETWEEN_RELEASES = 30


@dataclass(frozen=True, eq=False)
class Truth:
    """The law that the economy obeys: x[t] - mean = coefficients (x[t-1] - mean) + e[t], e ~ N(0, covariance).

    Attributes
    ----------
    names
        States, in order: growth of each macro series and of SPX (100 times the log change, a month), and the level of
        DGS10 at month end (per cent a year).
    mean
        Shape (n_states,).
    coefficients
        Shape (n_states, n_states), row: what is explained. Its eigenvalues lie inside the unit circle.
    covariance
        Shape (n_states, n_states), of the innovations.
    states
        Months x states, as finally known.
    expected_next
        Months x states: the mean of month t + 1 given the states of month t, in row t.
    revision_scale
        Standard deviation (per cent of the level) of the error in the first, second, ... release; the last is exact.
    delay_days
        Days from the end of a month to its first release; each later release follows after 30 more.
    """

    names: tuple[str, ...]
    mean: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    states: pd.DataFrame
    expected_next: pd.DataFrame
    revision_scale: tuple[float, ...]
    delay_days: dict[str, int]


@dataclass(frozen=True, eq=False)
class SyntheticEconomy:
    """What a forecaster sees, and what is true.

    Attributes
    ----------
    history
        Monthly macro levels with true vintages; daily DGS10, DGS3MO, SPX, and ZN priced from DGS10 as a par bond.
    truth
        The law behind it.
    """

    history: History
    truth: Truth


def synthetic_economy(
    seed: int = 0,
    n_months: int = 480,
    *,
    start: str = "1980-01",
    n_irrelevant: int = 4,
    revision_scale: tuple[float, ...] = (0.3, 0.1, 0.0),
) -> SyntheticEconomy:
    """An economy drawn from a seed: equal arguments, equal economies.

    Parameters
    ----------
    seed
        Of every random number.
    n_months
        Length, at least 24.
    start
        First month.
    n_irrelevant
        Macro series (``NOISE1`` ...) that follow their own first-order autoregression and drive nothing.
    revision_scale
        Error of each release, per cent of the level; end with 0.0 so that the last release is the truth.

    Raises
    ------
    SettingsError
        If `n_months` is below 24 or `revision_scale` does not end in zero.
    """
    if n_months < 24:
        raise SettingsError(f"n_months={n_months}: a synthetic economy needs at least 24 months.")
    if not revision_scale or revision_scale[-1] != 0.0:
        raise SettingsError(f"revision_scale={revision_scale}: end it with 0.0, so that the last release is the truth.")
    generator = np.random.default_rng(seed)
    truth = _drawn_truth(generator, n_months, start, n_irrelevant, revision_scale)
    market = _market(generator, truth.states)
    history = History(
        name=f"synthetic economy, seed {seed}",
        vintages="true",
        releases={"M": _releases(generator, truth)},
        market=market,
        series=_series_info(truth),
        notes=("drawn from a known vector autoregression; no number is real",),
    )
    return SyntheticEconomy(history, truth)


def _drawn_truth(
    generator: np.random.Generator, n_months: int, start: str, n_irrelevant: int, revision_scale: tuple[float, ...]
) -> Truth:
    irrelevant = tuple(f"NOISE{k + 1}" for k in range(n_irrelevant))
    names = (*_MACRO, *irrelevant, *_MARKET)
    mean = np.array([_MEAN.get(name, 0.0) for name in names])
    coefficients, covariance = _coefficients(names), _covariance(names)
    innovations = generator.multivariate_normal(
        np.zeros(len(names)), covariance, n_months + _BURN_IN, method="cholesky"
    )
    deviations = np.zeros_like(innovations)
    for t in range(1, len(innovations)):
        deviations[t] = coefficients @ deviations[t - 1] + innovations[t]
    months = pd.period_range(start, periods=n_months, freq="M")
    kept = deviations[_BURN_IN:]
    return Truth(
        names=names,
        mean=mean,
        coefficients=coefficients,
        covariance=covariance,
        states=pd.DataFrame(kept + mean, index=months, columns=names),
        expected_next=pd.DataFrame(kept @ coefficients.T + mean, index=months, columns=names),
        revision_scale=revision_scale,
        delay_days={name: _DELAY_DAYS.get(name, _IRRELEVANT_DELAY_DAYS) for name in (*_MACRO, *irrelevant)},
    )


def _coefficients(names: tuple[str, ...]) -> FloatArray:
    matrix = np.zeros((len(names), len(names)))
    for row, name in enumerate(names):
        for cause, weight in _COEFFICIENTS.get(name, {name: _IRRELEVANT_PERSISTENCE}).items():
            matrix[row, names.index(cause)] = weight
    return matrix


def _covariance(names: tuple[str, ...]) -> FloatArray:
    scale = np.array([_SCALE.get(name, _IRRELEVANT_SCALE) for name in names])
    correlation = np.eye(len(names))
    for (one, other), value in _CORRELATION.items():
        i, j = names.index(one), names.index(other)
        correlation[i, j] = correlation[j, i] = value
    return correlation * np.outer(scale, scale)


def _releases(generator: np.random.Generator, truth: Truth) -> Releases:
    """Each month's level, first with an error, then revised until it is exact."""
    names = list(truth.delay_days)
    first = np.array([_FIRST_LEVEL.get(name, 100.0) for name in names])
    levels = first * np.exp(truth.states[names].to_numpy().cumsum(axis=0) / 100.0)
    month_ends = pd.PeriodIndex(truth.states.index).end_time.normalize()
    versions = []
    for number, scale in enumerate(truth.revision_scale):
        error = generator.normal(0.0, 1.0, levels.shape) * scale / 100.0
        for column, name in enumerate(names):
            delay = truth.delay_days[name] + _DAYS_BETWEEN_RELEASES * number
            versions.append(
                pd.DataFrame(
                    {
                        "series": name,
                        "period": truth.states.index,
                        "released": month_ends + pd.Timedelta(days=delay),
                        "value": (levels * np.exp(error))[:, column],
                    }
                )
            )
    return Releases.from_versions("M", pd.concat(versions, ignore_index=True))


def _market(generator: np.random.Generator, states: pd.DataFrame) -> pd.DataFrame:
    """Weekday yields and prices that meet the states at the last weekday of each month."""
    months = pd.PeriodIndex(states.index)
    sessions = pd.bdate_range(months[0].start_time, months[-1].end_time.normalize(), name="date")
    session_months = sessions.to_period("M")
    equity = 100.0 * np.log(100.0) + states["SPX"].to_numpy().cumsum()
    frame = pd.DataFrame(
        {
            "DGS10": _bridged(generator, states["DGS10"].to_numpy(), session_months, _SCALE["DGS10"]),
            "SPX": np.exp(_bridged(generator, equity, session_months, _SCALE["SPX"]) / 100.0),
        },
        index=sessions,
    )
    frame.insert(1, "DGS3MO", frame["DGS10"] - _TERM_PREMIUM)
    future = par_bond_index(frame[["DGS10"]].set_axis([10.0], axis=1), frame["DGS3MO"], 10.0, roll_down=False)
    return frame.assign(ZN=future.index)


def _bridged(
    generator: np.random.Generator, month_ends: FloatArray, session_months: pd.PeriodIndex, scale: float
) -> FloatArray:
    """A random walk by session, bent so that it meets each month-end value (a Brownian bridge in every month)."""
    month = session_months.asi8 - session_months.asi8[0]
    n_sessions = np.bincount(month)
    place = np.arange(month.size) - np.repeat(np.cumsum(n_sessions) - n_sessions, n_sessions) + 1
    share = place / n_sessions[month]
    steps = generator.normal(0.0, scale, month.size) / np.sqrt(n_sessions[month])
    walk = steps.cumsum()
    month_last = walk[np.cumsum(n_sessions) - 1]
    month_first = np.append(0.0, month_last[:-1])
    bridge = (walk - month_first[month]) - share * (month_last - month_first)[month]
    start = np.append(month_ends[0], month_ends[:-1])
    return np.asarray(start[month] + share * (month_ends - start)[month] + bridge)


def _series_info(truth: Truth) -> dict[str, SeriesInfo]:
    macro = {
        name: SeriesInfo(name, "M", "macro", 5, "synthetic", "index", delay, "Synthetic macro series")
        for name, delay in truth.delay_days.items()
    }
    market = {
        "DGS10": SeriesInfo("DGS10", "D", "yield", 2, "synthetic", "per cent a year", 0, "Synthetic 10-year yield"),
        "DGS3MO": SeriesInfo("DGS3MO", "D", "yield", 2, "synthetic", "per cent a year", 0, "DGS10 less one"),
        "SPX": SeriesInfo("SPX", "D", "price", 5, "synthetic", "index points", 0, "Synthetic equity index"),
        "ZN": SeriesInfo("ZN", "D", "price", 5, "synthetic", "index, 100 at start", 0, "Par bond priced from DGS10"),
    }
    return {**macro, **market}
