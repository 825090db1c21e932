"""A watchlist on a terminal, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from macrotrade.report.plain import plain
from macrotrade.report.watch_lines import (
    WatchLine,
    change_words,
    forecast_words,
    probability_words,
    rules_of,
    watch_lines,
)
from macrotrade.report.words import rule_of, signed
from macrotrade.strategy.watch import Watched

__all__ = ["watch_json", "watch_reasons", "watch_results", "watch_table"]

FORMAT = 1
"""Version of the layout of the JSON; raised when a key changes its meaning or goes."""


def watch_table(watched: Watched) -> Table:
    """One row for each instrument: what to hold by each rule, since when, P(up), score, forecast, last data."""
    lines = watch_lines(watched)
    rules = rules_of(lines)
    title = f"{watched.watchlist.name}: decided on {watched.as_of:%Y-%m-%d}, put on at {watched.acts_on:%Y-%m-%d}"
    table = _table(title, "", *map(rule_of, rules), "since")
    for heading in ("P(up)", "score", "ahead"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("forecast (10 to 90 %)")
    table.add_column("data to", no_wrap=True)
    for line in lines:
        table.add_row(*_cells(line, rules))
    kind = "as known then" if watched.vintages == "true" else "final ones with publication lags"
    voting = " Where several periods ahead vote, the forecast is that of the first." if _several(lines) else ""
    table.caption = (
        f"P(up): probability that the price rises. *: changed at this decision.{voting} Numbers: {kind} "
        f"({watched.vintages} vintages), {watched.source}."
    )
    return table


def watch_reasons(watched: Watched) -> Table:
    """One row for each instrument and provider: its vote, its forecast before and now, and what made the change."""
    table = _table("Votes, and why the forecasts changed since the decision before", "", "provider")
    table.add_column("P(up)", justify="right", no_wrap=True)
    table.add_column("forecast: from, to, and its largest causes")
    for line in watch_lines(watched):
        why = {change.provider: change for change in line.changes}
        for vote in line.votes:
            change = why.get(vote.provider)
            told = forecast_words(vote) if change is None else f"{change.series} {change_words(change, vote.measure)}"
            table.add_row(_who(line), vote.provider, probability_words(vote), told)
        table.add_section()
    return table


def watch_json(watched: Watched) -> str:
    """The watchlist as JSON; dates as YYYY-MM-DD, missing numbers as null."""
    return json.dumps(watch_results(watched), indent=2, allow_nan=False)


def watch_results(watched: Watched) -> dict[str, Any]:
    """Decision day, standings with votes and causes, and what was refused, as JSON types."""
    values: Mapping[str, Any] = {
        "format": FORMAT,
        "watchlist": watched.watchlist.name,
        "as_of": watched.as_of,
        "acts_on": watched.acts_on,
        "source": watched.source,
        "vintages": watched.vintages,
        "notes": watched.notes,
        "standings": [
            {
                "decision": _fields(standing.decision),
                "votes": [_fields(vote) for vote in standing.votes],
                "changes": [
                    {**vars(change), "causes": [vars(cause) for cause in change.causes]} for change in standing.changes
                ],
                "horizons": standing.horizons,
                "past": standing.past.rename_axis("as_of").reset_index(),
            }
            for standing in watched.standings
        ],
        "refused": [
            {"instruments": refused.strategy.instruments, "as_of": refused.as_of, "reason": refused.reason}
            for refused in watched.refused
        ],
    }
    return {key: plain(value) for key, value in values.items()}


def _several(lines: Sequence[WatchLine]) -> bool:
    return any(len(line.standings[-1].horizons) > 1 for line in lines)


def _fields(decision: Any) -> dict[str, Any]:
    return dict(vars(decision))


def _cells(line: WatchLine, rules: tuple[str, ...]) -> list[str]:
    said = line.said
    return [
        _who(line),
        *(line.held.get(rule, "") for rule in rules),
        line.since,
        probability_words(said),
        "" if math.isnan(said.score) else signed(said.score, 2),
        line.ahead,
        forecast_words(said),
        line.data_until,
    ]


def _who(line: WatchLine) -> str:
    said = line.said
    return said.instrument if line.alone else f"{said.instrument}, {said.provider}"


def _table(title: str, *labels: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", caption_justify="left")
    for label in labels:
        table.add_column(label, no_wrap=True)
    return table
