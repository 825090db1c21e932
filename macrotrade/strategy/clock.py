"""What day it is for a decision, and on which day one acts on it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from pydantic import field_validator

from macrotrade.errors import SettingsError, near_misses
from macrotrade.strategy.parts import Part

__all__ = ["Clock"]


class Clock(Part):
    """Hour, zone and exchange by which a live decision is dated.

    Attributes
    ----------
    at
        Local time after which the day's closing prices are there, ``HH:MM``; before it the day before counts.
    zone
        IANA time zone of `at`. Summer time is the zone's own.
    exchange
        Calendar whose sessions decide when a position can be put on, as ``exchange_calendars`` names it.
    """

    at: str = "17:00"
    zone: str = "America/New_York"
    exchange: str = "XNYS"

    @field_validator("at")
    @classmethod
    def _an_hour(cls, given: str) -> str:
        try:
            time.fromisoformat(given)
        except ValueError:
            raise ValueError(f"{given!r} is no time of day; write HH:MM") from None
        return given

    @field_validator("zone")
    @classmethod
    def _a_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{given!r} is no time zone; write one such as America/New_York or UTC") from None
        return given

    def today(self, now: datetime) -> pd.Timestamp:
        """Last calendar day, in `zone`, of which the hour `at` has passed at `now`.

        >>> from datetime import UTC
        >>> Clock().today(datetime(2026, 3, 31, 20, 59, tzinfo=UTC)).date()  # 16:59 in New York
        datetime.date(2026, 3, 30)

        Raises
        ------
        SettingsError
            If `now` has no time zone: an hour alone is not a moment.
        """
        if now.tzinfo is None:
            raise SettingsError(
                f"now={now.isoformat()} has no time zone; give one, such as datetime.now(timezone.utc)."
            )
        zone = ZoneInfo(self.zone)
        day = now.astimezone(zone).date()
        # Compared as moments: on the night when clocks go back, an hour that has passed comes again.
        closed = datetime.combine(day, time.fromisoformat(self.at), zone).astimezone(UTC)
        return pd.Timestamp(day if now >= closed else day - timedelta(days=1))

    def acts_on(self, day: pd.Timestamp) -> pd.Timestamp:
        """First session of the exchange strictly after `day`: when the position of that day's decision is put on."""
        import exchange_calendars

        known = exchange_calendars.get_calendar_names()
        if self.exchange not in known:
            raise SettingsError(f"exchange={self.exchange!r} is no calendar. {near_misses(self.exchange, known)}")
        calendar = exchange_calendars.get_calendar(self.exchange, start=day - pd.Timedelta(days=7))
        return pd.Timestamp(calendar.date_to_session(day + pd.Timedelta(days=1), direction="next"))
