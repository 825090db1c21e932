"""When was one forecast better than another? The fluctuation test of Giacomini and Rossi (2010).

Loss differences are averaged over a rolling window and standardised by their variance over the whole sample. If the two
forecasts are equally accurate at every time, the path stays below a line that depends only on the share of the sample
in a window; where it crosses the line, they were not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.comparison import FEWEST_PERIODS, long_run_variance
from macrotrade.evaluation.verdict import Verdict, no_verdict

__all__ = ["Fluctuation", "Side", "critical_value", "fluctuation", "rolling_statistics"]

Side: TypeAlias = Literal["two-sided", "greater"]
"""The forecasts differ at some time, or the model is better at some time."""

_RATIOS = np.arange(1, 10) / 10.0
_TABLE: dict[tuple[Side, float], tuple[float, ...]] = {
    ("two-sided", 0.05): (3.393, 3.179, 3.012, 2.890, 2.779, 2.634, 2.560, 2.433, 2.248),
    ("two-sided", 0.10): (3.170, 2.948, 2.766, 2.626, 2.500, 2.356, 2.252, 2.130, 1.950),
    ("greater", 0.05): (3.176, 2.938, 2.770, 2.624, 2.475, 2.352, 2.248, 2.080, 1.975),
    ("greater", 0.10): (2.928, 2.676, 2.482, 2.334, 2.168, 2.030, 1.904, 1.740, 1.600),
}
"""Giacomini and Rossi (2010), Journal of Applied Econometrics 25, table I: m/P = 0.1, 0.2, ..., 0.9."""

_N_SIMULATED = 20_000
_SIMULATION_BLOCK = 2_000


@dataclass(frozen=True, eq=False)
class Fluctuation:
    """Path of the fluctuation statistic, and the line it is held against.

    Attributes
    ----------
    path
        A row for each window: columns first, centre, last (labels of its periods) and statistic; positive where the
        model was better than the base. Empty where there is no verdict.
    critical_value
        Of the published table, at the share of the sample in a window. One-sided: the path above it rejects. Two-sided:
        above it or below its negative.
    level
        Of the critical value.
    window
        Periods in a window, m.
    verdict
        Statistic: the highest of the path (two-sided: the largest in absolute value). Its p-value is simulated for as
        many periods and the same window.
    """

    path: pd.DataFrame
    critical_value: float
    level: float
    window: int
    verdict: Verdict

    @property
    def rejects(self) -> bool:
        """Whether the path crosses the published critical value at any time."""
        return self.verdict.statistic > self.critical_value

    def crossings(self) -> pd.DataFrame:
        """Rows of the path that lie beyond the critical value."""
        statistic = self.path["statistic"]
        beyond = statistic.abs() if self.verdict.alternative == "two-sided" else statistic
        return self.path[beyond > self.critical_value]


def fluctuation(
    base_loss: pd.Series,
    model_loss: pd.Series,
    window: int,
    horizon: int = 1,
    *,
    alternative: Side = "greater",
    level: float = 0.05,
    n_lags: int | None = None,
    seed: int = 0,
) -> Fluctuation:
    """Fluctuation test of equal accuracy at every time.

    F_t = m^(-1/2) sum_{window t} d / S^(1/2), d = base_loss - model_loss, S their long-run variance over the sample.

    Parameters
    ----------
    base_loss, model_loss
        Losses of the same periods, in the order of time, labelled alike. Periods with a NaN are left out and counted.
    window
        m, from a tenth to nine tenths of the periods that are left (the range of the table). Giacomini and Rossi
        advise about 0.3.
    horizon
        h, periods ahead of both forecasts.
    alternative
        ``greater``: at some time the model is better; or ``two-sided``.
    level
        0.05 or 0.10, those of the table.
    n_lags
        Autocovariances in S, with Bartlett weights; None takes h - 1.
    seed
        Of the simulated p-value.

    Raises
    ------
    DataError
        If the labels differ.
    SettingsError
        If the window or the level lies outside the table.
    """
    if not base_loss.index.equals(model_loss.index):
        raise DataError("A fluctuation test needs losses of the same periods; the labels of the two differ.")
    differences = (base_loss - model_loss).astype(np.float64)
    usable = differences[np.isfinite(differences)]
    note = f"{differences.size - usable.size} of {differences.size} periods have no number"
    note = note if differences.size > usable.size else ""
    line = critical_value(window / max(usable.size, 1), alternative, level) if usable.size >= FEWEST_PERIODS else np.nan
    name, n_lags = "Giacomini-Rossi fluctuation", horizon - 1 if n_lags is None else n_lags
    statistic = rolling_statistics(np.asarray(usable, dtype=np.float64), window, n_lags)
    reason = _why_not(statistic, usable.size)
    if reason:
        verdict = no_verdict(name, usable.size, "; ".join(filter(None, (reason, note))), alternative)
        return Fluctuation(_path(usable.index[:0], statistic[:0], window), line, level, window, verdict)
    highest = float(np.max(np.abs(statistic) if alternative == "two-sided" else statistic))
    p_value = _simulated_p_value(highest, usable.size, window, alternative, seed)
    verdict = Verdict(name, highest, p_value, usable.size, alternative, note)
    return Fluctuation(_path(usable.index, statistic, window), line, level, window, verdict)


def critical_value(ratio: float, alternative: Side = "greater", level: float = 0.05) -> float:
    """Critical value at the share `ratio` of the sample in a window, interpolated linearly in the published table.

    The table was simulated on a grid: quantiles of 100,000 simulated paths of 160 periods lie up to 0.07 below it, and
    those of 2,000 periods up to 0.07 above it. For monthly samples the test is so a little cautious.

    >>> critical_value(0.3)
    2.77
    """
    if (alternative, level) not in _TABLE:
        raise SettingsError(
            f"The table of Giacomini and Rossi has 'greater' and 'two-sided' at 0.05 and 0.10, not {alternative!r} at "
            f"{level}."
        )
    if not _RATIOS[0] - 1e-9 <= ratio <= _RATIOS[-1] + 1e-9:
        raise SettingsError(
            f"A window must hold between 0.1 and 0.9 of the periods, not {ratio:.3g}; 0.3 is the usual choice."
        )
    return float(np.interp(ratio, _RATIOS, _TABLE[alternative, level]))


def rolling_statistics(differences: FloatArray, window: int, n_lags: int) -> FloatArray:
    """Rolling sums over sqrt(m S), shape (n_periods - window + 1,); NaN where the variance S is zero."""
    if differences.size < max(window, FEWEST_PERIODS):
        return np.empty(0)
    centred = differences - differences.mean()
    variance = long_run_variance(centred[:, None], n_lags)[0]
    if variance <= (64 * np.finfo(np.float64).eps * np.abs(differences).max()) ** 2:
        return np.full(differences.size - window + 1, np.nan)
    total = np.concatenate([[0.0], np.cumsum(differences)])
    return np.asarray((total[window:] - total[:-window]) / np.sqrt(window * variance))


def _why_not(statistic: FloatArray, n_periods: int) -> str:
    if statistic.size == 0:
        return f"{n_periods} periods; the test needs {FEWEST_PERIODS} and a whole window"
    return "the difference of losses is the same in every period" if np.isnan(statistic).any() else ""


def _path(labels: pd.Index, statistic: FloatArray, window: int) -> pd.DataFrame:
    """A row for each window; the centre is the period with half the window before it."""
    n_windows = statistic.size
    starts = np.arange(n_windows)
    return pd.DataFrame(
        {
            "first": labels[starts],
            "centre": labels[starts + window // 2],
            "last": labels[starts + window - 1],
            "statistic": statistic,
        }
    )


def _simulated_p_value(statistic: float, n_periods: int, window: int, alternative: Side, seed: int) -> float:
    """Share of paths of Gaussian white noise, of as many periods and standardised alike, that go as far."""
    beyond = int((_simulated_highest(n_periods, window, alternative, seed) >= statistic).sum())
    return (beyond + 1) / (_N_SIMULATED + 1)


@lru_cache(maxsize=32)
def _simulated_highest(n_periods: int, window: int, alternative: Side, seed: int) -> FloatArray:
    """Highest point of each simulated path, kept because a study tests many forecasts over the same periods."""
    generator = np.random.default_rng(seed)
    highest = np.empty(_N_SIMULATED)
    for first in range(0, _N_SIMULATED, _SIMULATION_BLOCK):
        total = np.zeros((_SIMULATION_BLOCK, n_periods + 1))
        np.cumsum(generator.standard_normal((_SIMULATION_BLOCK, n_periods)), axis=1, out=total[:, 1:])
        paths = (total[:, window:] - total[:, :-window]) / np.sqrt(window)
        paths = np.abs(paths) if alternative == "two-sided" else paths
        highest[first : first + _SIMULATION_BLOCK] = paths.max(axis=1)
    return highest
