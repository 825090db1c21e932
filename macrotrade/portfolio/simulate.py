"""From positions to a vectorbt portfolio: the one lag of the project, and the orders that carry it out.

1. `carried`: a decision taken at the end of an origin's day is carried by the first session strictly after it.
2. `earned` (`returns.py`): what the exposures carried earned, before and after costs.
3. `simulate`: the same as target-percent orders of a ``vectorbt.Portfolio``, one each bar.

vectorbt fills an order at the close of the bar on which it is sent, so the exposure of session s is ordered on the bar
of session s - 1, and a portfolio starts one bar before its first exposure: at the close that fills the first order.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import vectorbt as vbt

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.portfolio import kernels
from macrotrade.portfolio.bars import bar_of, days_of
from macrotrade.portfolio.costs import CostRates, Costs
from macrotrade.portfolio.host import MacroPortfolio
from macrotrade.portfolio.orders import by_column, held_closes, target_orders
from macrotrade.portfolio.returns import TrackRecord, earned

__all__ = ["Mode", "carried", "ordered", "simulate", "track_record"]

Mode: TypeAlias = Literal["target", "signals"]
"""``target``: back to the target exposure at every close. ``signals``: enter and leave, and drift between."""


def carried(positions: pd.DataFrame | pd.Series, sessions: pd.Index, delay: int = 0) -> pd.DataFrame:
    """Exposure carried through each session, sessions x column.

    A decision of origin t is carried by the first session strictly after t, earning from the close before that session,
    until the next decision takes over; with `delay` k, by the session k later. Where a bar is a week, a month or a
    quarter, "strictly after" is counted in these: a decision of any day of May is first carried by the bar of June.

    Parameters
    ----------
    positions
        Origins x column: exposure decided, as a fraction of the portfolio; NaN, no decision yet, carries 0.
    sessions
        Labels of the bars, rising; time zones are dropped, the days they show are kept.
    delay
        Sessions by which every decision comes late, 0 or more.
    """
    frame = positions.to_frame() if isinstance(positions, pd.Series) else positions
    values = _checked_positions(frame)
    if delay < 0:
        raise SettingsError(f"delay={delay} would trade before deciding; it must be 0 or more sessions.")
    rows = _decision_rows(frame.index, sessions, delay)
    held = np.where(rows[:, None] >= 0, np.nan_to_num(values)[rows], 0.0)
    return pd.DataFrame(held, index=sessions, columns=frame.columns)


def ordered(
    positions: pd.DataFrame | pd.Series, sessions: pd.Index, delay: int = 0, missing: float = 0.0
) -> pd.DataFrame:
    """Exposure to be held after each session's close, sessions x column: :func:`carried` of the session after it.

    This is the row on which vectorbt wants an order, since it fills at that row's close. On the last session it is the
    decision that the next one, not yet here, will carry. Where there is no decision the value is `missing`.
    """
    frame = positions.to_frame() if isinstance(positions, pd.Series) else positions
    values = _checked_positions(frame)
    decided, traded = _ordinals(frame.index, sessions)
    rows = kernels.decision_rows(decided, np.append(traded, traded[-1:] + 1), min(delay, len(traded)))[1:]
    known = (rows >= 0)[:, None] & ~np.isnan(values[rows])
    return pd.DataFrame(np.where(known, values[rows], missing), index=sessions, columns=frame.columns)


def track_record(
    positions: pd.DataFrame | pd.Series,
    prices: pd.DataFrame | pd.Series,
    costs: Costs | CostRates = "futures",
    delay: int = 0,
) -> TrackRecord:
    """What positions earned, from the close at which the first decision is filled; see :func:`carried` and `earned`."""
    frame = positions.to_frame() if isinstance(positions, pd.Series) else positions
    closes = prices.to_frame() if isinstance(prices, pd.Series) else prices
    exposure = carried(frame, closes.index, delay)
    start = _first_fill(frame, closes.index, delay)
    return earned(exposure.iloc[start:], closes.iloc[start:], costs)


def simulate(
    positions: pd.DataFrame | pd.Series,
    prices: pd.DataFrame | pd.Series,
    *,
    costs: Costs | CostRates = "futures",
    delay: int = 0,
    mode: Mode = "target",
    init_cash: float = 100.0,
    **kwargs: Any,
) -> vbt.Portfolio:
    """``vectorbt.Portfolio`` of positions, on the sessions of `prices` from the first fill on.

    Its returns are those of :func:`track_record`, row for row. Bars and years have stated lengths
    (:mod:`macrotrade.portfolio.bars`), whatever the index or vectorbt's settings say, so Sharpe and the rest
    are annualised by 252, 52, 12 or 4.

    Parameters
    ----------
    positions
        Origins x column, as in :func:`carried`. A MultiIndex of columns, such as (provider, rule, instrument), is
        matched with prices by its level ``instrument``; a Series gives a portfolio of one column.
    prices
        Sessions x instrument, or the prices of the only instrument: closes, or ratio-adjusted excess-return indices.
        Missing ones as in :class:`macrotrade.portfolio.closes.Closes`.
    costs
        ``futures``, ``none``, or a table instrument x (trade, roll) of decimal rates.
    delay
        Sessions by which every decision comes late.
    mode
        ``target`` sends a target-percent order each bar, so that a portfolio earns the sum of position x return and a
        short position does not drift. ``signals`` goes through ``from_signals``, as a vectorbt user would with entries
        and exits: positions must be 1, 0 or -1, and a short one drifts from its target as prices move.
    init_cash
        Starting value of each column.
    **kwargs
        Passed to vectorbt, for example ``engine="rust"``. With ``group_by="provider"`` the values of a provider's
        columns are added up; with ``cash_sharing=True, call_seq="auto"`` as well, positions are fractions of what they
        share, and should not sum to more than 1.

    Notes
    -----
    How positions become orders, rolls and leverage included: :mod:`macrotrade.portfolio.orders`. Without rolls and
    leverage the closes of the portfolio are the prices given. The benchmark is the instrument itself, always.
    """
    if mode not in ("target", "signals"):
        raise SettingsError(f"mode={mode!r} is not known. {near_misses(str(mode), ['target', 'signals'])}")
    record = track_record(positions, prices, costs, delay)
    single = isinstance(positions, pd.Series)
    build = _target if mode == "target" else _signals
    return build(record, single, {**_PLAIN, "init_cash": float(init_cash), "freq": record.bar.length, **kwargs})


_PLAIN: dict[str, Any] = {
    "direction": "both",
    "fixed_fees": 0.0,
    "slippage": 0.0,
    "min_size": 0.0,
    "max_size": np.inf,
    "size_granularity": np.nan,
    "reject_prob": 0.0,
    "lock_cash": False,
    "allow_partial": True,
    "cash_sharing": False,
}
"""Stated, so that a user's own vectorbt settings do not change what a position earns."""


