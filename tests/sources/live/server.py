"""A small server on the loopback that answers as the publishers of live data do, and misbehaves when told to.

Its answers have the shapes that the publishers document: XML of the FRED API (series, series/observations with
real-time periods and their limit of vintage dates, series/vintagedates), files of FRED-MD with ETag and Last-Modified,
the JSON of Yahoo's charts. The numbers are a test's own.
"""

from __future__ import annotations

import hashlib
import io
import json
import socket
import struct
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import quoteattr

import pandas as pd

KEY = "0123456789abcdef0123456789abcdef"
FOREVER = "9999-12-31"

Fault = Literal[
    "too many", "server error", "silence", "reset", "empty", "truncated", "web page", "forbidden", "renamed columns"
]


@dataclass
class Version:
    """One number with the days on which it stood."""

    period: str
    value: str
    start: str
    end: str = FOREVER


@dataclass
class FredSeries:
    """A series as FRED describes it, and all its versions."""

    versions: list[Version]
    title: str = "A series of the test"
    units: str = "Percent"
    frequency: str = "Monthly"
    last_updated: str = "2026-09-04 07:46:04-05"

    @property
    def vintage_dates(self) -> list[str]:
        ends = {shifted(one.end, 1) for one in self.versions if one.end != FOREVER}
        return sorted({one.start for one in self.versions} | ends)


