"""The run in words: what was tried, on what, and what the tests allow one to say of it."""

from __future__ import annotations

from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, Cast, rows_of
from macrotrade.report.judgement import Judgement
from macrotrade.report.luck_section import luck_point
from macrotrade.report.parts import Words
from macrotrade.report.words import cardinal, count, day, name_of, number, rule_of, sentence
from macrotrade.strategy.result import Backtest

__all__ = ["lead", "summary"]


def lead(backtest: Backtest, cast: Cast) -> str:
    """One sentence under the title."""
    origins = backtest.positions.index
    plain = dict.fromkeys(rule_of(rule).partition(",")[0] for rule in cast.rules)
    aheads = [f"{ahead}" for ahead in backtest.strategy.periods_ahead]
    timing = "" if aheads == ["1"] else f", {cardinal(aheads)} {'period' if aheads[-1] == '1' else 'periods'} ahead"
    return (
        f"{cardinal([name_of(p) for p in cast.providers])}, traded {cardinal(list(plain))}{timing} on "
        f"{cardinal(list(cast.instruments))}: {count(len(origins), 'decision')} "
        f"from {day(origins[0])} to {day(origins[-1])}."
    )


def summary(backtest: Backtest, cast: Cast, judgement: Judgement) -> Words:
    """The points a reader should leave with, the caveats among them."""
    points = [
        *_refusals(backtest),
        *(_against_buy_and_hold(judgement, symbol) for symbol in cast.instruments),
        _directions(judgement),
        _trials(cast),
        luck_point(judgement.luck, cast),
        _vintages(backtest),
        *(sentence(note) for note in backtest.source.notes if "synthetic" in note),
        _costs(backtest),
    ]
    return Words(items=tuple(point for point in points if point))


def _refusals(backtest: Backtest) -> list[str]:
    """Who could not forecast everywhere, and how often."""
    return [
        f"{name_of(str(provider))} refused {n} of {count(len(backtest.positions), 'origin')}, and nothing is held "
        "without a forecast; see Refusals."
        for provider, n in backtest.refusals.groupby("provider", sort=False)["as_of"].nunique().items()
    ]


def _against_buy_and_hold(judgement: Judgement, symbol: str) -> str:
    """Best efficiency beside that of buy and hold, and whether their difference in return is told apart from chance."""
    table = rows_of(judgement.performance, symbol).reset_index()
    benchmark = (table["provider"] == BUY_AND_HOLD) & (table["rule"] == BASELINE)
    theirs = float(table.loc[benchmark, "efficiency"].iloc[0])
    every = table[table["rule"] != BASELINE]
    tried = every[every["efficiency"].notna()]
    if tried.empty:
        return f"{symbol}: no provider took a position."
    best = tried.sort_values("efficiency", kind="stable").iloc[-1]
    ours, trials = float(best["efficiency"]), count(len(every), "provider-rule pair")
    said = f"{name_of(str(best['provider']))} {rule_of(str(best['rule']))}"
    if ours <= theirs:
        return (
            f"{symbol}: nothing beats buy and hold. Its efficiency was {number(theirs)}; "
            f"the best of its {trials}, {said}, reached {number(ours)}."
        )
    low = float(rows_of(judgement.efficiency_difference, symbol).loc[(best["provider"], best["rule"]), "low"])
    verdict = (
        "The interval of the difference stays above zero, before allowing for the choice of the best."
        if low > 0
        else "The difference is not told apart from chance: its interval reaches zero or below."
    )
    return (
        f"{symbol}: {said} had the highest efficiency of its {trials}, {number(ours)} against {number(theirs)} for "
        f"buy and hold. {verdict}"
    )


def _directions(judgement: Judgement) -> str:
    """How many tests of direction fall below 5%, beside how many would by chance."""
    table = judgement.direction.reset_index().dropna(subset=["p_value"])
    if table.empty:
        return ""
    low = table[table["p_value"] < 0.05]
    test = "by the test that allows for persistence"
    if low.empty:
        return (
            f"Direction: in none of {count(len(table), 'test')} does a provider call ups and downs better than chance "
            f"at 5%, {test}."
        )
    who = cardinal([f"{name_of(str(row.provider))} on {row.series}, {row.horizon} ahead" for row in low.itertuples()])
    return (
        f"Direction: {len(low)} of {count(len(table), 'test')} below 5% {test} ({who}); chance alone would give about "
        f"{0.05 * len(table):.1f}."
    )


def _trials(cast: Cast) -> str:
    n_instruments = len(cast.instruments)
    return (
        f"{count(cast.n_trials * n_instruments, 'provider-rule-instrument combination')}, the trials of this run: "
        f"{count(len(cast.providers), 'provider')} by "
        f"{count(len(cast.rules), 'rule')} on {count(n_instruments, 'instrument')}. The best of many trials "
        "looks better than it is."
    )


def _vintages(backtest: Backtest) -> str:
    source = backtest.source
    kind = (
        "true vintages: each decision saw the numbers as first published and revised by that day"
        if source.vintages == "true"
        else "pseudo vintages: each decision saw only periods released by that day, but their last revision"
    )
    return f"Data: {source.name}, {kind}. Prices run from {day(source.first)} to {day(source.last)}."


def _costs(backtest: Backtest) -> str:
    rates = backtest.cost_rates
    if not rates.to_numpy().any():
        return "No trading costs are charged."
    each = cardinal([f"{symbol} {10_000 * rates.loc[symbol, 'trade']:.2f}" for symbol in rates.index])
    return f"Returns are net of costs. One unit of turnover costs, in basis points: {each}."
