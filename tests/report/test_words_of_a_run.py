"""What a report says in words is what the numbers allow."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from macrotrade.report.cast import cast_of
from macrotrade.report.judgement import Judgement, judge
from macrotrade.report.signals import signal_card, signal_cards
from macrotrade.report.summary import lead, summary
from macrotrade.report.tables import ahead_table, direction_table, efficiency_table, performance_table, signal_table
from macrotrade.strategy.result import Backtest


@pytest.fixture(scope="module")
def judged(backtest: Backtest) -> Judgement:
    return judge(backtest)


def said(backtest: Backtest, judgement: Judgement) -> str:
    return "\n".join(summary(backtest, cast_of(backtest), judgement).items)


def with_efficiency(judgement: Judgement, provider: str, value: float) -> Judgement:
    table = judgement.performance.copy()
    table.loc[table.index.get_level_values("provider") == provider, "efficiency"] = value
    return dataclasses.replace(judgement, performance=table)


def test_where_nothing_beats_buy_and_hold_the_summary_says_so(backtest: Backtest, judged: Judgement) -> None:
    words = said(backtest, with_efficiency(judged, "buy and hold", 9.0))

    assert words.count("nothing beats buy and hold") == 2
    assert "highest efficiency" not in words


def test_a_higher_efficiency_whose_interval_holds_zero_is_not_called_better(
    backtest: Backtest, judged: Judgement
) -> None:
    interval = judged.efficiency_difference.assign(low=-0.1)

    words = said(
        backtest, with_efficiency(dataclasses.replace(judged, efficiency_difference=interval), "reversal", 9.0)
    )

    assert words.count("not told apart from chance") == 2


def test_the_summary_tells_vintages_synthetic_prices_trials_and_costs(backtest: Backtest, judged: Judgement) -> None:
    words = said(backtest, judged)

    assert "pseudo vintages" in words
    assert "ZN is synthetic" in words
    assert "24 provider-rule-instrument combinations, the trials of this run: 3 providers by 4 rules on 2" in words
    assert "of its 12 provider-rule pairs" in words
    assert "ZN 0.93 and SPX 0.40" in words


def test_true_vintages_are_called_true(backtest: Backtest, judged: Judgement) -> None:
    true = dataclasses.replace(backtest, source=dataclasses.replace(backtest.source, vintages="true"))

    assert "true vintages" in said(true, judged)


def test_tests_of_direction_below_five_per_cent_are_set_beside_what_chance_gives(
    backtest: Backtest, judged: Judgement
) -> None:
    table = judged.direction.copy()
    table["p_value"] = [0.01, *([0.5] * (len(table) - 1))]

    words = said(backtest, dataclasses.replace(judged, direction=table))

    assert f"Direction: 1 of {len(table)} tests below 5%" in words
    assert f"chance alone would give about {0.05 * len(table):.1f}" in words


def test_the_lead_names_who_what_and_when(backtest: Backtest) -> None:
    assert lead(backtest, cast_of(backtest)) == (
        "Naive, Reversal and Autoregression, traded long/flat and long/short, 1 and 2 periods ahead on ZN and SPX: "
        "303 decisions from 31 Jan 1992 to 31 Mar 2017."
    )


def test_performance_lists_providers_before_benchmarks_and_coins_last(backtest: Backtest, judged: Judgement) -> None:
    rows = performance_table(judged, cast_of(backtest), "ZN").rows

    assert list(rows["who"].iloc[[0, 4, 8]]) == ["Naive", "Reversal", "Autoregression"]
    assert list(rows["who"].iloc[-4:]) == ["Buy and hold", "Always short", "Momentum 12-1", "Coin flips, median of 20"]
    assert rows["quiet"].iloc[-4:].all()
    assert not rows["quiet"].iloc[:-4].any()


def test_one_and_two_periods_ahead_stand_side_by_side(backtest: Backtest, judged: Judgement) -> None:
    table = ahead_table(judged, "SPX")

    assert table is not None
    row = table.rows.set_index(["provider", "plain"]).loc[("reversal", "long_short")]
    performance = judged.performance["efficiency"]
    assert row["efficiency_1"] == performance["reversal", "long_short", "SPX"]
    assert row["efficiency_2"] == performance["reversal", "long_short, 2 ahead", "SPX"]


def test_the_glance_table_agrees_with_performance(backtest: Backtest, judged: Judgement) -> None:
    rows = efficiency_table(judged, cast_of(backtest)).rows

    held = rows[(rows["who"] == "Buy and hold")].iloc[0]
    assert held["ZN"] == judged.performance["efficiency"]["buy and hold", "baseline", "ZN"]


def test_a_provider_that_calls_no_direction_is_named_under_the_table(backtest: Backtest, judged: Judgement) -> None:
    table = direction_table(judged, cast_of(backtest), "ZN")

    assert "Naive called no direction." in table.note
    assert "Naive" not in set(table.rows["who"])
    counts = table.rows[["up_up", "up_down", "down_up", "down_down"]].sum(axis=1)
    pd.testing.assert_series_equal(counts, table.rows["n"], check_names=False)


def test_a_row_without_a_p_value_says_why_under_the_table(backtest: Backtest, judged: Judgement) -> None:
    found = judged.direction.copy()
    silent = (found.index.get_level_values("provider") == "reversal") & (found.index.get_level_values("horizon") == 2)
    found.loc[silent, ["p_value", "pesaran_timmermann_p_value"]] = float("nan")
    found.loc[silent, "note"] = "every call was down"

    table = direction_table(dataclasses.replace(judged, direction=found), cast_of(backtest), "ZN")

    assert "No robust p-value for Reversal (2 ahead): every call was down." in table.note
    assert "The robust p-value is the one to read" in table.note


def test_where_no_row_has_a_p_value_none_is_told_to_be_read(backtest: Backtest, judged: Judgement) -> None:
    found = judged.direction.assign(
        p_value=float("nan"), pesaran_timmermann_p_value=float("nan"), note="2 calls; the test needs 8"
    )

    table = direction_table(dataclasses.replace(judged, direction=found), cast_of(backtest), "ZN")

    assert "p_value" not in {column.key for column in table.columns}
    assert "one to read" not in table.note
    assert "The columns of p-values are therefore left out." in table.note
    assert "Autoregression (2 ahead): 2 calls; the test needs 8." in table.note


def test_bonds_are_judged_by_the_direction_of_their_price(backtest: Backtest, judged: Judgement) -> None:
    rows = backtest.forecasts
    rows = rows[(rows.provider == "reversal") & (rows.series == "DGS10") & (rows.horizon == 1)].dropna(
        subset=["probability_up", "outcome"]
    )
    called, moved = rows["probability_up"] - 0.5, rows["outcome"]
    decided = (called != 0) & (moved != 0)

    share_of_price_rises = float((moved[decided] < 0).mean())

    row = judged.direction.loc[("reversal", "DGS10", "change", 1)]
    assert row["rises"] == pytest.approx(share_of_price_rises, abs=1e-12)
    assert row["base_rate"] == pytest.approx(max(share_of_price_rises, 1 - share_of_price_rises), abs=1e-12)


def test_a_card_gathers_the_rules_of_one_provider(backtest: Backtest) -> None:
    zn = tuple(d for d in backtest.decisions if d.instrument == "ZN")

    cards = signal_cards(zn)

    assert len(cards.items) == 3 * 2
    assert {"Long/flat", "Long/short"} <= set(cards.items[0].facts)
    assert cards.items[0].members == (("drift", 0.7), ("last change", 0.3))


def test_a_card_of_a_refusal_shows_no_forecast(backtest: Backtest) -> None:
    nothing = float("nan")
    refused = dataclasses.replace(
        backtest.decisions[0], position=0.0, score=nothing, probability_up=nothing, origin=nothing, point=nothing,
        low=nothing, high=nothing, members=(), reasons=("too little data",), data_until={},
    )  # fmt: skip

    card = signal_card((refused,))

    assert card.stance == "flat"
    assert card.facts["Probability that it rises"] == "–"
    assert not any("Forecast" in label for label in card.facts)
    assert card.reasons == ("too little data",)


def test_the_signal_table_has_a_row_for_each_instrument_and_provider(backtest: Backtest) -> None:
    rows = signal_table(backtest, cast_of(backtest)).rows

    assert len(rows) == 2 * 3
    last = backtest.positions.iloc[-1]
    shown = rows[(rows["instrument"] == "SPX") & (rows["who"] == "Reversal")].iloc[0]
    assert shown["long_short"] == last["reversal", "long_short", "SPX"]