@dataclass
class Asked:
    """A request that came."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    answered: int = 0


@dataclass
class _Planned:
    part: str
    fault: Fault
    times: int
    retry_after: str


class PublisherServer:
    """Publishers of live data on the loopback; use as a context manager.

    Attributes
    ----------
    fred
        Name to series of the FRED API.
    files
        Path below ``/fred-md`` to content.
    charts
        Yahoo's symbol to closes by session.
    asked
        Every request, in order.
    vintage_limit
        Most vintage dates in one request for observations.
    sent
        Bytes of content sent so far, web pages and errors apart.
    """

    def __init__(self) -> None:
        self.fred: dict[str, FredSeries] = {}
        self.files: dict[str, bytes] = {}
        self.charts: dict[str, dict[str, float | None]] = {}
        self.asked: list[Asked] = []
        self.vintage_limit = 2000
        self.sent = 0
        self._faults: list[_Planned] = []
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.publisher = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> PublisherServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that send every fetch of a process here, key included."""
        return {
            "MACROTRADE_FRED_URL": f"{self.url}/fred",
            "MACROTRADE_FRED_MD_URL": f"{self.url}/fred-md",
            "MACROTRADE_YAHOO_URL": f"{self.url}/yahoo",
            "FRED_API_KEY": KEY,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def fail(self, part: str, fault: Fault, times: int = 1_000_000, retry_after: str = "0") -> None:
        """Answer the next `times` requests whose path holds `part` with a fault."""
        self._faults.append(_Planned(part, fault, times, retry_after))

    def behave(self) -> None:
        """Forget the faults that were planned."""
        self._faults.clear()

    def paths(self) -> list[str]:
        """Paths that were asked for, in order."""
        return [one.path for one in self.asked]

    def next_fault(self, path: str) -> _Planned | None:
        for planned in self._faults:
            if planned.part in path and planned.times > 0:
                planned.times -= 1
                return planned
        return None

    def wait_for_the_end(self) -> None:
        self._released.wait(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    @property
    def publisher(self) -> PublisherServer:
        found: PublisherServer = self.server.publisher  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.asked = Asked(path, query, dict(self.headers.items()))
        self.publisher.asked.append(self.asked)
        planned = self.publisher.next_fault(path)
        status, kind, body = self._answer(path, query)
        if planned is not None:
            self._misbehave(planned, kind, body)
            return
        self._send(status, kind, body)

    def _answer(self, path: str, query: Mapping[str, str]) -> tuple[int, str, bytes]:
        _, publisher, *rest = path.split("/")
        if publisher == "fred":
            return fred_answer(self.publisher, "/".join(rest), query)
        if publisher == "fred-md":
            content = self.publisher.files.get("/".join(rest))
            return (404, "text/html", PAGE) if content is None else (200, "text/csv", content)
        if publisher == "yahoo":
            return yahoo_answer(self.publisher.charts, rest[-1], query)
        return 404, "text/html", PAGE

    def _send(self, status: int, kind: str, body: bytes) -> None:
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            self._start(304, kind, {"ETag": etag})
            return
        extra = {"ETag": etag, "Last-Modified": "Fri, 04 Sep 2026 12:00:00 GMT"} if status == 200 else {}
        self._start(status, kind, {**extra, "Content-Length": str(len(body))})
        self.wfile.write(body)
        self.publisher.sent += len(body) if status == 200 else 0

    def _start(self, status: int, kind: str, headers: Mapping[str, str]) -> None:
        self.asked.answered = status
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _misbehave(self, planned: _Planned, kind: str, body: bytes) -> None:
        if planned.fault == "too many":
            self._start(429, "text/plain", {"Retry-After": planned.retry_after})
            self.wfile.write(b"Too Many Requests")
        elif planned.fault == "server error":
            self._start(500, "text/html", {"Content-Length": str(len(PAGE))})
            self.wfile.write(PAGE)
        elif planned.fault == "forbidden":
            self._start(403, "text/html", {"Content-Length": str(len(PAGE))})
            self.wfile.write(PAGE)
        elif planned.fault == "silence":
            self.publisher.wait_for_the_end()
        elif planned.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.connection.close()
        elif planned.fault == "empty":
            self._start(200, kind, {"Content-Length": "0"})
        elif planned.fault == "truncated":
            self._start(200, kind, {"Content-Length": str(len(body))})
            self.wfile.write(body[: len(body) // 2])
        elif planned.fault == "web page":
            self._start(200, "text/html", {"Content-Length": str(len(PAGE))})
            self.wfile.write(PAGE)
        elif planned.fault == "renamed columns":
            changed = body.replace(b"realtime_end=", b"until=").replace(b" value=", b" figure=")
            self._send(200, kind, changed.replace(b'"close"', b'"last"').replace(b"sasdate", b"month"))


PAGE = b"<!DOCTYPE html><html><head><title>Sorry, something went wrong</title></head><body>Ray 5</body></html>"


def fred_answer(publisher: PublisherServer, path: str, query: Mapping[str, str]) -> tuple[int, str, bytes]:
    """Answer of the FRED API, XML."""
    if query.get("api_key") != KEY:
        told = "Bad Request.  The value for variable api_key is not registered."
        return 400, "text/xml", xml(f"<error code={quoteattr('400')} message={quoteattr(told)} />")
    name = query.get("series_id", "")
    series = publisher.fred.get(name)
    if series is None:
        told = "Bad Request.  The series does not exist."
        return 400, "text/xml", xml(f"<error code={quoteattr('400')} message={quoteattr(told)} />")
    if path == "series":
        return 200, "text/xml", series_xml(name, series)
    if path == "series/vintagedates":
        dates = paged(series.vintage_dates, query, 10_000)
        inside = "".join(f"<vintage_date>{date}</vintage_date>" for date in dates)
        return 200, "text/xml", xml(f'<vintage_dates count="{len(series.vintage_dates)}">{inside}</vintage_dates>')
    if path == "series/observations":
        return observations_answer(publisher, series, query)
    return 404, "text/xml", xml('<error code="404" message="Not Found" />')


def observations_answer(
    publisher: PublisherServer, series: FredSeries, query: Mapping[str, str]
) -> tuple[int, str, bytes]:
    today = "2026-09-30"
    start, end = query.get("realtime_start", today), query.get("realtime_end", today)
    inside = [date for date in series.vintage_dates if start <= date <= end]
    if len(inside) > publisher.vintage_limit:
        told = f"Bad Request.  There are {len(inside)} vintage dates, the limit is {publisher.vintage_limit}."
        return 400, "text/xml", xml(f"<error code={quoteattr('400')} message={quoteattr(told)} />")
    standing = [one for one in series.versions if one.start <= end and one.end >= start]
    rows = sorted(standing, key=lambda one: (one.period, one.start))
    lines = [
        f'<observation realtime_start="{max(one.start, start)}" realtime_end="{min(one.end, end)}" '
        f'date="{one.period}" value="{one.value}" />'
        for one in paged(rows, query, 100_000)
    ]
    head = f'realtime_start="{start}" realtime_end="{end}" units="lin" output_type="1" count="{len(rows)}"'
    return 200, "text/xml", xml(f"<observations {head}>{''.join(lines)}</observations>")


def series_xml(name: str, series: FredSeries) -> bytes:
    told = {
        "id": name,
        "realtime_start": "2026-09-30",
        "realtime_end": "2026-09-30",
        "title": series.title,
        "observation_start": series.versions[0].period,
        "observation_end": series.versions[-1].period,
        "frequency": series.frequency,
        "frequency_short": series.frequency[0],
        "units": series.units,
        "units_short": "%",
        "seasonal_adjustment": "Seasonally Adjusted",
        "seasonal_adjustment_short": "SA",
        "last_updated": series.last_updated,
        "popularity": "90",
        "notes": "None.",
    }
    inside = " ".join(f"{key}={quoteattr(value)}" for key, value in told.items())
    return xml(f"<seriess><series {inside} /></seriess>")


def yahoo_answer(
    charts: Mapping[str, Mapping[str, float | None]], symbol: str, query: Mapping[str, str]
) -> tuple[int, str, bytes]:
    """Answer of Yahoo's charts: daily bars between two instants, stamped at the New York open."""
    closes = charts.get(symbol)
    if closes is None:
        told = {
            "chart": {
                "result": None,
                "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
            }
        }
        return 404, "application/json", json.dumps(told).encode()
    stamps = {
        int(pd.Timestamp(f"{day} 09:30", tz="America/New_York").timestamp()): close for day, close in closes.items()
    }
    first, last = int(float(query.get("period1", "-9999999999"))), int(float(query.get("period2", "9999999999")))
    chosen = {stamp: close for stamp, close in stamps.items() if first <= stamp < last}
    values = list(chosen.values())
    quote: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), values)
    quote["volume"] = [None if close is None else 1000 for close in values]
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "SNP",
        "fullExchangeName": "SNP",
        "instrumentType": "INDEX",
        "firstTradeDate": min(stamps, default=0),
        "regularMarketTime": max(stamps, default=0),
        "gmtoffset": -18000,
        "timezone": "EST",
        "exchangeTimezoneName": "America/New_York",
        "regularMarketPrice": values[-1] if values else 0.0,
        "priceHint": 2,
        "currentTradingPeriod": {
            part: {"timezone": "EST", "start": 0, "end": 0, "gmtoffset": -18000} for part in ("pre", "regular", "post")
        },
        "dataGranularity": "1d",
        "range": query.get("range", ""),
        "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
    }
    result = {
        "meta": meta,
        "timestamp": list(chosen),
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": values}]},
    }
    return 200, "application/json", json.dumps({"chart": {"result": [result], "error": None}}).encode()


def fred_md_csv(
    months: pd.PeriodIndex, columns: Mapping[str, Sequence[float | None]], tcodes: Mapping[str, int]
) -> bytes:
    """A FRED-MD file as the publisher writes it since 2015."""
    lines = ["sasdate," + ",".join(columns), "Transform:," + ",".join(str(tcodes[name]) for name in columns)]
    for row, month in enumerate(months):
        cells = ["" if values[row] is None else repr(values[row]) for values in columns.values()]
        lines.append(f"{month.month}/1/{month.year}," + ",".join(cells))
    return ("\n".join(lines) + "\n").encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def versions_of(released: Mapping[str, Mapping[str, str]]) -> list[Version]:
    """Versions of whole vintages: release day to the numbers (period to text) that stood from it on."""
    days = sorted(released)
    found: list[Version] = []
    standing: dict[str, Version] = {}
    for day in days:
        for period, value in released[day].items():
            before = standing.get(period)
            if before is not None and before.value == value:
                continue
            if before is not None:
                before.end = shifted(day, -1)
            standing[period] = Version(period, value, day)
            found.append(standing[period])
        for period in set(standing) - set(released[day]):
            standing.pop(period).end = shifted(day, -1)
    return found


def shifted(day: str, n: int) -> str:
    return f"{pd.Timestamp(day) + pd.Timedelta(days=n):%Y-%m-%d}"


def paged(rows: Sequence[Any], query: Mapping[str, str], most: int) -> Sequence[Any]:
    offset, limit = int(query.get("offset", "0")), min(int(query.get("limit", str(most))), most)
    return rows[offset : offset + limit]


def xml(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8" ?>\n{inside}\n'.encode()
