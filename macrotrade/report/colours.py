"""Colours of the figures: distinct to colour-blind readers, each with its form on a dark page."""

from __future__ import annotations

from typing import Any

__all__ = [
    "BENCHMARK",
    "DARK",
    "FAINT",
    "FLAT",
    "GRID",
    "LONG",
    "QUIET",
    "SHORT",
    "TEXT",
    "provider_colours",
    "provider_line",
    "tint",
]

TEXT, GRID, FAINT = "#23282d", "#e3e6ea", "#eef0f2"
BENCHMARK, QUIET = "#4a5259", "#8d959d"
LONG, FLAT, SHORT = "#2a78b5", "#e9ecef", "#d4761c"

_SERIES = ("#0067a5", "#c4500b", "#00805b", "#a04a86", "#a66f00", "#3a86b8", "#7b5433", "#5b6abf")
_SERIES_ON_DARK = ("#5cb0ea", "#f28d52", "#3fc79c", "#e29cca", "#eeb649", "#9bd3f7", "#cfa987", "#a9b4f5")

DARK: dict[str, str] = {
    TEXT: "#e4e7ea",
    GRID: "#31373d",
    FAINT: "#24292e",
    BENCHMARK: "#d2d6da",
    QUIET: "#7d868f",
    LONG: "#5aa9e6",
    FLAT: "#2b3137",
    SHORT: "#ee9a4b",
    "#ffffff": "#16191c",
    **dict(zip(_SERIES, _SERIES_ON_DARK, strict=True)),
}
"""Each colour of the light page to its form on the dark one."""


def provider_colours(providers: tuple[str, ...]) -> dict[str, str]:
    """One colour for each provider throughout a page: after Okabe and Ito, darkened for thin lines."""
    return {provider: _SERIES[index % len(_SERIES)] for index, provider in enumerate(providers)}


def provider_line(providers: tuple[str, ...], provider: str, width: float = 1.9) -> dict[str, Any]:
    """A provider's line in plotly's terms; where there are more providers than colours, the later ones are dashed.

    >>> provider_line(("naive", "bma"), "bma")
    {'color': '#c4500b', 'width': 1.9}
    """
    line = {"color": provider_colours(providers)[provider], "width": width}
    turn = providers.index(provider) // len(_SERIES)
    return line if turn == 0 else {**line, "dash": ("dash", "dot", "dashdot")[(turn - 1) % 3]}


def tint(colour: str, opacity: float) -> str:
    """The colour with an opacity, as eight hexadecimal digits.

    >>> tint("#0067a5", 0.2)
    '#0067a533'
    """
    return f"{colour}{round(255 * opacity):02x}"
