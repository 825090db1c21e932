"""Excess-return indices of futures: from contract prices by an explicit roll, or from yields as a par bond.

A futures position needs no capital, so what it earns is an *excess* return over bills. Both roads end in the same
object: contracts joined by the ratio of their prices, never by adding the gap (an additively adjusted price has
meaningless percentage returns), and a constant-maturity par bond financed at the bill rate, for when only yields
are at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, IntArray
from macrotrade.errors import DataError
from macrotrade.panel.kernels import chained_index, contract_returns, interpolated_yield, par_bond_excess_return

__all__ = ["ExcessReturnIndex", "RollBefore", "RollRule", "contract_index", "nearby_price", "par_bond_index"]

RollBefore: TypeAlias = Literal["first_notice", "delivery_month", "third_friday"]

_DAYS_A_YEAR = 365.25
_ROLL_COLUMNS = ["session", "from_contract", "to_contract", "ratio", "quoted_on"]


@dataclass(frozen=True, eq=False)
class ExcessReturnIndex:
    """Growth of 100 in excess of bills, and how it was put together.

    Attributes
    ----------
    index
        Level by session, first level 100. NaN where no return can be known; after such a gap the level goes on from the
        last one, and the return into it stays unknown.
    rolls
        A row each time the contract changed: `session` (first one held in the new contract), `from_contract`,
        `to_contract`, `ratio` (new price over old) and `quoted_on` (the session of both prices). Empty for par bonds.
    method
        How the returns were made, in words.
    spliced
        Sessions whose return is that of a substitute maturity.
    """

    index: pd.Series
    rolls: pd.DataFrame
    method: str
    spliced: pd.DatetimeIndex = field(default_factory=lambda: pd.DatetimeIndex([]))

    @property
    def returns(self) -> pd.Series:
        """Simple return by session, decimal; NaN at the first session and around gaps."""
        return self.index.pct_change(fill_method=None)


@dataclass(frozen=True)
class RollRule:
    """When a contract is left for the next: `days` weekdays before a day that its delivery month fixes.

    Attributes
    ----------
    before
        ``first_notice``: last weekday of the month before delivery, as for Treasury futures; ``delivery_month``: first
        weekday of the delivery month; ``third_friday`` of the delivery month, when index futures expire.
    days
        Weekdays before it. The contract is held up to and including that day. Holidays are not known to the rule.
    """

    before: RollBefore = "first_notice"
    days: int = 3

    def last_day(self, contract: pd.Period) -> pd.Timestamp:
        """Last day on which the contract of this delivery month is held.

        >>> RollRule("first_notice", days=2).last_day(pd.Period("2009-03", "M"))
        Timestamp('2009-02-25 00:00:00')
        """
        return pd.Timestamp(np.busday_offset(self._reference(contract), -self.days, roll="forward"))

    def _reference(self, contract: pd.Period) -> np.datetime64:
        first = contract.start_time.to_numpy().astype("datetime64[D]")
        if self.before == "third_friday":
            return np.busday_offset(first, 2, roll="forward", weekmask="Fri")
        return np.busday_offset(first, -1, roll="forward") if self.before == "first_notice" else first


def contract_index(contracts: pd.DataFrame, roll: RollRule | pd.Series) -> ExcessReturnIndex:
    """Ratio-adjusted excess-return index of always holding one contract.

    Parameters
    ----------
    contracts
        Columns `date` (session), `contract` (delivery month, monthly Period) and `price` (as quoted, decimal points);
        one row for each session and contract, blanks left out.
    roll
        A :class:`RollRule`, or the roll calendar itself: for each session the contract held over it.

    Returns
    -------
    ExcessReturnIndex
        One level for each session on which the held contract was quoted. The price of a future is that of a
        commitment, so its percentage change is already in excess of bills.

    Raises
    ------
    DataError
        If a price is not positive, a session has two prices of one contract, or two contracts that follow each other
        were never quoted on the same day.
    """
    table = _price_table(contracts)
    sessions, prices, columns = _held_prices(table, roll)
    returns, ratio_rows, ratio = contract_returns(prices, columns)
    rolls = _rolls(sessions, table.columns, columns, ratio_rows, ratio)
    rule = f"{roll.days} weekdays before {roll.before}" if isinstance(roll, RollRule) else "by roll calendar"
    return ExcessReturnIndex(
        pd.Series(chained_index(returns), sessions, name="excess_return_index"),
        rolls,
        f"contracts rolled {rule}, ratio-adjusted",
    )


def nearby_price(contracts: pd.DataFrame, roll: RollRule | pd.Series) -> pd.Series:
    """Price of the contract held, by session, as quoted: the gap between two contracts is in it at every roll.

    Its percentage changes are *not* what a position earns, since nobody is paid the gap; it is here to reproduce
    results that were reckoned so. Arguments, and the sessions given, are those of :func:`contract_index`.
    """
    table = _price_table(contracts)
    sessions, prices, columns = _held_prices(table, roll)
    return pd.Series(prices[np.arange(len(sessions)), columns], sessions, name="nearby_price")


def par_bond_index(
    curve: pd.DataFrame,
    bill: pd.Series,
    maturity: float,
    *,
    roll_down: bool = True,
    substitute: float | None = None,
) -> ExcessReturnIndex:
    """Excess-return index of a constant-maturity par bond, priced from yields.

    At each session a new bond is bought at par: semi-annual coupons at the yield of that day, `maturity` years. At the
    next session it is sold at its exact dirty price, accrued interest included, for the yield then ruling at what is
    left of its life; the purchase is financed at the bill rate of the first day:

        r[t] = P(y[t-1], y'[t], maturity, dt) - 1 - bill[t-1] dt

    with P as in :func:`macrotrade.panel.kernels.par_bond_price` and dt the calendar days between the sessions over
    365.25. The sessions of `curve` set the step: give all for a daily index, month ends for a monthly one.

    Parameters
    ----------
    curve
        Par yields, per cent a year with semi-annual compounding: sessions x maturities in years. NaN where not quoted.
    bill
        Three-month bill, per cent a year, bond-equivalent; its last known value before each session is used.
    maturity
        A column of `curve`.
    roll_down
        True takes y' on the straight line between `maturity` and the next shorter quoted maturity, at the shortened
        life: the bond rolls down the curve, as a bond does. False takes y' at `maturity` itself, which leaves that
        gain out (an upward-sloping curve earns less).
    substitute
        Another column, whose par bond is held over the steps for which `maturity` is not quoted at both ends; these
        sessions are listed in `spliced`. None leaves a gap.

    Returns
    -------
    ExcessReturnIndex

    Raises
    ------
    DataError
        If a maturity is not a column, or sessions do not rise.

    Notes
    -----
    The Treasury sold no 30-year bond between 2002-02-19 and 2006-02-08 and published no yield; `substitute=20` holds
    the 20-year bond then, a yield that was quoted, rather than an extrapolated one.

    A new par bond is longer than the cheapest bond to deliver, so these indices are more volatile than the contracts:
    1.5, 4.3, 7.3 and 12.9 % a year against 1.5, 4.0, 5.9 and 9.1 % for 2, 5, 10 and 30 years over 1990-2017.
    """
    _require_rising(curve)
    table = curve.dropna(how="all")
    financing = bill.dropna().reindex(table.index, method="ffill").to_numpy(np.float64) / 100.0
    returns = _par_bond_returns(table, financing, maturity, roll_down)
    spliced = np.zeros(len(table), dtype=bool)
    if substitute is not None:
        other = _par_bond_returns(table, financing, substitute, roll_down)
        spliced = np.isnan(returns) & ~np.isnan(other)
        returns = np.where(spliced, other, returns)
    level = pd.Series(chained_index(returns), table.index, name="excess_return_index")
    path = "on the shortened maturity" if roll_down else "at the same maturity"
    return ExcessReturnIndex(
        level,
        pd.DataFrame(columns=_ROLL_COLUMNS),
        f"{maturity:g}-year par bond, repriced {path}, financed at the bill rate",
        pd.DatetimeIndex(table.index[spliced]),
    )


def _par_bond_returns(curve: pd.DataFrame, bill: FloatArray, maturity: float, roll_down: bool) -> FloatArray:
    """Return of each step, NaN at the first session and where a needed yield is not quoted."""
    if maturity not in curve.columns:
        raise DataError(
            f"No {maturity:g}-year yield; the curve has maturities {', '.join(f'{m:g}' for m in curve.columns)}."
        )
    decimals = curve[maturity].to_numpy(np.float64) / 100.0
    elapsed = np.diff(pd.DatetimeIndex(curve.index).to_numpy("datetime64[D]")).astype(np.float64) / _DAYS_A_YEAR
    end = decimals[1:]
    if roll_down:
        shorter, shorter_maturity = _next_shorter(curve, maturity)
        end = interpolated_yield(shorter[1:], end, shorter_maturity[1:], maturity, maturity - elapsed)
    # No coupon falls inside a step of up to half a year; a longer one is a hole in the data.
    step = np.where(elapsed <= 0.5, elapsed, np.nan)
    return np.append(np.nan, par_bond_excess_return(decimals[:-1], end, bill[:-1], maturity, step))


def _next_shorter(curve: pd.DataFrame, maturity: float) -> tuple[FloatArray, FloatArray]:
    """Yield (decimal) and maturity of the longest quoted point below `maturity`, by session."""
    columns = sorted(float(column) for column in curve.columns if float(column) < maturity)
    if not columns:
        raise DataError(
            f"roll_down needs a yield shorter than {maturity:g} years on the curve; add one or set roll_down=False."
        )
    values = curve[columns].to_numpy(np.float64) / 100.0
    quoted = ~np.isnan(values)
    last = values.shape[1] - 1 - np.argmax(quoted[:, ::-1], axis=1)
    rows = np.arange(len(values))
    return values[rows, last], np.array(columns, dtype=np.float64)[last]


def _price_table(contracts: pd.DataFrame) -> pd.DataFrame:
    """Sessions x contracts, contracts in order of delivery."""
    doubled = contracts.duplicated(["date", "contract"])
    if doubled.any():
        row = contracts[doubled].iloc[0]
        raise DataError(
            f"Contract {row['contract']} has two prices on {row['date']:%Y-%m-%d}; keep one (the day's last)."
        )
    bad = contracts["price"] <= 0
    if bad.any():
        row = contracts[bad].iloc[0]
        raise DataError(
            f"Contract {row['contract']} has price {row['price']} on {row['date']:%Y-%m-%d}; prices must be positive: "
            "give quoted prices, not additively adjusted ones."
        )
    return (
        contracts.pivot_table(index="date", columns="contract", values="price", aggfunc="first")
        .sort_index()
        .sort_index(axis=1)
    )


def _held_prices(table: pd.DataFrame, roll: RollRule | pd.Series) -> tuple[pd.Index, FloatArray, IntArray]:
    """Sessions on which the held contract was quoted, the prices of all contracts on them, and the column held."""
    held = _held_by_rule(table, roll) if isinstance(roll, RollRule) else _held_by_calendar(table, roll)
    columns = table.columns.get_indexer(pd.Index(held))
    rows = table.index.get_indexer(held.index)
    prices = table.to_numpy(np.float64)
    quoted = (columns >= 0) & ~np.isnan(prices[rows, columns])
    if not quoted.any():
        raise DataError(
            "contract_index: no session on which the held contract was quoted; check dates and contract names."
        )
    return held.index[quoted], prices[rows[quoted]], columns[quoted].astype(np.int64)


def _held_by_rule(table: pd.DataFrame, rule: RollRule) -> pd.Series:
    """The nearest contract whose last day has not passed, by session."""
    last_days = pd.DatetimeIndex([rule.last_day(contract) for contract in pd.PeriodIndex(table.columns)])
    place = last_days.searchsorted(pd.DatetimeIndex(table.index), side="left")
    inside = place < len(last_days)
    return pd.Series(table.columns[place[inside]], table.index[inside])


def _held_by_calendar(table: pd.DataFrame, calendar: pd.Series) -> pd.Series:
    """The contract that the calendar last named, by session; sessions before its first are left out."""
    return calendar.reindex(table.index, method="ffill").dropna()


def _rolls(
    sessions: pd.Index, contracts: pd.Index, held: IntArray, ratio_rows: IntArray, ratio: FloatArray
) -> pd.DataFrame:
    changes = np.flatnonzero(held[1:] != held[:-1]) + 1
    for t in map(int, changes):
        if ratio_rows[t] < 0:
            raise DataError(
                f"Contracts {contracts[held[t - 1]]} and {contracts[held[t]]} were never quoted on the same day before "
                f"the roll of {sessions[t]:%Y-%m-%d}; add the overlapping prices or end the file before it."
            )
    return pd.DataFrame(
        {
            "session": sessions[changes],
            "from_contract": contracts[held[changes - 1]],
            "to_contract": contracts[held[changes]],
            "ratio": ratio[changes],
            "quoted_on": sessions[ratio_rows[changes]],
        }
    )


def _require_rising(curve: pd.DataFrame) -> None:
    index = curve.index
    if not isinstance(index, pd.DatetimeIndex) or not index.is_monotonic_increasing or index.has_duplicates:
        raise DataError(
            "par_bond_index: the sessions must be dates that rise without duplicates; sort and drop duplicates."
        )
