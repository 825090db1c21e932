"""What it earned; the only room that imports vectorbt. Importing it puts ``macro`` under ``.vbt`` of pandas objects."""

from macrotrade.portfolio.accessor import register
from macrotrade.portfolio.indicator import MACROSIGNAL
from macrotrade.portfolio.returns import TrackRecord, earned
from macrotrade.portfolio.simulate import carried, ordered, simulate, track_record

__all__ = ["MACROSIGNAL", "TrackRecord", "carried", "earned", "ordered", "register", "simulate", "track_record"]

register()
