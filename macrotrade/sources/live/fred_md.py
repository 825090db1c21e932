"""FRED-MD from the publisher's page: the newest vintage, one month's, or the archives, as one table of versions.

Steps: files are downloaded (``http.get``); each is read (``sources.fred_md``) and given the day on which it became
public; vintages not yet at hand are put among the others (``editions``). Addresses of the Federal Reserve Bank of
St. Louis, https://www.stlouisfed.org/research/economists/mccracken/fred-databases.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from macrotrade.errors import DataError, SettingsError, SourceError
from macrotrade.sources.fred_md import FredMdVintage, read_vintage
from macrotrade.sources.live.addresses import address
from macrotrade.sources.live.editions import held_vintages, numbers_on, with_editions
from macrotrade.sources.live.fetched import Fetched
from macrotrade.sources.live.http import NOT_THERE, get

__all__ = ["ARCHIVES", "fetch_fred_md"]

ARCHIVES = ("historical_fred-md.zip", "historical-vintages-of-fred-md-2015-01-to-2024-12.zip")
"""Archives of vintages on the publisher's page: 1999-08 to 2014-12, 2015-01 to 2024-12."""

_FIRST_AFTER_ARCHIVES = pd.Period("2025-01", "M")
_TABLE = "fred-md"
_LEAST_SHARE_OF_SERIES = 0.75


def fetch_fred_md(which: str = "current", *, since: Fetched | None = None, now: pd.Timestamp | None = None) -> Fetched:
    """Vintages of FRED-MD, joined to those at hand.

    A vintage is public on the last day of its month, or on the day it was fetched where that is earlier. A vintage at
    hand that the publisher has posted anew, with other numbers, is a further version from the day it was fetched.

    Parameters
    ----------
    which
        ``current``: the newest, and with vintages at hand the months between them and it. ``all``: the archives, every
        month since and the newest; some 60 MB. ``YYYY-MM``: the vintage of that month.
    since
        What was fetched before. The publisher is told its version, and sends the newest file only if it is another.
    now
        UTC; the clock's by default.

    Returns
    -------
    Fetched
        Table ``fred-md`` of vintages; the very frame of `since` where nothing is new.

    Raises
    ------
    SourceError
        If the publisher's server does not give a file, or one that is not FRED-MD, is cut off, or lacks a quarter or
        more of the series of the vintage before.
    SettingsError
        For another `which`.
    """
    moment = pd.Timestamp.now(tz="UTC") if now is None else now
    today = moment.tz_convert("America/Chicago").tz_localize(None).normalize()
    if which == "current":
        return _with_current(since, today)
    if which == "all":
        with_archives = _with_vintages(since, _archived(today), today, _address(ARCHIVES[0]))
        return _with_current(with_archives, today)
    try:
        month = pd.Period(which, "M")
    except ValueError:
        raise SettingsError(f"which={which!r}: write 'current', 'all' or a month as YYYY-MM.") from None
    return _with_vintages(since, [_month(month, today)], today, _address(f"monthly/{month}-md.csv"))


def _with_current(since: Fetched | None, today: pd.Timestamp) -> Fetched:
    url = _address("monthly/current.csv")
    asked = since if since is not None and since.url == url else None
    response = get(
        url, accept="csv", etag=asked.etag if asked else None, last_modified=asked.last_modified if asked else None
    )
    if response.unchanged and since is not None:
        return since.again(response.fetched_at)
    newest = _read(response.content, url, today)
    held = held_vintages(since.frame) if since is not None else []
    between = list(pd.period_range(held[-1] + 1, newest.month - 1, freq="M")) if held else []
    vintages = [*_months(between, today), newest]
    joined = _with_vintages(since, vintages, today, url)
    told = replace(joined, url=url, fetched_at=response.fetched_at)
    return replace(told, etag=response.etag, last_modified=response.last_modified)


