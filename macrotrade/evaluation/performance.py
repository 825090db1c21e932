"""What a track record amounts to: growth, return for risk, drawdown, turnover."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError
from macrotrade.evaluation.kernels import ColumnFigures, column_figures, sharpe_standard_error

__all__ = ["PERFORMANCE_FIGURES", "growth_of_one", "performance"]

PERFORMANCE_FIGURES: dict[str, str] = {
    "sessions": "returns counted",
    "growth": "what 1 has become",
    "total_return": "growth - 1",
    "annual_return": "geometric: growth ^ (sessions a year / sessions) - 1; the headline",
    "mean_return": "arithmetic: mean return x sessions a year",
    "volatility": "standard deviation x sqrt(sessions a year)",
    "efficiency": "annual_return / volatility; the headline",
    "excess_return": "arithmetic annual return over bills, where bills were given",
    "sharpe": "mean return (over bills, where given) / standard deviation x sqrt(sessions a year)",
    "sharpe_error": "standard error of sharpe: Mertens (2002)",
    "sortino": "mean return x sqrt(sessions a year) / sqrt(mean squared loss)",
    "calmar": "annual_return / -max_drawdown",
    "max_drawdown": "largest fall from a peak, negative",
    "drawdown_sessions": "longest run of sessions below an earlier peak",
    "hit_rate": "sessions with a gain / sessions with a gain or a loss",
    "best_month": "largest calendar-month return",
    "worst_month": "smallest calendar-month return",
    "turnover": "traded a year, as a multiple of the portfolio",
    "average_exposure": "mean of the absolute exposure",
    "net_exposure": "mean of the exposure, shorts negative",
}
"""Columns of the table, and what each is. Returns are decimal; a figure that does not exist is NaN."""


def performance(
    returns: pd.DataFrame | pd.Series,
    periods_per_year: float,
    *,
    exposure: pd.DataFrame | pd.Series | None = None,
    turnover: pd.DataFrame | pd.Series | None = None,
    bills: pd.Series | pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table of :data:`PERFORMANCE_FIGURES`, a row for each column of `returns`.

    Figures of the same name in vectorbt agree with these, given the same returns. As there, drawdown is counted from
    the growth after the first row, which in a track record is the close that fills the first order.

    Parameters
    ----------
    returns
        Sessions x column, simple returns, decimal. NaN are passed over, and are no session.
    periods_per_year
        Sessions in a year: 252 for daily bars, 12 for monthly.
    exposure
        Sessions x column carried, for `average_exposure` and `net_exposure`, over the sessions whose return counts.
    turnover
        Sessions x column traded; without it the absolute changes of `exposure` are taken.
    bills
        Return of Treasury bills each session, decimal, subtracted for `excess_return` and `sharpe`; a frame has its
        own for each column: 0 for those that are in excess of bills already, as futures are.

    Raises
    ------
    DataError
        If `returns` is empty, holds a return below -1, or `bills` lacks one of its sessions.
    """
    frame = _framed(returns)
    values = _checked(frame)
    figures = column_figures(values, _month_starts(frame.index))
    counted = ~np.isnan(values)
    bill = _bill_returns(bills, frame)
    table = {**_earned(figures, periods_per_year), **_over_bills(values, bill, figures, periods_per_year)}
    table |= _held(exposure, turnover, frame, counted, periods_per_year)
    return pd.DataFrame(table, index=frame.columns)[[*PERFORMANCE_FIGURES]]


