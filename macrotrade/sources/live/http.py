"""One GET: the whole answer, asked for again while a server falters, or an error that says what to do.

Steps: the address is made, secrets apart; each attempt gives an answer or a fault (``_attempt``); passing faults are
tried again with growing waits, or after the wait that the server asks for; the body is looked at (``_wrong_body``)
before it is believed. No exception of the transport survives, since its text may hold the address with its key.
"""

from __future__ import annotations

import email.utils
import http.client
import logging
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

from macrotrade import __version__
from macrotrade.errors import SourceError
from macrotrade.sources.live.credentials import KEY_VARIABLE, scrubbed

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = ["NOT_THERE", "Accept", "Response", "get"]

NOT_THERE = 404
"""Status of an address where there is nothing."""

Accept: TypeAlias = Literal["csv", "json", "xml", "zip"]
"""What the body must be."""

_SILENCE_SECONDS = 30.0
_LONGEST_WAIT = 120.0
_LONGEST_DOWNLOAD = 900.0
_TOO_MANY = 429
_PASSING = frozenset({408, 425, _TOO_MANY, 500, 502, 503, 504})
_REMEDIES = {
    400: "Check the name of the series.",
    401: "Check the key.",
    403: "The publisher refuses programs from here, or the key; open the address in a browser to see why.",
    404: "The publisher may have moved the file; see its page for the address.",
}

_NOWHERE = logging.NullHandler()
_KEY_REMEDY = f"Check the key in the environment variable {KEY_VARIABLE}: 32 letters and digits, as FRED shows it."


@dataclass(frozen=True, eq=False)
class Response:
    """A whole body, and what to send back to ask whether it has changed.

    Attributes
    ----------
    content
        The body; empty where `unchanged`.
    url
        Asked of, without secrets.
    fetched_at
        UTC.
    etag, last_modified
        Of this version, if the server says.
    unchanged
        The server says that the version asked about is still the newest.
    """

    content: bytes
    url: str
    fetched_at: pd.Timestamp
    etag: str | None
    last_modified: str | None
    unchanged: bool = False


def get(
    url: str,
    params: Mapping[str, str | SecretStr] | None = None,
    *,
    accept: Accept,
    etag: str | None = None,
    last_modified: str | None = None,
    timeout: float | None = None,
    attempts: int = 5,
) -> Response:
    """The body at an address.

    Parameters
    ----------
    url, params
        Address and its query; a secret parameter is sent, and shown nowhere.
    accept
        What the body must be; anything else is an error.
    etag, last_modified
        Of the version at hand: an unchanged file is then not sent.
    timeout
        Seconds of silence after which an attempt is given up; 30 by default.
    attempts
        Most attempts. Refusals that will not pass (404, a wrong key) are not tried again.

    Raises
    ------
    SourceError
        Naming the address without secrets, what arrived and what to do.
    """
    import stamina

    # Told by the outcome, not by a line on the screen for each attempt where nobody has set up logging.
    logging.getLogger("stamina").addHandler(_NOWHERE)
    secrets = {name: value for name, value in (params or {}).items() if not isinstance(value, str)}
    plain = {name: value for name, value in (params or {}).items() if isinstance(value, str)}
    shown = _address(url, plain)
    request = _Request(shown, secrets, _headers(etag, last_modified), accept, timeout or _SILENCE_SECONDS)
    found: Response | _Fault
    try:
        for attempt in stamina.retry_context(_wait, attempts=attempts, timeout=None, wait_initial=0.5, wait_max=30.0):
            with attempt:
                found = _lasting(request)
    except _PassingError as error:
        found = error.fault
    if isinstance(found, Response):
        return found
    refused = SourceError(f"{shown}: {found.arrived}. {found.remedy}")
    refused.status, refused.for_all = found.status, found.for_all
    raise refused


@dataclass(frozen=True)
class _Request:
    shown: str
    secrets: Mapping[str, SecretStr]
    headers: Mapping[str, str]
    accept: Accept
    timeout: float


@dataclass(frozen=True)
class _Fault:
    """What went wrong with one attempt, in words without secrets."""

    arrived: str
    remedy: str
    passing: bool
    wait: float | None = None
    status: int | None = None
    for_all: bool = False


class _PassingError(Exception):
    """A fault that may not last."""

    def __init__(self, fault: _Fault) -> None:
        super().__init__(fault.arrived)
        self.fault = fault


def _wait(error: Exception) -> bool | float:
    """Whether to try again: after the seconds that the server asks for, or as the back-off has it."""
    if not isinstance(error, _PassingError):
        return False
    return True if error.fault.wait is None else error.fault.wait


def _lasting(request: _Request) -> Response | _Fault:
    """What one attempt gives, where another would give the same."""
    found = _attempt(request)
    if isinstance(found, _Fault) and found.passing:
        raise _PassingError(found)
    return found


