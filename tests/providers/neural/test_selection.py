"""Stages, what searches take from one another, and how candidates are ranked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.neural.selection import Judged, Search, Tried, judged_by, select

SPANS = (("2000-01", "2000-06"), ("2000-01", "2000-12"))


def judge(search: Search, told: Mapping[str, Any]) -> Judged:
    """Least far off with 24 lags and 32 nodes, then with 400 epochs; small LSTMs need fewer lags."""
    wanted = {"lags": 24 if search.label == "FF" else 12, "nodes": 32, "epochs": 400}
    off = sum(abs(told[name] - value) for name, value in wanted.items() if name in told)
    return Judged((float(off), float(off)), float(off))


def errors(seed: int = 0, scale: float = 1.0, horizons: tuple[int, ...] = (1,)) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    periods = pd.period_range("2000-01", "2000-12", freq="M")
    return pd.concat(
        [
            pd.DataFrame({"series": "Y", "horizon": h, "period": periods, "error": scale * generator.normal(size=12)})
            for h in horizons
        ]
    )


FF = Search("FF", "feed-forward", ({"lags": (6, 24, 48), "nodes": (16, 32)}, {"epochs": (200, 400)}), {"layers": 3})
LSTM = Search("LSTM", "lstm", ({"lags": (6, 12)}, {"epochs": (200, 400)}), takes={"nodes": ("FF", "nodes")})


def test_each_stage_keeps_what_the_one_before_chose() -> None:
    found = select((FF,), judge)["FF"]

    assert found.settings == {"layers": 3, "lags": 24, "nodes": 32, "epochs": 400}
    assert [one.stage for one in found.tried] == [1] * 6 + [2] * 2
    assert found.best(1).settings == {"lags": 24, "nodes": 32}
    assert FF.n_candidates == 8


def test_a_search_takes_what_an_earlier_one_chose() -> None:
    joined = Search(
        "both", "ff-lstm", ({"epochs": (400,)},), takes={"own_lags": ("FF", "lags"), "lags": ("LSTM", "lags")}
    )

    found = select((FF, LSTM, joined), judge)

    assert found["LSTM"].settings == {"nodes": 32, "lags": 12, "epochs": 400}
    assert found["both"].settings == {"own_lags": 24, "lags": 12, "epochs": 400}
    assert found.summary().loc["both", "settings"] == "own_lags 24, lags 12, epochs 400"


def test_of_equals_the_first_is_chosen() -> None:
    found = select((FF,), lambda search, told: Judged((1.0,), 1.0))

    assert found["FF"].settings == {"layers": 3, "lags": 6, "nodes": 16, "epochs": 200}


def test_a_candidate_that_refuses_is_passed_over_and_told() -> None:
    def refusing(search: Search, told: Mapping[str, Any]) -> Judged:
        return Judged(refusal="too few rows") if told["lags"] == 24 else judge(search, told)

    table = select((FF,), refusing).table()

    assert set(table.loc[table["refusal"] != "", "settings"]) == {"lags 24, nodes 16", "lags 24, nodes 32"}
    assert list(table.loc[table["chosen"], "settings"]) == ["lags 6, nodes 32", "epochs 400"]


def test_without_a_candidate_that_could_be_judged_the_first_reason_is_told() -> None:
    with pytest.raises(FitError, match=r"None of 6 candidates could be judged\. The first: too few rows"):
        select((FF,), lambda search, told: Judged(refusal="too few rows"))


def test_every_candidate_is_told_as_it_is_judged() -> None:
    told: list[tuple[str, Tried]] = []

    found = select((FF, LSTM), judge, lambda search, tried: told.append((search.label, tried)))

    assert [tried for _, tried in told] == [tried for one in found.chosen for tried in one.tried]


def test_errors_are_those_of_each_span_and_the_score_their_mean() -> None:
    table = errors()

    found = judged_by(table, SPANS)

    half, whole = (float(np.sqrt(np.mean(table["error"].to_numpy()[:n] ** 2))) for n in (6, 12))
    assert found.rmse == pytest.approx((half, whole))
    assert found.score == pytest.approx((half + whole) / 2)


@settings(max_examples=20)
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_no_unit_of_a_horizon_changes_the_order_of_candidates(one: float, other: float) -> None:
    def score(seed: int, scales: tuple[float, float]) -> float:
        tables = [errors(seed + number, scale, (number,)) for number, scale in enumerate(scales)]
        return judged_by(pd.concat(tables), SPANS).score

    assert score(0, (one, other)) / score(9, (one, other)) == pytest.approx(score(0, (1.0, 1.0)) / score(9, (1.0, 1.0)))


def test_a_span_without_outcomes_is_named() -> None:
    with pytest.raises(FitError, match="Y, 1 ahead, has no outcome from 2001-01 to 2001-06"):
        judged_by(errors(), (*SPANS, ("2001-01", "2001-06")))


@pytest.mark.parametrize(
    ("searches", "message"),
    [
        ((FF, FF), "Two searches are called 'FF'"),
        ((LSTM,), "takes 'nodes' of 'FF', but no search before it"),
        ((FF, Search("L", "lstm", ({"epochs": (1,)},), takes={"factors": ("FF", "factor")})), "takes 'factor' of 'FF'"),
    ],
)
def test_searches_that_do_not_fit_together_are_refused(searches: tuple[Search, ...], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        select(searches, judge)


def test_a_search_that_seeks_a_setting_twice_or_among_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="'lags' twice"):
        Search("FF", "feed-forward", ({"lags": (6,)}, {"lags": (12,)}))
    with pytest.raises(SettingsError, match="'nodes' twice, or seeks what it takes"):
        Search("FF", "feed-forward", ({"nodes": (6,)},), takes={"nodes": ("x", "nodes")})
    with pytest.raises(SettingsError, match="'lags' among no values"):
        Search("FF", "feed-forward", ({"lags": ()},))


def test_a_selection_offers_the_nearest_label() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'LSTM'"):
        select((FF, LSTM), judge)["LSTN"]
