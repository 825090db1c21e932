"""The section on luck: what so many trials would show without skill, and what is left."""

from __future__ import annotations

import math

import pandas as pd

from macrotrade.evaluation.comparison import FEWEST_PERIODS
from macrotrade.report.cast import Cast, rows_of
from macrotrade.report.judgement import INTERVAL, Judgement
from macrotrade.report.luck import Luck
from macrotrade.report.parts import Choice, Column, Section, Table, Words
from macrotrade.report.words import cardinal, count, name_of, number, p_value, percent, rule_of, sentence

__all__ = ["luck_point", "luck_section"]

_TESTS = (
    Column("instrument", "Instrument"),
    Column(
        "n_trials", "Pairs that vary", "text", 0, "Provider-rule pairs tried on it whose returns vary, of all tried"
    ),
    Column("n", "Months", "integer", 0, "Months that all of them share with buy and hold"),
    Column("spa", "p, SPA", "p_value", 3, "Hansen (2005): the best trial earns no more than buy and hold"),
    Column("reality_check", "p, reality check", "p_value", 3, "White (2000): the same, not studentised"),
    Column("pbo", "PBO", "percent", 0, "Probability of backtest overfitting (Bailey and others, 2017)"),
    Column("loss", "Chosen lost", "percent", 0, "Splits in which the trial chosen on one half lost on the other"),
    Column(
        "superior", "Found better", "text", 0, "Than buy and hold, by the stepwise test of Romano and Wolf (2005) at 5%"
    ),
)

_TRIALS = (
    Column("who", "Provider"),
    Column("rule", "Rule"),
    Column("estimate", "Efficiency", "number", 2, "Annualised return over annualised volatility, net of costs"),
    Column("low", "Low", "number", 2, "Lower end of its block-bootstrap interval"),
    Column("high", "High", "number", 2, "Upper end of its block-bootstrap interval"),
    Column("sharpe", "Sharpe", "number", 2, "Mean over deviation of monthly returns, annualised"),
    Column("above_zero", "P(above 0)", "percent", 0, "Probability that the true ratio lies above zero, for one trial"),
    Column("probability", "Deflated", "percent", 0, "Deflated Sharpe ratio: that it lies above the best of all trials "
           "without skill"),
    Column("years", "Years needed", "number", 0, "Length of record after which the ratio would be above zero at 95%"),
)  # fmt: skip

_ADVICE = (
    "The best of many trials looks good even where none has skill. These tests count every provider and rule of the "
    "run, by calendar months; a number of trials is never typed in. Whatever was tried before this run, and not kept, "
    "they cannot know."
)


def luck_section(judgement: Judgement, cast: Cast) -> Section:
    """Tests of every instrument, and each trial's interval and deflated Sharpe ratio."""
    tables = {symbol: (_trials(judgement, cast, symbol),) for symbol in cast.instruments}
    return Section("Skill or luck", (Words(_ADVICE), _tests(judgement.luck, cast), Choice("Instrument", tables)))


def luck_point(luck: Luck, cast: Cast) -> str:
    """What the tests allow one to say, in a sentence or two."""
    p_values = {symbol: luck.superiority[symbol].spa.p_value for symbol in cast.instruments}
    known = {symbol: value for symbol, value in p_values.items() if not math.isnan(value)}
    if not known:
        return f"No test can allow for everything tried: {_no_superiority(luck, cast.instruments[0])}."
    said = cardinal([f"{p_value(value)} on {symbol}" for symbol, value in known.items()])
    best = luck.sharpe["probability"].dropna()
    deflated = f" The highest deflated Sharpe ratio is {percent(float(best.max()), 0)}." if len(best) else ""
    return (
        f"Allowing for everything tried, the p-value of the best trial against buy and hold is {said} (superior "
        f"predictive ability).{deflated}"
    )


