"""Labels keep apart, ticks stay round, thinned lines keep their ends and depths."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from macrotrade.report.layout import end_labels, log_ticks, thinned


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9))
def test_labels_never_overlap_and_stay_inside_the_axis(heights: list[float]) -> None:
    labels = end_labels([(str(i), height, "#000000") for i, height in enumerate(heights)], 0.0, 1.0, pixels=300.0)

    placed = sorted(label["y"] * 300.0 for label in labels)
    assert all(upper - lower >= 15.0 - 1e-6 for lower, upper in pairwise(placed))
    assert placed[0] >= -1e-6
    assert placed[-1] <= 300.0 + 1e-6


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=9, unique=True))
def test_labels_keep_the_order_of_their_lines(heights: list[float]) -> None:
    labels = end_labels([(str(i), height, "#000000") for i, height in enumerate(heights)], 0.0, 1.0, pixels=300.0)

    by_place = [heights[int(label["text"])] for label in sorted(labels, key=lambda label: label["y"])]
    assert by_place == sorted(heights)


def test_labels_far_apart_stand_at_their_lines() -> None:
    labels = end_labels([("low", 0.1, "#000000"), ("high", 0.9, "#000000")], 0.0, 1.0, pixels=300.0)

    assert [round(label["y"], 9) for label in labels] == [0.1, 0.9]


def test_a_line_without_a_last_value_has_no_label() -> None:
    labels = end_labels([("known", 0.5, "#000000"), ("missing", float("nan"), "#000000")], 0.0, 1.0, pixels=300.0)

    assert [label["text"] for label in labels] == ["known"]
    assert round(labels[0]["y"], 9) == 0.5


@given(st.floats(0.01, 10.0), st.floats(1.1, 1000.0))
def test_log_ticks_lie_on_the_axis(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)

    assert len(ticks) >= 2
    assert min(ticks) >= low - 1e-3
    assert max(ticks) <= low * ratio * (1 + 1e-3) + 1e-3


def test_a_long_daily_line_is_thinned_to_months_and_keeps_its_last_day_and_its_depth() -> None:
    days = pd.bdate_range("1990-01-01", "2015-06-15")
    walk = pd.DataFrame({"a": np.random.default_rng(0).normal(size=len(days)).cumsum()}, index=days)

    last, deepest = thinned(walk), thinned(walk, "min")

    assert len(last) == 306
    assert last.index[-1] == days[-1]
    assert last["a"].iloc[-1] == walk["a"].iloc[-1]
    assert deepest["a"].min() == walk["a"].min()


def test_a_short_line_is_left_as_it_is() -> None:
    days = pd.bdate_range("2020-01-01", periods=250)
    walk = pd.DataFrame({"a": np.arange(250.0)}, index=days)

    assert thinned(walk) is walk
