"""The page of a watchlist: what to hold, why it changed, who votes for it, and how each signal went before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade.report.finished import Report
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Choice, Column, Part, Section, Table, Words
from macrotrade.report.signals import relevant_reasons
from macrotrade.report.watch_figure import history_figure
from macrotrade.report.watch_lines import WatchLine, change_words, forecast_words, rules_of, watch_lines
from macrotrade.report.watch_terminal import watch_results
from macrotrade.report.words import count, day, name_of, rule_of, sentence
from macrotrade.strategy.result import Decision
from macrotrade.strategy.watch import Watched

__all__ = ["tells", "watch_report"]

_HELD_HELP = "Position from the session named above until the next decision; a star where its side is new"


def watch_report(watched: Watched, head: str = "", row: int | None = None) -> Report:
    """Page, Markdown and numbers of a watchlist on a day.

    Parameters
    ----------
    watched
        From :func:`macrotrade.strategy.watch.watch`.
    head
        Hash of the ledger's last row after these decisions, printed at the foot, if there is a ledger.
    row
        Number of the last row that holds these decisions; kept with the numbers, for :func:`tells`.
    """
    lines = watch_lines(watched)
    title = watched.watchlist.name[:1].upper() + watched.watchlist.name[1:]
    sections = (
        *_refusals(watched),
        *_held(lines),
        *_votes(lines),
        *_pasts(watched, lines),
        _sources(watched, head),
    )
    opening = _opening(watched)
    return Report(
        title=title,
        html=page(title, opening, sections, kind="watchlist"),
        markdown=markdown(title, opening, sections),
        results={**watch_results(watched), "ledger_row": row},
    )


def tells(page: Path, row: int) -> bool:
    """Whether the page that lies there is whole and tells what the ledger holds in its rows up to `row`.

    A run that is killed between the ledger and its page has told nobody: the next one finds so by this.
    """
    try:
        results = json.loads(page.with_name("results.json").read_text(encoding="utf-8"))
        return page.exists() and bool(results["ledger_row"] == row)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _opening(watched: Watched) -> str:
    known = "as they were known then" if watched.vintages == "true" else "final ones held back by publication lags"
    changed = sorted(
        {s.decision.instrument for s in watched.standings if s.decision.previous not in (None, s.decision.position)}
    )
    news = f"New positions: {', '.join(changed)}." if changed else "No position changed."
    return (
        f"Decided at the end of {day(watched.as_of)}, to be put on at the session of {day(watched.acts_on)}. {news} "
        f"The numbers are {known}."
    )


def _refusals(watched: Watched) -> tuple[Section, ...]:
    if not watched.refused:
        return ()
    told = tuple(f"{', '.join(instruments)}: {reason}" for reason, instruments in watched.reasons_refused.items())
    return (Section("No decision", Words(items=told)),)


def _held(lines: tuple[WatchLine, ...]) -> tuple[Section, ...]:
    if not lines:
        return ()
    rules = rules_of(lines)
    columns = (
        Column("instrument", "Instrument"),
        *(Column(rule, rule_of(rule).capitalize(), help=_HELD_HELP) for rule in rules),
        Column("since", "Since", help="Decision since which the side has been held"),
        Column("probability", "P(up)", "percent", 0, "Probability that the price rises over the holding period"),
        Column("score", "Score", "signed", 2, "2 P(up) - 1: the strength of the view"),
        Column("ahead", "Ahead", help="Periods ahead of each forecast that votes; the first of them is quoted"),
        Column("forecast", "Forecast, 10 to 90%", help="Of the series that drives the price, over the holding period"),
        Column("data", "Data to", help="Last value known of the driver and of the instrument"),
    )
    rows = pd.DataFrame(
        [
            {
                "instrument": _who(line),
                **{rule: line.held.get(rule, "") for rule in rules},
                "since": line.since,
                "probability": line.said.probability_up,
                "score": line.said.score,
                "ahead": line.ahead,
                "forecast": forecast_words(line.said),
                "data": line.data_until,
            }
            for line in lines
        ]
    )
    note = "A star marks a side that is new at this decision. A yield's rise is a bond's fall."
    return (Section("What to hold", Table("Positions and forecasts", columns, rows, note)),)


def _votes(lines: tuple[WatchLine, ...]) -> tuple[Section, ...]:
    rows = pd.DataFrame([_vote(line, vote) for line in lines for vote in line.votes])
    if rows.empty:
        return ()
    said = (
        Column("instrument", "Instrument"),
        Column("provider", "Provider"),
        Column("probability", "P(up)", "percent", 0, "Probability that the price rises"),
        Column("forecast", "Forecast, 10 to 90%"),
        Column("why", "From the decision before to this one", "prose"),
    )
    note = (
        "New data: what the model of the decision before says of what came since. Re-estimation: what fitting it again "
        "adds. The linear system names the releases and revisions themselves. The causes sum to the change."
    )
    behind = (*said[:2], Column("behind", "Behind the forecast", "prose"))
    return (
        Section(
            "Who votes, and why it changed",
            (
                Table("Votes, and the changes of their forecasts with the largest causes", said, rows, note),
                Table("What is behind each vote", behind, rows),
            ),
        ),
    )


def _vote(line: WatchLine, vote: Decision) -> dict[str, Any]:
    why = [change_words(change, vote.measure) for change in line.changes if change.provider == vote.provider]
    return {
        "instrument": line.said.instrument,
        "provider": name_of(vote.provider),
        "probability": vote.probability_up,
        "forecast": forecast_words(vote),
        "why": "; ".join(why),
        "behind": "; ".join(reason.removesuffix(".") for reason in relevant_reasons(vote)[:3]),
    }


def _pasts(watched: Watched, lines: tuple[WatchLine, ...]) -> tuple[Section, ...]:
    options: dict[str, tuple[Part, ...]] = {
        _who(line): (history_figure(line, watched.prices),)
        for line in lines
        if line.said.instrument in watched.prices.columns
    }
    if not options:
        return ()
    n_decisions = max(len(line.standings[-1].past) for line in lines)
    words = Words(
        f"The last {count(n_decisions, 'decision')}, each made from what was known on its day, by the settings of "
        "today. What was really said on each day is in the ledger."
    )
    return (Section("How each signal went", (words, Choice("Instrument", options))),)


def _sources(watched: Watched, head: str) -> Section:
    terms = {"Data": watched.source, "Vintages": watched.vintages}
    if head:
        terms["Ledger"] = f"last row {head}"
    notes = tuple(sentence(note) for note in watched.notes)
    parts: tuple[Part, ...] = (Words(terms=terms), *((Words(items=notes),) if notes else ()))
    return Section("Sources", parts)


def _who(line: WatchLine) -> str:
    """Instrument, with what sets the line apart from another of the same instrument."""
    said = line.said
    ahead = "" if said.horizon == 1 else f", {said.horizon} ahead"
    return said.instrument + (ahead if line.alone else f", {name_of(said.provider)}{ahead}")
