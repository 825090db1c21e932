"""Did forecasts tell up from down, beyond what always saying the commoner one would have?

A hit rate means little without its base rate, and a test that takes successes for independent coin flips rejects far
too often where forecasts and outcomes both persist. The headline is therefore a regression of "it rose" on
"a rise was forecast" whose standard error allows for serial dependence; Pesaran and Timmermann's test stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.errors import DataError
from macrotrade.evaluation.timing import why_undirected
from macrotrade.evaluation.verdict import Verdict, no_verdict, normal_p_value, student_p_value

__all__ = ["Direction", "direction", "direction_table", "direction_test", "hit_rate_by_year", "pesaran_timmermann"]


@dataclass(frozen=True)
class Direction:
    """How often a forecast named the direction that came.

    Attributes
    ----------
    up_up, up_down, down_up, down_down
        Confusion table, counts: forecast first, outcome second.
    no_call
        Outcomes left out: the forecast named no direction, or nothing moved. Missing numbers are not counted.
    test
        The headline, see :func:`direction_test`.
    independent_test
        Pesaran and Timmermann's, which takes periods for independent.
    """

    up_up: int
    up_down: int
    down_up: int
    down_down: int
    no_call: int
    test: Verdict
    independent_test: Verdict

    @property
    def n(self) -> int:
        """Calls made and decided."""
        return self.up_up + self.up_down + self.down_up + self.down_down

    @property
    def hit_rate(self) -> float:
        """Share of calls that came true; NaN without calls."""
        return (self.up_up + self.down_down) / self.n if self.n else float("nan")

    @property
    def base_rate(self) -> float:
        """Hit rate of always calling the commoner direction, max(p, 1 - p) with p `rises`; NaN without calls.

        Which direction that is, one knows only afterwards.
        """
        ups = self.up_up + self.down_up
        return max(ups, self.n - ups) / self.n if self.n else float("nan")

    @property
    def rises(self) -> float:
        """Share p of outcomes that were up; NaN without calls."""
        return (self.up_up + self.down_up) / self.n if self.n else float("nan")

    @property
    def called_up(self) -> float:
        """Share of calls that were up; NaN without calls."""
        return (self.up_up + self.up_down) / self.n if self.n else float("nan")


def direction(forecast: FloatArray, outcome: FloatArray) -> Direction:
    """Calls of direction against what came.

    Parameters
    ----------
    forecast
        Shape (n_periods,), in the order of time: above 0 calls up, below 0 down, 0 neither. A score, or a forecast
        change; not a probability.
    outcome
        Shape (n_periods,): the change that came. Periods with a NaN in either are left out, gaps are closed.
    """
    called, came, no_call = _calls(forecast, outcome)
    return Direction(
        int((called & came).sum()),
        int((called & ~came).sum()),
        int((~called & came).sum()),
        int((~called & ~came).sum()),
        no_call,
        direction_test(called, came),
        pesaran_timmermann(called, came),
    )


def direction_test(called: BoolArray, came: BoolArray) -> Verdict:
    """Test that a called rise makes a rise no more likely, robust to dependence over time.

    The slope b of came_t = a + b called_t + e_t is the difference of two shares, P(rise | rise called) - P(rise | fall
    called). Its variance is that of the mean of (called_t - mean) e_t, estimated by K = 0.4 n^(2/3) cosine transforms
    of equal weight, and b over its standard error is compared with Student's t on K degrees of freedom (Lazarus, Lewis,
    Stock and Watson, 2018, HAR Inference: Recommendations for Practice, section 2). The alternative is b > 0.
    """
    name = "direction, robust to dependence"
    reason = why_undirected(called, came)
    if reason:
        return no_verdict(name, called.size, reason, "greater")
    centred = called - called.mean()
    slope = float(centred @ came / (centred @ centred))
    errors = came - came.mean() - slope * centred
    n_cosines = max(2, int(0.4 * called.size ** (2.0 / 3.0)))
    variance = _cosine_variance(centred * errors, n_cosines) * called.size / float(centred @ centred) ** 2
    if variance <= np.finfo(np.float64).eps:
        return no_verdict(name, called.size, "every call came true, or none did: no error to measure", "greater")
    statistic = slope / float(np.sqrt(variance))
    return Verdict(name, statistic, student_p_value(statistic, n_cosines, "greater"), called.size, "greater")


def pesaran_timmermann(called: BoolArray, came: BoolArray) -> Verdict:
    """Pesaran and Timmermann (1992) test that calls and outcomes are independent; periods are taken as independent.

    S = (P - P*) / sqrt(V - W), P the hit rate, P* = p q + (1 - p)(1 - q) its value under independence with p and q the
    shares of rises that came and were called, V = P* (1 - P*) / n,
    W = ((2p - 1)^2 q (1 - q) + (2q - 1)^2 p (1 - p)) / n + 4 p q (1 - p)(1 - q) / n^2, the last term as in the paper
    (statsmodels leaves it out; it is of order 1 / n). The alternative is S > 0.
    """
    name = "Pesaran-Timmermann"
    reason = why_undirected(called, came)
    if reason:
        return no_verdict(name, called.size, reason, "greater")
    n, p, q = called.size, float(came.mean()), float(called.mean())
    by_chance = p * q + (1 - p) * (1 - q)
    variance = by_chance * (1 - by_chance) / n
    variance_of_chance = ((2 * p - 1) ** 2 * q * (1 - q) + (2 * q - 1) ** 2 * p * (1 - p)) / n
    variance_of_chance += 4 * p * q * (1 - p) * (1 - q) / n**2
    statistic = (float((called == came).mean()) - by_chance) / float(np.sqrt(variance - variance_of_chance))
    return Verdict(name, statistic, normal_p_value(statistic, "greater"), n, "greater")


def direction_table(
    forecasts: pd.DataFrame,
    by: Sequence[str] = ("provider", "series", "horizon"),
    signs: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Direction of every forecaster: n, hit_rate, base_rate, rises, called_up, the confusion table, p-values, note.

    Parameters
    ----------
    forecasts
        Tidy, columns `by`, as_of, series, measure, origin, probability_up, outcome. P(up) above one half calls up.
    by
        Columns whose values make a row.
    signs
        Series to 1 or -1: with -1 (the price of a bond, whose yield is forecast) up and down change places.
    """
    rows = {
        key: _row(direction(*_signed(part, signs)))
        for key, part in forecasts.sort_values("as_of").groupby(list(by), sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index").set_axis(_index(list(rows), by))


def hit_rate_by_year(
    forecasts: pd.DataFrame,
    by: Sequence[str] = ("provider", "series", "horizon"),
    signs: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """hit_rate, base_rate and n of each calendar year of origins, rows (`by`, year); see :func:`direction_table`."""
    with_year = forecasts.assign(year=pd.DatetimeIndex(forecasts["as_of"]).year)
    return direction_table(with_year, (*by, "year"), signs)[["hit_rate", "base_rate", "n"]].query("n > 0")


def _row(found: Direction) -> dict[str, object]:
    return {
        "n": found.n,
        "hit_rate": found.hit_rate,
        "base_rate": found.base_rate,
        "rises": found.rises,
        "called_up": found.called_up,
        "up_up": found.up_up,
        "up_down": found.up_down,
        "down_up": found.down_up,
        "down_down": found.down_down,
        "no_call": found.no_call,
        "statistic": found.test.statistic,
        "p_value": found.test.p_value,
        "pesaran_timmermann": found.independent_test.statistic,
        "pesaran_timmermann_p_value": found.independent_test.p_value,
        "note": found.test.note,
    }


def _index(keys: Sequence[Any], by: Sequence[str]) -> pd.Index:
    """Labels of the groups: pandas gives each key as a tuple of as many values as `by` has names."""
    if not keys:
        return pd.MultiIndex.from_arrays([[] for _ in by], names=list(by))
    return pd.MultiIndex.from_tuples(keys, names=list(by))


def _signed(part: pd.DataFrame, signs: Mapping[str, int] | None) -> tuple[FloatArray, FloatArray]:
    """Forecast and outcome as changes: a level is one since its origin."""
    level = (part["measure"] == "level").to_numpy()
    moved = part["outcome"].to_numpy(dtype=np.float64) - np.where(level, part["origin"].to_numpy(dtype=np.float64), 0.0)
    sign = np.ones(len(part)) if signs is None else part["series"].map(signs).to_numpy(dtype=np.float64)
    if np.isnan(sign).any():
        lacking = part["series"][np.isnan(sign)].iloc[0]
        raise DataError(f"No sign for the series {lacking!r}; give 1 or -1 for every series forecast.")
    return sign * (part["probability_up"].to_numpy(dtype=np.float64) - 0.5), sign * moved


def _calls(forecast: FloatArray, outcome: FloatArray) -> tuple[BoolArray, BoolArray, int]:
    forecast, outcome = np.asarray(forecast, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if forecast.ndim != 1 or forecast.shape != outcome.shape:
        raise DataError(f"Forecasts {forecast.shape} and outcomes {outcome.shape} must be two series of one length.")
    known = ~(np.isnan(forecast) | np.isnan(outcome))
    decided = known & (forecast != 0.0) & (outcome != 0.0)
    return forecast[decided] > 0.0, outcome[decided] > 0.0, int((known & ~decided).sum())


def _cosine_variance(values: FloatArray, n_cosines: int) -> float:
    """Long-run variance: mean square of the first K cosine transforms, sqrt(2/n) sum_t v_t cos(pi j (t - 1/2) / n)."""
    n_periods = values.size
    time: npt.NDArray[np.float64] = (np.arange(n_periods) + 0.5) / n_periods
    waves = np.cos(np.pi * np.arange(1, n_cosines + 1)[:, None] * time)
    return float(np.mean(2.0 / n_periods * (waves @ values) ** 2))
