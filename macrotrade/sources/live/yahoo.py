"""Daily closes of the S&P 500 and of the front Treasury and S&P futures, from Yahoo Finance through yfinance."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from macrotrade.errors import SourceError, near_misses
from macrotrade.sources.live.addresses import ADDRESSES, address
from macrotrade.sources.live.fetched import Fetched

__all__ = ["SYMBOLS", "fetch_yahoo"]

SYMBOLS: dict[str, str] = {
    "SPX": "^GSPC",
    "ES": "ES=F",
    "ZT": "ZT=F",
    "ZF": "ZF=F",
    "ZN": "ZN=F",
    "ZB": "ZB=F",
}
"""Our symbol to Yahoo's."""

_OVERLAP = pd.Timedelta(days=14)
_SESSION_OVER = 18  # New York hour; index futures settle and pause at 17:00
_NOWHERE = logging.NullHandler()
_UNITS = {"SPX": "index points"}
_FRONT = (
    "the contract nearest to expiry, as quoted: at every roll the price steps from one contract to the next, so its "
    "percentage changes are not what a position earns"
)


def fetch_yahoo(
    symbol: str, *, since: Fetched | None = None, now: pd.Timestamp | None = None, timeout: float = 30.0
) -> Fetched:
    """Daily closes of one symbol, without dividends and as they were quoted (``auto_adjust=False``).

    Parameters
    ----------
    symbol
        One of `SYMBOLS`.
    since
        What was fetched before: only its last two weeks and what follows are asked for. Where those weeks have other
        closes than before, the whole history is asked for anew.
    now
        UTC; the clock's by default. A session of that day is left out until 18:00 in New York: before, its last price
        is no close.
    timeout
        Seconds of silence after which an attempt is given up.

    Returns
    -------
    Fetched
        Table ``yahoo-SYMBOL`` of quotes, dated by session without time zone. For futures the note says what Yahoo's
        continuous contract is: the front contract, unadjusted. It cannot be adjusted without the prices of the single
        contracts, so no history is made of it.

    Raises
    ------
    SourceError
        If Yahoo cannot be reached, limits requests, or gives no close (yfinance itself gives an empty table then).

    Notes
    -----
    Yahoo offers its prices for personal use; see its terms.
    """
    if symbol not in SYMBOLS:
        raise SourceError(f"Yahoo: no symbol {symbol!r}. {near_misses(symbol, SYMBOLS)}")
    moment = pd.Timestamp.now(tz="UTC") if now is None else now
    stored = _series(since) if since is not None else None
    start = None if stored is None else stored.index[-1] - _OVERLAP
    closes = _whole_sessions(_closes(symbol, start, timeout), moment)
    if stored is not None and not _agree(stored, closes):
        closes = _whole_sessions(_closes(symbol, None, timeout), moment)
        stored = None
    if since is not None and stored is not None and closes.index.isin(stored.index).all():
        return since.again(pd.Timestamp.now(tz="UTC"))
    together = closes if stored is None else closes.combine_first(stored)
    frame = pd.DataFrame({"date": pd.DatetimeIndex(together.index).as_unit("ns"), "value": together.to_numpy()})
    title = "S&P 500, close, without dividends" if symbol == "SPX" else f"{symbol}: {_FRONT}"
    frame.attrs = {"title": title, "units": _UNITS.get(symbol, "points, decimal"), "frequency": "D"}
    return Fetched(
        name=f"yahoo-{symbol}",
        frame=frame,
        source="Yahoo Finance",
        fetched_at=pd.Timestamp.now(tz="UTC"),
        url=_shown(symbol),
        note="closes as quoted, not adjusted for dividends" if symbol == "SPX" else _FRONT,
    )


def _series(fetched: Fetched) -> pd.Series:
    frame = fetched.frame
    return pd.Series(frame["value"].to_numpy(np.float64), pd.DatetimeIndex(frame["date"]))


def _closes(symbol: str, start: pd.Timestamp | None, timeout: float) -> pd.Series:
    """Closes by session, asked for up to three times."""
    import stamina

    logging.getLogger("stamina").addHandler(_NOWHERE)
    silence = _Silence("")
    try:
        for attempt in stamina.retry_context(_Silence, attempts=3, timeout=None, wait_initial=1.0, wait_max=30.0):
            with attempt:
                return _asked(symbol, start, timeout)
    except _Silence as error:
        silence = error
    refused = SourceError(
        f"{_shown(symbol)}: {silence}. Yahoo limits requests without saying how many: try again in an hour, or give "
        "prices from a file of your own."
    )
    refused.for_all = silence.for_all
    raise refused