def _target(record: TrackRecord, single: bool, kwargs: dict[str, Any]) -> vbt.Portfolio:
    orders = target_orders(record)
    return MacroPortfolio.from_orders(
        _labelled(orders.closes, record, single),
        size=_shaped(orders.size, single),
        size_type="targetpercent",
        fees=_shaped(orders.fees, single),
        market=_labelled(by_column(record, record.closes.frame), record, single),
        **kwargs,
    )


def _signals(record: TrackRecord, single: bool, kwargs: dict[str, Any]) -> vbt.Portfolio:
    before = record.exposure.to_numpy()
    if not np.isin(before, (-1.0, 0.0, 1.0)).all():
        raise SettingsError(
            "mode='signals' enters and leaves whole positions of 1, 0 or -1; use mode='target' for any other size."
        )
    after = np.vstack([before[1:], before[-1:]])
    return MacroPortfolio.from_signals(
        _labelled(held_closes(record), record, single),
        entries=_shaped((after > 0) & (before <= 0), single),
        exits=_shaped((after <= 0) & (before > 0), single),
        short_entries=_shaped((after < 0) & (before >= 0), single),
        short_exits=_shaped((after >= 0) & (before < 0), single),
        upon_opposite_entry="reverse",
        accumulate=False,
        fees=_shaped(by_column(record, record.rates.trade), single),
        market=_labelled(by_column(record, record.closes.frame), record, single),
        **{name: value for name, value in kwargs.items() if name != "direction"},
    )


def _labelled(values: FloatArray, record: TrackRecord, single: bool) -> pd.DataFrame | pd.Series:
    frame = pd.DataFrame(values, index=record.exposure.index, columns=record.exposure.columns)
    return frame.iloc[:, 0] if single else frame


def _shaped(values: Any, single: bool) -> Any:
    return values[:, 0] if single else values


def _checked_positions(frame: pd.DataFrame) -> FloatArray:
    if frame.empty:
        raise DataError("Positions are empty; give at least one origin and one column.")
    if frame.columns.has_duplicates:
        raise DataError(f"Positions name {frame.columns[frame.columns.duplicated()][0]!r} twice; columns must differ.")
    try:
        values = frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("Positions must be numbers: the exposure to carry, as a fraction of the portfolio.") from None
    if np.isinf(values).any():
        raise DataError("A position is infinite; exposures are fractions of the portfolio.")
    return values


def _decision_rows(origins: pd.Index, sessions: pd.Index, delay: int) -> npt.NDArray[np.intp]:
    decided, traded = _ordinals(origins, sessions)
    return kernels.decision_rows(decided, traded, min(delay, len(traded)))


def _ordinals(origins: pd.Index, sessions: pd.Index) -> tuple[IntArray, IntArray]:
    """Numbers of the bars, in the calendar of `sessions`, that hold each origin and each session."""
    calendar = bar_of(sessions).calendar
    decided = days_of(origins, "positions").to_period(calendar).asi8
    return decided, days_of(sessions, "prices").to_period(calendar).asi8


def _first_fill(positions: pd.DataFrame, sessions: pd.Index, delay: int) -> int:
    """Row of the close at which the first decision that is not missing is filled."""
    known = positions.notna().any(axis=1).to_numpy()
    rows = _decision_rows(positions.index, sessions, delay)
    carrying = np.flatnonzero(rows >= (int(np.argmax(known)) if known.any() else len(known)))
    if not carrying.size:
        raise DataError(
            f"No session of the prices ({_span(sessions)}) comes after a decision ({_span(positions.index)}); "
            "give prices that reach beyond the first origin."
        )
    return max(0, int(carrying[0]) - 1)


def _span(index: pd.Index) -> str:
    return f"{index[0]:%Y-%m-%d} to {index[-1]:%Y-%m-%d}" if len(index) else "none"
