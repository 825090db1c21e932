"""Series of FRED, with every vintage from ALFRED or as they stand today.

Steps: what a series is (title, units, frequency, when last updated); its vintage dates; its versions, asked for in
chunks of vintage dates and joined (``realtime.joined``) so that the chunks leave no trace. Requests go through fredapi
with our own transport (``http.get``), since fredapi has no timeout and no retry; its table of all releases drops
`realtime_end` and the type of the numbers, so versions are read here.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError, SourceError
from macrotrade.sources.live.addresses import address
from macrotrade.sources.live.credentials import fred_key
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.http import get
from macrotrade.sources.live.realtime import joined, version_rows

__all__ = ["VINTAGES_A_REQUEST", "fetch_fred", "fetch_fred_latest", "fred_as_of"]

VINTAGES_A_REQUEST = 2000
"""Most vintage dates that FRED takes in one request for versions."""

_ROWS_A_PAGE = 100_000
_DATES_A_PAGE = 10_000
_FOREVER = "9999-12-31"
_FREQUENCIES = {"D": "D", "M": "M", "Q": "Q"}


def fetch_fred(
    series: str,
    *,
    since: Fetched | None = None,
    vintages_a_request: int = VINTAGES_A_REQUEST,
) -> Fetched:
    """Every version of every number of a monthly or quarterly series, with the days on which it stood.

    Parameters
    ----------
    series
        FRED's name, such as ``UNRATE``.
    since
        What was fetched before. Where FRED says that the series was not updated since, it is given back; otherwise only
        what stood from the last vintage at hand is asked for, revised history included. A series whose earlier vintages
        FRED has changed is fetched whole.
    vintages_a_request
        At most `VINTAGES_A_REQUEST`.

    Returns
    -------
    Fetched
        Table ``alfred-ID`` of vintages.

    Raises
    ------
    SourceError
        If FRED cannot be reached, refuses, or answers something else.
    SettingsError
        If there is no key, or the series is neither monthly nor quarterly.
    """
    fred = _Fred()
    about = fred.about(series)
    if about["frequency"] not in ("M", "Q"):
        raise SettingsError(
            f"{series}: FRED gives it {about['given']}; vintages are kept of monthly and quarterly series. "
            "Choose its monthly form, or fetch it as daily numbers that are never revised."
        )
    stored = since.frame if since is not None else None
    if since is not None and _same_update(since.frame, about):
        return since.again(pd.Timestamp.now(tz="UTC"))
    dates = fred.vintage_dates(series)
    if stored is not None and not _continues(stored, dates):
        stored = None
    first = 0 if stored is None else dates.index(stored.attrs["last_vintage"])
    frame = stored
    for chunk in _chunks(dates[first:], vintages_a_request):
        arrived = version_rows(fred.versions(series, *chunk), series)
        frame = arrived if frame is None else joined(frame, arrived, pd.Timestamp(chunk[0]))
    assert frame is not None
    if not frame["value"].notna().any():
        raise SourceError(f"{fred.shown(series)}: FRED gave no number of {series}. Check the name of the series.")
    frame.attrs = {**cast("dict[Hashable, Any]", about), "last_vintage": dates[-1], "n_vintages": str(len(dates))}
    return Fetched(
        name=f"alfred-{series}",
        frame=frame,
        source="ALFRED, Federal Reserve Bank of St. Louis",
        fetched_at=pd.Timestamp.now(tz="UTC"),
        url=fred.shown(series),
        note=f"{len(dates)} vintages {dates[0]} to {dates[-1]}",
    )


def fetch_fred_latest(series: str, *, since: Fetched | None = None) -> Fetched:
    """The numbers of a series as they stand today, for daily market yields and others that are never revised.

    Parameters
    ----------
    series
        FRED's name, such as ``DGS10``; daily or monthly.
    since
        What was fetched before; given back where FRED says that the series was not updated since.

    Returns
    -------
    Fetched
        Table ``fred-ID`` of quotes; days without a number (holidays) have no row.

    Raises
    ------
    SourceError
        If FRED cannot be reached, refuses, or answers something else.
    SettingsError
        If there is no key.
    """
    fred = _Fred()
    about = fred.about(series)
    if about["frequency"] not in ("D", "M"):
        raise SettingsError(f"{series}: FRED gives it {about['given']}; daily and monthly series are taken.")
    if since is not None and _same_update(since.frame, about):
        return since.again(pd.Timestamp.now(tz="UTC"))
    values = fred.latest(series).dropna()
    if values.empty:
        raise SourceError(f"{fred.shown(series)}: FRED gave no number of {series}. Check the name of the series.")
    dates = pd.DatetimeIndex(values.index)
    frame = pd.DataFrame({"date": dates.as_unit("ns"), "value": values.to_numpy(np.float64)})
    frame.attrs = cast("dict[Hashable | None, Any]", about)
    return Fetched(
        name=f"fred-{series}",
        frame=frame,
        source="FRED, Federal Reserve Bank of St. Louis",
        fetched_at=pd.Timestamp.now(tz="UTC"),
        url=fred.shown(series),
        note="numbers as they stand today",
    )


def fred_as_of(series: str, day: str | pd.Timestamp) -> Fetched:
    """The numbers of a series as they stood at the end of a day, from ALFRED in one request.

    Table ``fred-ID`` of quotes, whose dates are the first days of the periods described. Errors as of
    :func:`fetch_fred_latest`; a day on which the series was not published yet is one.
    """
    fred = _Fred()
    about = fred.about(series)
    text = f"{pd.Timestamp(day):%Y-%m-%d}"
    standing = version_rows(fred.versions(series, text, text), series).dropna(subset=["value"])
    frame = standing[["period", "value"]].rename(columns={"period": "date"}).reset_index(drop=True)
    frame.attrs = cast("dict[Hashable | None, Any]", about)
    return Fetched(
        name=f"fred-{series}",
        frame=frame,
        source="ALFRED, Federal Reserve Bank of St. Louis",
        fetched_at=pd.Timestamp.now(tz="UTC"),
        url=fred.shown(series),
        note=f"numbers as they stood on {text}",
    )


class _Fred:
    """The FRED API by fredapi, over a transport that waits, tries again and tells no key."""

    def __init__(self) -> None:
        from fredapi import Fred

        self._root = address("fred")
        self._key = fred_key()
        # Built without its constructor, which would keep the key and replace the process's proxies.
        self._api: Any = Fred.__new__(Fred)
        self._api.root_url = self._root
        self._api._Fred__fetch_data = self._answer

    def about(self, series: str) -> dict[str, str]:
        """Title, units, frequency and time of the last update, as text."""
        try:
            told = self._api.get_series_info(series)
        except ValueError:
            told = {}
        if "frequency_short" not in told:
            raise SourceError(f"{self.shown(series)}: FRED's answer does not say what {series} is. Try again later.")
        return {
            "title": str(told.get("title", "")),
            "units": str(told.get("units", "")),
            "frequency": _FREQUENCIES.get(str(told["frequency_short"]), ""),
            "given": str(told.get("frequency", told["frequency_short"])).lower(),
            "seasonal_adjustment": str(told.get("seasonal_adjustment", "")),
            "last_updated": str(told.get("last_updated", "")),
        }

    def latest(self, series: str) -> pd.Series:
        """Numbers as they stand today, by date; NaN where FRED has a dot."""
        found: pd.Series | None
        try:
            found = self._api.get_series(series)
        except (TypeError, ValueError):
            found = None
        if found is None or not pd.api.types.is_float_dtype(found.dtype):
            raise SourceError(
                f"{self.shown(series)}: the answer holds no observations with a date and a value. FRED's format may "
                "have changed; look for a newer macrotrade."
            )
        return found.sort_index()

    def vintage_dates(self, series: str) -> list[str]:
        """Days on which any number of the series was released or revised, YYYY-MM-DD, rising."""
        dates: list[str] = []
        query = {"series_id": series, "limit": str(_DATES_A_PAGE)}
        for page in self._pages("series/vintagedates", query, _DATES_A_PAGE):
            dates += [(date.text or "").strip() for date in page]
        if not dates or sorted(set(dates)) != dates:
            raise SourceError(f"{self.shown(series)}: FRED gave no rising list of vintage dates. Try again later.")
        return dates

    def versions(self, series: str, first: str, last: str) -> list[Mapping[str, str]]:
        """Versions that stood from `first` to `last`, their days cut to that span, as FRED writes them."""
        query = {"series_id": series, "realtime_start": first, "realtime_end": last, "limit": str(_ROWS_A_PAGE)}
        pages = self._pages("series/observations", query, _ROWS_A_PAGE)
        return [row.attrib for page in pages for row in page]

    def shown(self, series: str) -> str:
        """Address of a series' observations, without the key."""
        return f"{self._root}/series/observations?series_id={series}"

    def _pages(self, path: str, query: Mapping[str, str], size: int) -> Iterator[ET.Element]:
        offset = 0
        while True:
            page = self._answer(f"{self._root}/{path}?{urlencode({**query, 'offset': str(offset)})}")
            yield page
            offset += len(page)
            if len(page) < size:
                return

    def _answer(self, url: str) -> ET.Element:
        """Root of the XML at an address to which the key is added."""
        parts = urlsplit(url)
        plain = urlunsplit(parts._replace(query=""))
        answer = get(plain, {**dict(parse_qsl(parts.query)), "api_key": self._key}, accept="xml")
        try:
            return ET.fromstring(answer.content)
        except ET.ParseError as error:
            words = str(error)
        raise SourceError(f"{answer.url}: the XML is not whole ({words}). Try again; the answer was cut off.")


def _same_update(stored: pd.DataFrame, about: Mapping[str, str]) -> bool:
    return bool(about["last_updated"]) and stored.attrs.get("last_updated") == about["last_updated"]


def _continues(stored: pd.DataFrame, dates: list[str]) -> bool:
    """Whether the vintages at hand are still the first of FRED's."""
    last = stored.attrs.get("last_vintage")
    return last in dates and str(dates.index(last) + 1) == stored.attrs.get("n_vintages")


def _chunks(dates: list[str], size: int) -> Iterator[tuple[str, str]]:
    """First and last day of each request; the last one is open."""
    for start in range(0, len(dates), size):
        following = dates[start + size : start + size + 1]
        last = (pd.Timestamp(following[0]) - pd.Timedelta(days=1)).strftime("%Y-%m-%d") if following else _FOREVER
        yield dates[start], last
