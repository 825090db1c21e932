"""What stands in a report, in the order in which it is read."""

from __future__ import annotations

import pandas as pd

from macrotrade.instruments import INSTRUMENTS
from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, Cast, rows_of
from macrotrade.report.changes import change_sections
from macrotrade.report.exhibits import exhibit_sections
from macrotrade.report.figures import cost_figure, growth_figure, positions_figure
from macrotrade.report.forecast_figures import forecast_figure, hit_rate_figure
from macrotrade.report.guide import guide
from macrotrade.report.judgement import Judgement
from macrotrade.report.luck_section import luck_section
from macrotrade.report.parts import Choice, Part, Section, Words
from macrotrade.report.sensitivity import TITLE as SENSITIVITY
from macrotrade.report.signals import signal_cards
from macrotrade.report.study_tables import refusal_table
from macrotrade.report.summary import summary
from macrotrade.report.tables import (
    accuracy_table,
    ahead_table,
    cost_table,
    difference_table,
    direction_table,
    efficiency_table,
    performance_table,
    sensitivity_table,
    signal_table,
)
from macrotrade.report.words import day, name_of, rule_of, sentence
from macrotrade.strategy.result import Backtest

__all__ = ["contents"]


def contents(
    backtest: Backtest, cast: Cast, judgement: Judgement, sections: tuple[Section, ...]
) -> tuple[Section, ...]:
    """Sections of a report; `sections` are further ones, put after the instruments.

    A section on sensitivity of its own stands in the place of the short table.
    """
    sensitivity = tuple(section for section in sections if section.title == SENSITIVITY)
    return (
        Section("Summary", (summary(backtest, cast, judgement), efficiency_table(judgement, cast))),
        *_signals(backtest, cast),
        *change_sections(backtest, cast),
        *(_instrument(backtest, cast, judgement, symbol) for symbol in cast.instruments),
        luck_section(judgement, cast),
        *exhibit_sections(backtest, cast),
        *(section for section in sections if section.title != SENSITIVITY),
        *_refusals(backtest),
        Section("Costs", (cost_table(backtest), _cost_figures(judgement, cast))),
        *(sensitivity or (_sensitivity(judgement, cast),)),
        Section("How to read this", guide()),
        Section("Data", _data(backtest)),
    )


def _signals(backtest: Backtest, cast: Cast) -> tuple[Section, ...]:
    if not backtest.decisions:
        return ()
    cards = {
        symbol: (signal_cards(tuple(d for d in backtest.decisions if d.instrument == symbol)),)
        for symbol in cast.instruments
    }
    last = max(decision.as_of for decision in backtest.decisions)
    words = Words(f"Decided on {day(last)}, to be held from the first session after it until the next decision.")
    return (Section("Current signals", (words, signal_table(backtest, cast), Choice("Instrument", cards))),)


def _refusals(backtest: Backtest) -> tuple[Section, ...]:
    held = (
        "Where there is no forecast nothing is held, and the months count in growth, efficiency and all tests of them."
    )
    table = refusal_table(backtest.refusals, len(backtest.positions), held)
    return (Section("Refusals", table),) if table is not None else ()


def _instrument(backtest: Backtest, cast: Cast, judgement: Judgement, symbol: str) -> Section:
    by_rule = {
        rule_of(rule): (
            growth_figure(backtest, cast, rule, symbol),
            positions_figure(backtest, cast, rule, symbol),
        )
        for rule in cast.rules
    }
    ahead = ahead_table(judgement, symbol)
    parts: tuple[Part | None, ...] = (
        _what_it_is(backtest, symbol),
        Choice("Rule", by_rule),
        performance_table(judgement, cast, symbol),
        difference_table(judgement, cast, symbol),
        ahead,
        direction_table(judgement, cast, symbol),
        _forecasts(backtest, cast, judgement, symbol),
        accuracy_table(judgement, cast, symbol),
    )
    return Section(symbol, tuple(part for part in parts if part is not None))


def _what_it_is(backtest: Backtest, symbol: str) -> Words:
    """The instrument in words, and plainly whether its prices are made from something else."""
    made = [note for note in backtest.source.notes if "synthetic" in note and symbol in note]
    return Words(" ".join(map(sentence, (INSTRUMENTS[symbol].name, *made))))


def _forecasts(backtest: Backtest, cast: Cast, judgement: Judgement, symbol: str) -> Choice | None:
    """Forecasts and hit rates of one provider at a time."""
    driver = cast.traded[symbol].driver
    options: dict[str, tuple[Part, ...]] = {}
    for provider in cast.providers:
        rows = backtest.forecasts
        rows = rows[(rows["provider"] == provider) & (rows["series"] == driver)]
        if not rows.empty:
            options[name_of(provider)] = _said(rows, cast.colours[provider], judgement, provider, symbol)
    return Choice("Provider", options) if options else None


def _said(rows: pd.DataFrame, colour: str, judgement: Judgement, provider: str, symbol: str) -> tuple[Part, ...]:
    first = rows[rows["horizon"] == rows["horizon"].min()]
    first = first[first["measure"] == first["measure"].iloc[0]]
    figures: list[Part] = [forecast_figure(first, colour, symbol)]
    by_year = judgement.years.reset_index()
    for key in ("provider", "series", "measure", "horizon"):
        by_year = by_year[by_year[key] == first[key].iloc[0]]
    if not by_year.empty:
        figures.append(hit_rate_figure(by_year.set_index("year"), colour, provider, symbol))
    return tuple(figures)


def _cost_figures(judgement: Judgement, cast: Cast) -> Choice:
    return Choice(
        "Instrument",
        {
            symbol: (
                Choice(
                    "Rule",
                    {
                        rule_of(rule): (cost_figure(_cost_curve(judgement, rule, symbol), cast, rule, symbol),)
                        for rule in cast.rules
                    },
                ),
            )
            for symbol in cast.instruments
        },
    )


def _cost_curve(judgement: Judgement, rule: str, symbol: str) -> pd.DataFrame:
    """Multiples of the stated costs x (providers under one rule, buy and hold): annual return."""
    rows = rows_of(judgement.costs, symbol)
    kept = [(p, r) for p, r in rows.index if r == rule or (p, r) == (BUY_AND_HOLD, BASELINE)]
    return rows.loc[kept].set_axis([provider for provider, _ in kept], axis=0).T


def _sensitivity(judgement: Judgement, cast: Cast) -> Section:
    tables = {symbol: (sensitivity_table(judgement, cast, symbol),) for symbol in cast.instruments}
    return Section(SENSITIVITY, Choice("Instrument", tables))


def _data(backtest: Backtest) -> tuple[Part, ...]:
    source = backtest.source
    about = Words(
        terms={
            "Source": source.name,
            "Vintages": source.vintages,
            "Prices": f"{day(source.first)} to {day(source.last)}, {len(backtest.prices):,d} sessions",
        }
    )
    return (about, Words(items=tuple(map(sentence, source.notes)))) if source.notes else (about,)