def growth_of_one(returns: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """What 1 has become after each session, sessions x column; a missing return earns nothing."""
    return (1.0 + _framed(returns).fillna(0.0)).cumprod()


def _earned(figures: ColumnFigures, periods_per_year: float) -> dict[str, FloatArray]:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        annual = figures.growth ** (periods_per_year / figures.n_periods) - 1.0
        volatility = figures.deviation * np.sqrt(periods_per_year)
        decided = figures.wins + figures.losses
        return {
            "sessions": figures.n_periods,
            "growth": figures.growth,
            "total_return": figures.growth - 1.0,
            "annual_return": annual,
            "mean_return": figures.mean * periods_per_year,
            "volatility": volatility,
            "efficiency": _ratio(annual, volatility),
            "sortino": _ratio(figures.mean * np.sqrt(periods_per_year), figures.downside),
            "calmar": _ratio(annual, -figures.drawdown),
            "max_drawdown": figures.drawdown,
            "drawdown_sessions": figures.underwater,
            "hit_rate": _ratio(figures.wins, decided),
            "best_month": figures.best_month,
            "worst_month": figures.worst_month,
        }


def _over_bills(
    values: FloatArray, bill: FloatArray | None, figures: ColumnFigures, periods_per_year: float
) -> dict[str, FloatArray]:
    excess = figures if bill is None else column_figures(values - bill, np.zeros(1, dtype=np.int64))
    ratio = _ratio(excess.mean, excess.deviation)
    error = sharpe_standard_error(ratio, excess.skewness, excess.kurtosis, excess.n_periods)
    missing = np.full(ratio.shape, np.nan)
    return {
        "excess_return": missing if bill is None else excess.mean * periods_per_year,
        "sharpe": ratio * np.sqrt(periods_per_year),
        "sharpe_error": error * np.sqrt(periods_per_year),
    }


def _held(
    exposure: pd.DataFrame | pd.Series | None,
    turnover: pd.DataFrame | pd.Series | None,
    frame: pd.DataFrame,
    counted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    periods_per_year: float,
) -> dict[str, FloatArray]:
    missing = np.full(frame.shape[1], np.nan)
    held = None if exposure is None else _aligned(exposure, frame, "exposure")
    traded = None if turnover is None else _aligned(turnover, frame, "turnover")
    if traded is None and held is not None:
        traded = np.abs(np.diff(held, axis=0, prepend=0.0))
    return {
        "turnover": missing if traded is None else _mean(traded, counted) * periods_per_year,
        "average_exposure": missing if held is None else _mean(np.abs(held), counted),
        "net_exposure": missing if held is None else _mean(held, counted),
    }


def _framed(values: pd.DataFrame | pd.Series) -> pd.DataFrame:
    return values.to_frame() if isinstance(values, pd.Series) else values


def _checked(frame: pd.DataFrame) -> FloatArray:
    values = frame.to_numpy(dtype=np.float64)
    if not values.size:
        raise DataError("There are no returns to judge; give at least one session and one column.")
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise DataError(f"Returns need dates for rows (DatetimeIndex), not {type(frame.index).__name__}.")
    if np.nanmin(values, initial=0.0) < -1.0 or np.nanmax(values, initial=0.0) == np.inf:
        row, column = np.argwhere((values < -1.0) | np.isinf(values))[0]
        raise DataError(
            f"The return of {frame.columns[column]!r} on {frame.index[row]:%Y-%m-%d} is {values[row, column]:g}; "
            "simple returns are decimals from -1 up (0.01 is one per cent)."
        )
    return values


def _month_starts(index: pd.Index) -> IntArray:
    months = pd.DatetimeIndex(index).year * 12 + pd.DatetimeIndex(index).month
    return np.concatenate([[0], np.flatnonzero(np.diff(months)) + 1]).astype(np.int64)


def _bill_returns(bills: pd.Series | pd.DataFrame | None, frame: pd.DataFrame) -> FloatArray | None:
    """Bill returns of the sessions of `frame`, shape (n_sessions, 1) or (n_sessions, n_columns)."""
    if bills is None:
        return None
    aligned = bills.reindex(frame.index).to_frame() if isinstance(bills, pd.Series) else bills.reindex_like(frame)
    missing = aligned.isna().any(axis=1)
    if missing.any():
        raise DataError(f"Bills have no return on {aligned.index[missing][0]:%Y-%m-%d}; fill them first.")
    return aligned.to_numpy(dtype=np.float64)


def _aligned(values: pd.DataFrame | pd.Series, frame: pd.DataFrame, what: str) -> FloatArray:
    given = _framed(values)
    if not given.index.equals(frame.index) or given.shape != frame.shape:
        raise DataError(f"{what.capitalize()} must have the rows and columns of the returns, {frame.shape}.")
    return given.to_numpy(dtype=np.float64)


def _mean(values: FloatArray, counted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
    n_counted = counted.sum(axis=0)
    return np.asarray(np.where(counted, values, 0.0).sum(axis=0) / np.where(n_counted > 0, n_counted, np.nan))


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is 0 or missing."""
    quotient: FloatArray = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0.0)
    return quotient
