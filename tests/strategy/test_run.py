from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from macrotrade import History
from macrotrade.errors import DataError, SettingsError, StaleDataError
from macrotrade.signals.score import score
from macrotrade.strategy.decide import decide
from macrotrade.strategy.outcomes import with_outcomes
from macrotrade.strategy.run import origins_of, positions, signals
from macrotrade.strategy.spec import Strategy


def _strategy(**changes: object) -> Strategy:
    fields = {
        "providers": [{"name": "autoregression", "label": "AR(3)", "n_lags": 3}, {"name": "naive"}],
        "instruments": ("ZN", "SPX"),
        "start": "2003-01-31",
        "end": "2006-12-31",
        "coin_flips": 5,
    }
    return Strategy.model_validate(fields | changes)


def test_a_decision_is_the_last_row_of_the_backtest_to_the_bit(market: History) -> None:
    strategy = _strategy(periods_ahead=(1, 2), pool=True)
    held = positions(strategy, market)
    for origin in held.index[[5, 20, -1]]:
        for decision in decide(strategy, market, origin):
            assert decision.as_of == origin
            assert decision.position == held.loc[origin, (decision.provider, decision.rule, decision.instrument)]


@pytest.mark.parametrize("options", [{"hysteresis": 0.2, "threshold": 0.1}, {"size": "score"}])
def test_live_equals_backtest_for_rules_that_remember_and_rules_that_size(
    market: History, options: dict[str, object]
) -> None:
    strategy = _strategy(rules=("long_short",), rule_options={"long_short": options}, schedule={"refit_every": 6})
    held = positions(strategy, market)
    for origin in held.index[[3, 17, 30]]:
        live = {(d.provider, d.rule, d.instrument): d.position for d in decide(strategy, market, origin, look_back=1)}
        assert live == {key: held.loc[origin, key] for key in live}


def test_what_comes_later_changes_no_decision(market: History) -> None:
    strategy = _strategy()
    held = positions(strategy, market)
    cut = held.index[24]
    before = positions(strategy.changed(end=str(cut.date())), market.truncated(cut))
    pd.testing.assert_frame_equal(before, held.loc[:cut], check_freq=False)


def test_two_ahead_decides_on_the_forecast_made_one_month_before(market: History) -> None:
    strategy = _strategy(periods_ahead=(1, 2))
    run = signals(strategy, market, origins_of(strategy, market))
    walk = run.walks["AR(3)"][-1]
    for row in (1, 10):
        made = walk.at(run.origins[row - 1])
        assert made is not None
        expected = score(made, strategy.traded[0], 2)
        assert run.scores["AR(3)", 2, "ZN"].iloc[row] == expected
    assert np.isnan(run.scores["AR(3)", 2, "ZN"].iloc[0])
    assert (run.positions.xs("long_short, 2 ahead", axis=1, level="rule").iloc[0] == 0).all()


def test_a_naive_forecast_has_no_view_and_is_never_traded(market: History) -> None:
    held = positions(_strategy(), market)
    assert (held["naive"] == 0.0).all(axis=None)
    ruled = held["AR(3)"].T.groupby(level="rule")
    assert set(np.unique(ruled.get_group("long_short"))) <= {-1.0, 0.0, 1.0}
    assert set(np.unique(ruled.get_group("long_flat"))) <= {0.0, 1.0}


def test_horizons_vote_and_providers_pool(market: History) -> None:
    strategy = _strategy(horizons=(1, 3), vote="majority", pool=True)
    run = signals(strategy, market, origins_of(strategy, market))
    forecast = run.walks["AR(3)"][0].at(run.origins[4])
    assert forecast is not None
    both = [np.sign(score(forecast, strategy.traded[1], horizon)) for horizon in (1, 3)]
    assert run.scores["AR(3)", 1, "SPX"].iloc[4] == np.mean(both)
    pooled = np.sign(run.scores["AR(3)", 1, "SPX"].iloc[4]) / 2 + np.sign(run.scores["naive", 1, "SPX"].iloc[4]) / 2
    assert run.scores["vote", 1, "SPX"].iloc[4] == pooled


