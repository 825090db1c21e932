"""What was known, and when: histories of vintages, the panel cut from them, transforms and return indices."""

from macrotrade.panel.panel import Panel, SeriesInfo, Vintages
from macrotrade.panel.vintages import History, Releases

__all__ = ["History", "Panel", "Releases", "SeriesInfo", "Vintages"]