class _Silence(Exception):  # noqa: N818  (it never leaves this module)
    """Yahoo gave no closes; the text says what came instead, `for_all` whether any symbol would fare the same."""

    def __init__(self, words: str, for_all: bool = False) -> None:
        super().__init__(words)
        self.for_all = for_all


def _asked(symbol: str, start: pd.Timestamp | None, timeout: float) -> pd.Series:
    with _loud_yfinance() as yfinance:
        try:
            ticker = yfinance.Ticker(SYMBOLS[symbol])
            table = ticker.history(
                start=None if start is None else f"{start:%Y-%m-%d}",
                period="max" if start is None else None,
                interval="1d",
                auto_adjust=False,
                actions=False,
                timeout=timeout,
            )
        except Exception as error:  # yfinance lets through whatever its transports raise
            silence = _silence(error)
        else:
            return _checked(table)
    raise silence


def _silence(error: Exception) -> _Silence:
    """What an exception of yfinance or of its transport means."""
    kind = type(error).__name__
    if isinstance(error, ValueError) and "JSON" in kind:
        return _Silence("what arrived is not Yahoo's JSON but a web page or nothing")
    if isinstance(error, KeyError):
        return _Silence(f"the answer lacks {error}; Yahoo's format may have changed, look for a newer yfinance")
    words = " ".join(f"{kind}: {error}".split())[:300].rstrip(".")
    return _Silence(words, for_all=any(word in kind for word in ("Connection", "Timeout", "RateLimit")))


def _checked(table: pd.DataFrame) -> pd.Series:
    if table.empty or "Close" not in table.columns:
        raise _Silence(f"an empty table arrived (columns {list(map(str, table.columns))})")
    close = table["Close"].astype(np.float64)
    dates = pd.DatetimeIndex(close.index).tz_localize(None).normalize()
    series = pd.Series(close.to_numpy(), dates).dropna()
    series = series[~series.index.duplicated(keep="last")].sort_index()
    if series.empty or not (np.isfinite(series) & (series > 0.0)).all():
        raise _Silence(f"{len(series)} closes arrived, not all of them positive numbers")
    return series


def _whole_sessions(closes: pd.Series, now: pd.Timestamp) -> pd.Series:
    """Closes of sessions that are over."""
    local = now.tz_convert("America/New_York")
    today = local.tz_localize(None).normalize()
    last = today if local.hour >= _SESSION_OVER else today - pd.Timedelta(days=1)
    return closes[closes.index <= last]


def _agree(stored: pd.Series, closes: pd.Series) -> bool:
    """Whether the sessions that both have, have the same closes, and there are some."""
    both = stored.index.intersection(closes.index)
    return bool(len(both)) and bool(np.allclose(stored[both], closes[both], rtol=1e-6, atol=0.0))


@contextmanager
def _loud_yfinance() -> Iterator[Any]:
    """Let yfinance raise what it would log and swallow, at the address that ``MACROTRADE_YAHOO_URL`` may give."""
    import yfinance
    import yfinance.base
    import yfinance.data
    import yfinance.scrapers.history

    logger, settings, session = logging.getLogger("yfinance"), yfinance.config.debug, yfinance.data.YfData()
    before = logger.level, settings.hide_exceptions
    homes = [yfinance.base, yfinance.scrapers.history]
    logger.setLevel(logging.CRITICAL)
    settings.hide_exceptions = False
    if address("yahoo") != ADDRESSES["yahoo"]:
        # A mirror asks for no cookie, and yfinance must not go to Yahoo for one.
        session._get_cookie_and_crumb = lambda timeout=30: (None, "basic")  # noqa: ARG005
    for home in homes:
        home._BASE_URL_ = address("yahoo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # yfinance uses what newer pandas has deprecated
            yield yfinance
    finally:
        logger.setLevel(before[0])
        settings.hide_exceptions = before[1]
        session.__dict__.pop("_get_cookie_and_crumb", None)
        for home in homes:
            home._BASE_URL_ = ADDRESSES["yahoo"]


def _shown(symbol: str) -> str:
    return f"{address('yahoo')}/v8/finance/chart/{SYMBOLS[symbol]}"