def _with_vintages(
    since: Fetched | None, vintages: Iterator[FredMdVintage] | list[FredMdVintage], today: pd.Timestamp, url: str
) -> Fetched:
    """The table at hand with further vintages; the same table where each is at hand with the same numbers."""
    stored = since.frame if since is not None else None
    held = held_vintages(stored) if stored is not None else []
    editions: dict[pd.Timestamp, pd.DataFrame] = {}
    for vintage in vintages:
        if stored is not None and vintage.month in held:
            if vintage.month != held[-1] or vintage.numbers.equals(_as_standing(stored, vintage)):
                continue
            editions[max(today, stored["realtime_start"].max())] = vintage.numbers
        else:
            editions[_public_day(vintage.month, today, held, stored)] = vintage.numbers
    _require_most_series(editions, stored)
    now = pd.Timestamp.now(tz="UTC")
    if not editions and since is not None:
        return since.again(now)
    frame = with_editions(stored, editions)
    months = held_vintages(frame)
    absent = len(pd.period_range(months[0], months[-1], freq="M")) - len(months)
    gaps = f", {absent} missing between, where the one before stands" if absent else ""
    return Fetched(
        name=_TABLE,
        frame=frame,
        source="FRED-MD, Federal Reserve Bank of St. Louis",
        fetched_at=now,
        url=url,
        note=f"vintages {months[0]} to {months[-1]}, {len(months)} in all{gaps}",
    )


def _as_standing(stored: pd.DataFrame, vintage: FredMdVintage) -> pd.DataFrame:
    """Numbers of the newest vintage at hand, laid out as another of the same month."""
    return numbers_on(stored, stored["realtime_start"].max()).reindex(
        index=vintage.numbers.index, columns=vintage.numbers.columns
    )


def _public_day(
    month: pd.Period, today: pd.Timestamp, held: list[pd.Period], stored: pd.DataFrame | None
) -> pd.Timestamp:
    """Last day of the vintage's month, or today if that is before; never before a vintage that is older."""
    day = min(month.end_time.normalize(), today)
    if stored is not None and held and month > held[-1]:
        day = max(day, stored["realtime_start"].max() + pd.Timedelta(days=1))
    return pd.Timestamp(day)


def _archived(today: pd.Timestamp) -> Iterator[FredMdVintage]:
    """Every vintage of the archives, and of each month since that the publisher has."""
    for name in ARCHIVES:
        url = _address(name)
        content = get(url, accept="zip", timeout=120.0).content
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            words = str(error)
        else:
            members = [member for member in sorted(archive.namelist()) if member.lower().endswith(".csv")]
            for member in members:
                if "__MACOSX" not in member:
                    yield _read(archive.read(member), f"{url}/{member}", today)
            continue
        raise SourceError(f"{url}: is not a whole zip archive ({words}). Try again; the download was cut off.")
    yield from _months(list(pd.period_range(_FIRST_AFTER_ARCHIVES, today.to_period("M") - 1, freq="M")), today)


def _months(months: list[pd.Period], today: pd.Timestamp) -> Iterator[FredMdVintage]:
    """Vintages of those months that the publisher has; a month it never posted is left out."""
    for month in months:
        try:
            yield _month(month, today)
        except SourceError as error:
            if error.status != NOT_THERE:
                raise


def _month(month: pd.Period, today: pd.Timestamp) -> FredMdVintage:
    """Vintage of one month, under the name that files have from 2025-04 on or the one they had before."""
    newer, older = _address(f"monthly/{month}-md.csv"), _address(f"monthly/{month}.csv")
    try:
        response = get(newer, accept="csv")
    except SourceError as error:
        if error.status != NOT_THERE:
            raise
        response = get(older, accept="csv")
    vintage = _read(response.content, response.url, today)
    if vintage.month != month:
        raise SourceError(f"{response.url}: holds the vintage of {vintage.month}, not of {month}. Try again later.")
    return vintage


def _read(content: bytes, url: str, today: pd.Timestamp) -> FredMdVintage:
    try:
        return read_vintage(content, url, today=today)
    except DataError as error:
        words = str(error)
    raise SourceError(words)


def _require_most_series(editions: dict[pd.Timestamp, pd.DataFrame], stored: pd.DataFrame | None) -> None:
    """Refuse a vintage with far fewer series than the one before: a file of another layout."""
    before: set[str] | None = None
    for day in sorted(editions):
        names = set(map(str, editions[day].columns))
        if before is None and stored is not None:
            earlier = stored[stored["realtime_start"] <= day]
            standing = earlier[earlier["realtime_end"].isna() | (earlier["realtime_end"] >= day)]
            before = set(map(str, standing["series"].unique()))
        if before and len(names & before) < _LEAST_SHARE_OF_SERIES * len(before):
            lost = sorted(before - names)
            raise SourceError(
                f"FRED-MD of {day:%Y-%m-%d}: {len(lost)} of {len(before)} series of the vintage before are gone "
                f"({', '.join(lost[:5])}, ...). The layout may have changed; look for a newer macrotrade. Nothing was "
                "replaced."
            )
        before = names


def _address(path: str) -> str:
    return f"{address('fred-md')}/{path}"
