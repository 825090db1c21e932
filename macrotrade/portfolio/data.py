"""FRED and FRED-MD as vectorbt data: ``FREDData.download(["DGS10", "UNRATE"]).get()``.

What vectorbt does to an index is undone where it hurts: dates stay plain dates, as macrotrade's prices and signals have
them (a time zone on one side of a comparison is an error), and the frequency is a fixed length, never the calendar
frequency that vectorbt infers and then refuses to annualise with.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.portfolio.bars import bar_of
from macrotrade.sources.live.addresses import address
from macrotrade.sources.live.editions import held_vintages, numbers_on
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.fred import fetch_fred, fetch_fred_latest, fred_as_of
from macrotrade.sources.live.fred_md import fetch_fred_md

__all__ = ["FREDData", "FREDMDData"]

_COLUMN = "Value"


class _MacroData(vbt.Data):  # type: ignore[misc]
    """Numbers by plain date: the index has no time zone unless one is asked for, and the bar has a fixed length."""

    @classmethod
    def from_data(
        cls,
        data: Mapping[Any, pd.Series],
        tz_localize: Any = None,
        tz_convert: Any = None,
        missing_index: str | None = None,
        missing_columns: str | None = None,
        wrapper_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """As ``vectorbt.Data.from_data``, with the differences that the class tells of."""
        made = super().from_data(
            dict(data),
            tz_localize=tz_localize,
            tz_convert=tz_convert,
            missing_index=missing_index,
            missing_columns=missing_columns,
            wrapper_kwargs={"freq": _bar_length(data), **(wrapper_kwargs or {})},
            **kwargs,
        )
        if tz_localize is not None or tz_convert is not None:
            return made
        return _replaced(made, {name: one.tz_localize(None) for name, one in made.data.items()}, None)

    @classmethod
    def align_index(cls, data: dict[Any, pd.Series], missing: str = "nan") -> dict[Any, pd.Series]:
        """Symbols on one index: the union of their dates, since series of several frequencies are meant to differ."""
        if missing != "nan" or len(data) == 1:
            aligned: dict[Any, pd.Series] = super().align_index(data, missing)
            return aligned
        indexes = [pd.DatetimeIndex(one.index) for one in data.values()]
        whole = reduce(pd.DatetimeIndex.union, indexes)
        return {name: one.reindex(whole) for name, one in data.items()}

    def update(self, **kwargs: Any) -> Any:
        """The data with what has been published since, revisions of dates at hand included; a new object."""
        old = {name: one.dropna() for name, one in self.data.items()}
        new = {name: self.update_symbol(name, **self.select_symbol_kwargs(name, kwargs)) for name in self.symbols}
        if self.tz_localize is not None:
            new = {name: one.tz_localize(self.tz_localize) for name, one in new.items()}
        if self.tz_convert is not None:
            new = {name: one.tz_convert(self.tz_convert) for name, one in new.items()}
        joined = {name: new[name].combine_first(old[name]).rename(_COLUMN) for name in self.symbols}
        aligned = self.align_index(joined, missing=self.missing_index)
        return _replaced(self, aligned, self.tz_localize, self.tz_convert)


class FREDData(_MacroData):
    """Series of FRED, and their vintages of ALFRED, as vectorbt data. Needs ``FRED_API_KEY`` in the environment.

    The dates are FRED's: the first day of the month or quarter that a number describes, weeks before anyone knew it.
    A position taken on such a date looks ahead. For signals use ``released=True``, or a
    :class:`~macrotrade.panel.vintages.History`, which cuts every number at its release.

    Series of several frequencies stand on the union of their dates, NaN between. The index has no time zone unless
    `tz_localize` or `tz_convert` is given, and the bar of ``wrapper.freq`` has a fixed length.

    >>> FREDData.download("UNRATE", as_of="2020-04-03", released=True)
    Traceback (most recent call last):
    macrotrade.errors.SettingsError: FREDData: give as_of or released=True, not both.
    """

    @classmethod
    def download_symbol(
        cls,
        symbol: str,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
        as_of: str | pd.Timestamp | None = None,
        released: bool = False,
    ) -> pd.Series:
        """Numbers of one series.

        Parameters
        ----------
        symbol
            FRED's name.
        start, end
            First and last date, both included; everything by default.
        as_of
            Numbers as they stood at the end of that day; by default as they stand today.
        released
            True dates each number by the day on which it was first released: the newest period of each release, as
            first told. Monthly and quarterly series.

        Returns
        -------
        pandas.Series
            float64, named ``Value``.

        Raises
        ------
        SourceError, SettingsError
            As :func:`macrotrade.sources.live.fred.fetch_fred`.
        """
        if as_of is not None and released:
            raise SettingsError("FREDData: give as_of or released=True, not both.")
        if released:
            series = _first_releases(fetch_fred(symbol))
        else:
            fetched = fetch_fred_latest(symbol) if as_of is None else fred_as_of(symbol, as_of)
            series = _series(fetched.frame["date"], fetched.frame["value"])
        return series.loc[start:end]

    def update_symbol(self, symbol: str, **kwargs: Any) -> pd.Series:
        """Numbers of one series asked for anew, since FRED revises; `kwargs` override those of the download."""
        told = {**self.select_symbol_kwargs(symbol, self.download_kwargs), **kwargs}
        return self.download_symbol(symbol, **told)


class FREDMDData(_MacroData):
    """Series of FRED-MD, in levels, as vectorbt data. Needs no key.

    The dates are the first days of the months that the numbers describe: see the caution of :class:`FREDData`. The
    vintage is the newest one or that of a month; the file is asked for once, and later only whether it has changed.
    """

    @classmethod
    def download_symbol(
        cls,
        symbol: str,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
        vintage: str = "current",
    ) -> pd.Series:
        """Numbers of one series.

        Parameters
        ----------
        symbol
            FRED-MD's name.
        start, end
            First and last month, both included; everything by default.
        vintage
            ``current`` or a month, YYYY-MM.

        Raises
        ------
        SourceError
            If the publisher's server fails.
        DataError
            If the vintage has no such series.
        """
        numbers = _numbers(vintage)
        if symbol not in numbers.columns:
            raise DataError(f"FRED-MD has no series {symbol!r}. {near_misses(symbol, map(str, numbers.columns))}")
        known = numbers[symbol].dropna()
        return _series(pd.PeriodIndex(known.index).to_timestamp(), known).loc[start:end]

    def update_symbol(self, symbol: str, **kwargs: Any) -> pd.Series:
        """Numbers of one series in the newest vintage, or that of the download; `kwargs` override its arguments."""
        told = {**self.select_symbol_kwargs(symbol, self.download_kwargs), **kwargs}
        return self.download_symbol(symbol, **told)


_HELD: dict[str, Fetched] = {}
"""Address of the publisher to the vintages read from it, so that many symbols are one file."""


def _numbers(vintage: str) -> pd.DataFrame:
    """Months x series of a vintage."""
    home = address("fred-md")
    held = _HELD.get(home)
    months = held_vintages(held.frame) if held is not None else []
    if vintage == "current" or pd.Period(vintage, "M") not in months:
        # Only the files asked for: the months between two of them are nobody's concern here.
        held = _HELD[home] = fetch_fred_md(vintage, since=held)
        months = held_vintages(held.frame)
    assert held is not None
    month = months[-1] if vintage == "current" else pd.Period(vintage, "M")
    days = held.frame.groupby("realtime_start")["period"].max().cummax()
    return numbers_on(held.frame, pd.Timestamp(days[days == (month - 1).to_timestamp()].index.max()))


def _first_releases(fetched: Fetched) -> pd.Series:
    """First figure of the newest period of each release, by the day of that release."""
    known = fetched.frame.dropna(subset=["value"])
    first = known.sort_values(["period", "realtime_start"]).drop_duplicates("period")
    newest = first.sort_values(["realtime_start", "period"]).drop_duplicates("realtime_start", keep="last")
    return _series(newest["realtime_start"], newest["value"])


def _series(dates: pd.Series | pd.DatetimeIndex, values: pd.Series) -> pd.Series:
    return pd.Series(values.to_numpy(np.float64), pd.DatetimeIndex(dates), name=_COLUMN)


def _bar_length(data: Mapping[Any, pd.Series]) -> pd.Timedelta:
    """Length of the shortest bar among the series."""
    return min(bar_of(one.dropna().index).length for one in data.values())


def _replaced(made: Any, data: dict[Any, pd.Series], tz_localize: Any, tz_convert: Any = None) -> Any:
    """The same object with other numbers, their calendar frequency dropped."""
    plain = {name: one.set_axis(_without_frequency(one.index)) for name, one in data.items()}
    wrapper = made.wrapper.replace(index=next(iter(plain.values())).index)
    return made.replace(wrapper=wrapper, data=plain, tz_localize=tz_localize, tz_convert=tz_convert)


def _without_frequency(index: pd.Index) -> pd.Index:
    """The same dates: those that were picked one by one carry no calendar frequency."""
    return index[np.arange(len(index))]
