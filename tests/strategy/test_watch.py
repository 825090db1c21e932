from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Target
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.pool import linear_pool
from macrotrade.strategy.reasons import changes
from macrotrade.strategy.run import POOL, positions
from macrotrade.strategy.watch import Watched, watch
from macrotrade.strategy.watchlist import watchlist_of

TABLE: dict[str, Any] = {
    "name": "watched",
    "providers": [{"name": "autoregression", "label": "AR(3)", "n_lags": 3}, {"name": "direct-autoregression"}],
    "start": "2003-01-31",
    "watch": [{"instrument": "ZN"}, {"instrument": "SPX", "rule": "long_short"}],
}
DAY = pd.Timestamp("2006-06-30")


def _watched(market: History, store: Path | None = None, **changed: Any) -> Watched:
    return watch(watchlist_of(TABLE | changed), market, DAY, look_back=13, store=store)


def test_a_standing_is_the_vote_of_its_providers_and_the_last_row_of_a_backtest(market: History) -> None:
    watched = _watched(market)

    assert [(each.decision.instrument, each.decision.rule) for each in watched.standings] == [
        ("ZN", "long_flat"), ("ZN", "long_short"), ("SPX", "long_short"),
    ]  # fmt: skip
    held = positions(watched.watchlist.strategies[0], market, end=DAY)
    for standing in watched.standings[:2]:
        said = standing.decision
        assert said.provider == POOL
        assert said.position == held.loc[DAY, (POOL, said.rule, said.instrument)]
        assert said.score == pytest.approx(np.mean([vote.score for vote in standing.votes]), abs=1e-15)
        assert standing.past["position"].iloc[-1] == said.position
        assert len(standing.past) == 13


def test_the_pooled_forecast_rises_as_often_as_its_members_say_on_average(market: History) -> None:
    panel, target = market.as_of(DAY), Target(("DGS10", "SPX"), (1, 2), ("change", "log_change"))
    each = {
        name: ProviderChoice(name=name).load().fit(panel, target).forecast(panel)
        for name in ("naive", "autoregression", "direct-autoregression")
    }

    pooled = linear_pool(each)

    mean = np.mean([forecast.probability_up() for forecast in each.values()], axis=0)
    np.testing.assert_allclose(pooled.probability_up(), mean, atol=1e-14)
    np.testing.assert_allclose(pooled.point(), np.mean([forecast.point() for forecast in each.values()], axis=0))


def test_the_causes_of_a_change_sum_to_it(market: History) -> None:
    watched = _watched(market)

    told = [change for standing in watched.standings for change in standing.changes]
    assert {change.provider for change in told} == {"AR(3)", "direct-autoregression"}
    for change in told:
        assert sum(cause.amount for cause in change.causes) == pytest.approx(change.after - change.before, abs=1e-12)


@pytest.mark.parametrize(
    ("changed", "horizons"), [({"horizons": [3, 2]}, [(2, 3)]), ({"periods_ahead": [1, 2]}, [(1,), (2,)])]
)
def test_the_change_told_is_that_of_the_forecast_quoted(
    market: History, changed: dict[str, Any], horizons: list[tuple[int, ...]]
) -> None:
    watched = _watched(market, watch=[{"instrument": "ZN", "rule": "long_short"}], **changed)

    assert [standing.horizons for standing in watched.standings] == horizons
    for standing in watched.standings:
        points = {vote.provider: vote.point for vote in standing.votes}
        assert {change.provider: change.after for change in standing.changes} == pytest.approx(points, abs=1e-12)
        assert {change.horizon for change in standing.changes} == {standing.horizons[0]}


def test_a_provider_that_explains_itself_is_asked(market: History) -> None:
    del market
    from macrotrade.sources.load import load

    history = load("synthetic")
    days = (history.last_day - pd.DateOffset(months=2), history.last_day - pd.DateOffset(months=1))
    target = Target(("DGS10",), (1,))

    (change,) = changes(ProviderChoice(name="machine"), history, target, days, days)

    assert {"release", "revision", "re-estimation", "time"} & {cause.kind for cause in change.causes}
    assert sum(cause.amount for cause in change.causes) == pytest.approx(change.after - change.before, abs=1e-10)


def test_between_fits_nothing_is_put_down_to_estimation(market: History) -> None:
    fits = (pd.Timestamp("2006-03-31"),) * 2
    days = (pd.Timestamp("2006-05-31"), DAY)

    found = changes(ProviderChoice(name="autoregression"), market, Target("DGS10"), days, fits)

    assert [cause.amount for cause in found[0].causes if cause.kind == "re-estimation"] == [0.0]


def test_a_second_look_computes_nothing_again(market: History, tmp_path: Path) -> None:
    first = _watched(market, tmp_path)
    times = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")}

    second = _watched(market, tmp_path)

    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")} == times
    assert [each.decision for each in second.standings] == [each.decision for each in first.standings]
    assert [each.changes for each in second.standings] == [each.changes for each in first.standings]


def test_a_day_is_replayed_without_a_trace_of_what_came_later(market: History) -> None:
    then = watch(watchlist_of(TABLE), market.truncated(DAY), DAY, look_back=13)
    now = _watched(market)

    assert [each.decision for each in then.standings] == [each.decision for each in now.standings]
    pd.testing.assert_frame_equal(then.prices, now.prices, check_freq=False)


def test_one_group_that_is_refused_does_not_take_the_other_with_it(market: History) -> None:
    stopped = market.market.copy()
    stopped.loc["2006-01-01":, "SPX"] = np.nan

    watched = _watched(market.with_tables({}, stopped))

    assert {each.decision.instrument for each in watched.standings} == {"ZN"}
    (refused,) = watched.refused
    assert refused.strategy.instruments == ("SPX",)
    assert "SPX" in refused.reason


def test_by_default_it_decides_for_the_last_day_that_has_closed(market: History) -> None:
    moment = datetime(2006, 6, 30, 22, 0, tzinfo=UTC)

    watched = watch(watchlist_of(TABLE), market, now=moment, look_back=2)

    assert watched.as_of == DAY
    assert watched.acts_on == pd.Timestamp("2006-07-03")
    assert [each.decision for each in watched.standings] == [
        each.decision for each in watch(watchlist_of(TABLE), market, DAY, look_back=2).standings
    ]