def test_baselines_stand_beside_every_strategy(market: History) -> None:
    held = positions(_strategy(), market)
    baselines = held.xs("baseline", axis=1, level="rule")
    assert (baselines["buy and hold"] == 1.0).all(axis=None)
    assert (baselines["always short"] == -1.0).all(axis=None)
    month_ends = market.market["SPX"].groupby(market.market.index.to_period("M")).last()
    origin = held.index[7]
    past = month_ends.loc[: origin.to_period("M")]
    assert baselines["momentum 12-1", "SPX"].iloc[7] == np.sign(past.iloc[-2] / past.iloc[-13] - 1)
    assert ("curve carry", "SPX") not in baselines.columns
    assert set(np.unique(baselines["curve carry", "ZN"])) <= {-1.0, 1.0}


def test_exposure_is_scaled_to_the_volatility_of_the_past_alone(market: History) -> None:
    scaled = positions(_strategy(portfolio={"volatility_target": 0.05, "maximum_leverage": 2.0}), market)
    plain = positions(_strategy(), market)
    origin = plain.index[12]
    past = market.market.loc[:origin, "SPX"].dropna().pct_change().iloc[-63:]
    multiple = min(2.0, 0.05 / (past.std() * np.sqrt(252)))
    assert scaled["buy and hold", "baseline", "SPX"].iloc[12] == pytest.approx(multiple, rel=1e-12)
    assert scaled["AR(3)", "long_short", "SPX"].iloc[12] == pytest.approx(
        plain["AR(3)", "long_short", "SPX"].iloc[12] * multiple
    )


def test_a_live_decision_on_old_quotes_is_refused_with_the_series_and_the_remedy(market: History) -> None:
    strategy = _strategy(end=None)
    with pytest.raises(
        StaleDataError, match=r"DGS10, which drives ZN, was last quoted on 2017-03-29.*--as-of 2017-03-29"
    ):
        decide(strategy, market, "2018-06-30")


def test_dates_without_data_are_told_with_what_the_data_cover(market: History) -> None:
    with pytest.raises(SettingsError, match=r"no decision day between 2019-01-01 .* DGS10 1990-01-02\.\.2017-03-29"):
        origins_of(_strategy(start="2019-01-01", end=None), market)
    with pytest.raises(DataError, match="holds no 'DGS30'"):
        origins_of(_strategy(instruments=("ZB",)), market)


def test_outcomes_are_what_the_series_did(market: History) -> None:
    strategy = _strategy(periods_ahead=(1, 2), horizons=(1, 3))
    run = signals(strategy, market, origins_of(strategy, market))
    table = pd.concat([with_outcomes(walk.table(), market) for walk in run.walks["AR(3)"]])
    by_month = market.market.groupby(market.market.index.to_period("M")).last()
    for _, row in table.sample(40, random_state=1).iterrows():
        at = pd.Period(row["period"], "M")
        origin = row["as_of"].to_period("M")
        path = np.log(by_month["SPX"]) if "log" in row["measure"] else by_month[row["series"]]
        start = at - 1 if row["measure"].startswith("one_period") else origin
        assert row["outcome"] == pytest.approx(path[at] - path[start], abs=1e-12)
        assert at - origin == pd.offsets.MonthEnd(row["horizon"])
    assert table["outcome"].notna().all()


def test_a_decision_can_be_written_as_json(market: History) -> None:
    from macrotrade.report.plain import plain

    made = decide(_strategy(), market, "2005-06-30")
    rows = json.loads(json.dumps(plain([dataclasses.asdict(decision) for decision in made])))
    assert rows[0]["as_of"] == "2005-06-30"
    assert rows[0]["data_until"]["DGS10"] == "2005-06-30"
    assert len(rows) == len(made) == 2 * 2 * 2
    assert {field.name for field in dataclasses.fields(made[0])} == set(rows[0])