def _tests(luck: Luck, cast: Cast) -> Table:
    rows = pd.DataFrame([_row(luck, cast, symbol) for symbol in cast.instruments])
    reasons = [note for symbol in cast.instruments for note in _why_not(luck, symbol)]
    return Table(
        "Tests that allow for every trial",
        _TESTS,
        rows,
        " ".join(
            [
                "A low p-value says that the best trial earns more than buy and hold, chance and choice allowed for.",
                "PBO is how often the trial chosen on half of the months falls below the middle on the other half: "
                "about half without skill.",
                *reasons,
            ]
        ),
    )


def _row(luck: Luck, cast: Cast, symbol: str) -> dict[str, object]:
    better, fitted = luck.superiority[symbol], luck.overfitting[symbol]
    none = "–" if math.isnan(better.spa.p_value) else "none"
    return {
        "instrument": symbol,
        "n_trials": f"{fitted.n_trials} of {cast.n_trials}",
        "n": better.spa.n,
        "spa": better.spa.p_value,
        "reality_check": better.reality_check.p_value,
        "pbo": fitted.probability,
        "loss": fitted.probability_of_loss,
        "superior": cardinal(list(better.superior)) or none,
    }


def _why_not(luck: Luck, symbol: str) -> list[str]:
    """Reasons why a test of one instrument has no number."""
    better, fitted = luck.superiority[symbol], luck.overfitting[symbol]
    reasons = []
    if math.isnan(better.spa.p_value):
        reasons.append(f"No test of superiority on {symbol}: {_no_superiority(luck, symbol)}.")
    if math.isnan(fitted.probability):
        reasons.append(f"No PBO on {symbol}: {sentence(fitted.note)}")
    return reasons


def _no_superiority(luck: Luck, symbol: str) -> str:
    """Reason why the test of superiority on one instrument has no number."""
    verdict = luck.superiority[symbol].spa
    if verdict.n < FEWEST_PERIODS:
        return f"the returns span {count(verdict.n, 'period')}, and the test needs {FEWEST_PERIODS}"
    return verdict.note


def _trials(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    luck = judgement.luck
    intervals = rows_of(judgement.efficiency, symbol)
    sharpe = rows_of(luck.sharpe, symbol)
    both = intervals.join(sharpe.drop(columns=["n"])).reset_index()
    both["sharpe"] = math.sqrt(12.0) * both["sharpe"]
    both["years"] = both["minimum_track_record"] / 12.0
    order = {name: place for place, name in enumerate(cast.providers)}
    rows = both.loc[both["provider"].map(order).sort_values(kind="stable").index].reset_index(drop=True)
    rows = rows.assign(who=rows["provider"].map(name_of), rule=rows["rule"].map(rule_of))
    silent = rows[rows["note"] != ""]
    reasons = [f"{cardinal(list(part['who'].unique()))}: {note}." for note, part in silent.groupby("note", sort=False)]
    note = f"Intervals hold {percent(INTERVAL, 0)} of the block-bootstrap draws. {_hurdle(luck)}"
    return Table(f"Each trial, {symbol}", _TRIALS, rows, " ".join([note, *reasons]))


def _hurdle(luck: Luck) -> str:
    """What the deflated ratios are measured against, over all instruments; why there are none where there are none."""
    n_known, n_tried = int((luck.sharpe["note"] == "").sum()), len(luck.sharpe)
    if not n_known:
        return "No provider-rule-instrument combination of the run has a Sharpe ratio, so none is deflated."
    hurdle = math.sqrt(12.0) * float(luck.sharpe["expected_maximum"].iloc[0])
    return (
        f"Of the run's {count(n_tried, 'provider-rule-instrument combination')}, {n_known} "
        f"{'has' if n_known == 1 else 'have'} returns that vary; the best of {n_known} without skill would be expected "
        f"to show a Sharpe ratio of {number(hurdle)}. The deflated ratio is the probability that the true one lies "
        "above that (Bailey and Lopez de Prado, 2014). No years are given where the ratio lies below zero."
    )