def _attempt(request: _Request) -> Response | _Fault:
    try:
        with _opened(request) as answer:
            body = _body(answer)
            headers = answer.headers
    except urllib.error.HTTPError as error:
        return _refusal(request, error)
    except (TimeoutError, urllib.error.URLError, http.client.HTTPException, OSError) as error:
        return _silence(error, request.timeout)
    whole = headers.get("Content-Length")
    if whole is not None and whole.isdigit() and int(whole) != len(body):
        return _Fault(
            f"{len(body)} of {whole} bytes arrived, then the connection ended",
            "Try again; if it stays so, a proxy on the way cuts downloads off.",
            passing=True,
        )
    wrong = _wrong_body(body, request.accept)
    if wrong:
        return _Fault(wrong, "Try again later; if it stays so, see the publisher's page.", passing=True)
    return Response(body, request.shown, _now(), headers.get("ETag"), headers.get("Last-Modified"))


def _opened(request: _Request) -> http.client.HTTPResponse:
    """The connection; the only place where the address with its secrets exists."""
    told = {name: secret.get_secret_value() for name, secret in request.secrets.items()}
    sent = urllib.request.Request(_address(request.shown, told), headers=dict(request.headers))
    opened: http.client.HTTPResponse = urllib.request.urlopen(sent, timeout=request.timeout)
    return opened


def _body(answer: http.client.HTTPResponse) -> bytes:
    """All of it, however slowly it drips, within a bound."""
    end = time.monotonic() + _LONGEST_DOWNLOAD
    pieces = []
    while piece := answer.read(1 << 20):
        pieces.append(piece)
        if time.monotonic() > end:
            raise TimeoutError
    return b"".join(pieces)


def _refusal(request: _Request, error: urllib.error.HTTPError) -> Response | _Fault:
    """What a status other than 200 means; 304 is the good news that nothing changed."""
    with error:
        if error.code == 304:
            etag, last_modified = error.headers.get("ETag"), error.headers.get("Last-Modified")
            return Response(b"", request.shown, _now(), etag, last_modified, unchanged=True)
        try:
            said = _said(error.read(20_000))
        except (OSError, http.client.HTTPException):
            said = ""
    arrived = f"the server answered {error.code} {http.client.responses.get(error.code, '')}".rstrip() + said
    if error.code not in _PASSING:
        if "api_key" in said:
            return _Fault(arrived, _KEY_REMEDY, passing=False, status=error.code, for_all=True)
        remedy = _REMEDIES.get(error.code, "See the publisher's page.")
        return _Fault(arrived, remedy, passing=False, status=error.code)
    wait = _asked_wait(error.headers.get("Retry-After"))
    if wait is not None and wait > _LONGEST_WAIT:
        remedy = f"It asks to be left alone for {wait:.0f} seconds; try again after that."
        return _Fault(arrived, remedy, passing=False, status=error.code, for_all=True)
    remedy = "Too many requests: try again in some minutes." if error.code == _TOO_MANY else "Try again later."
    return _Fault(arrived, remedy, passing=True, wait=wait, status=error.code, for_all=error.code == _TOO_MANY)


def _said(body: bytes) -> str:
    """What an error's body says: the message of XML or JSON, the title of a page, or nothing."""
    text = body.decode("utf-8", "replace")
    for form in (r'message="([^"]+)"', r'"(?:error_message|message|description)"\s*:\s*"([^"]+)"', r"<title>([^<]+)<"):
        found = re.search(form, text, flags=re.IGNORECASE)
        if found:
            return f" ({scrubbed(' '.join(found[1].split()))[:200]})"
    return ""


def _silence(error: Exception, timeout: float) -> _Fault:
    """A connection that was not made or did not last."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        arrived = f"nothing arrived for {timeout:g} seconds"
        return _Fault(arrived, "Check the connection and try again.", passing=True, for_all=True)
    if isinstance(reason, http.client.IncompleteRead):
        return _Fault("the body broke off", "Try again.", passing=True)
    words = scrubbed(str(reason)) or type(reason).__name__
    return _Fault(
        f"no connection ({type(reason).__name__}: {words})",
        "Check that this machine reaches the internet (and its proxy settings), then try again.",
        passing=True,
        for_all=True,
    )


def _asked_wait(header: str | None) -> float | None:
    """Seconds of a Retry-After header, which gives seconds or a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        until = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, until.timestamp() - time.time())


def _wrong_body(body: bytes, accept: Accept) -> str:
    """Why the body is not what was asked for, or nothing."""
    head, tail = body[:500].lstrip(b"\xef\xbb\xbf \r\n\t").lower(), body[-200:].rstrip()
    if not head:
        return "an empty body arrived"
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return f"a web page arrived where {accept.upper()} was asked for"
    whole = {
        "csv": not head.startswith((b"<", b"{", b"pk\x03\x04")),
        "json": head.startswith((b"{", b"[")) and tail.endswith((b"}", b"]")),
        "xml": head.startswith(b"<") and tail.endswith(b">"),
        "zip": head.startswith(b"pk\x03\x04"),
    }
    return "" if whole[accept] else f"what arrived is not (whole) {accept.upper()}: it starts {bytes(head[:30])!r}"


def _address(url: str, params: Mapping[str, str]) -> str:
    if not params:
        return url
    return url + ("&" if "?" in url else "?") + urllib.parse.urlencode(params)


def _headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    asked = {"User-Agent": f"macrotrade/{__version__}", "Accept-Encoding": "identity"}
    if etag:
        asked["If-None-Match"] = etag
    if last_modified:
        asked["If-Modified-Since"] = last_modified
    return asked


def _now() -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC")
