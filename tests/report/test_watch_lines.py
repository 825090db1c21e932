"""A change of a forecast in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from macrotrade.report.watch_lines import change_words, watch_lines
from macrotrade.strategy.reasons import Cause, Change
from macrotrade.strategy.watch import Watched


def change(before: float, after: float, units: str = "change", **causes: float) -> Change:
    told = tuple(Cause(kind.replace("_", " "), "", "", amount) for kind, amount in causes.items())
    return Change("AR(12)", "DGS10", 1, units, before, after, told)


@pytest.mark.parametrize(
    ("given", "measure", "words"),
    [
        (change(0.02, -0.041, new_data=-0.05, re_estimation=-0.011), "change",
         "+2.0 to −4.1 bp: new data −5.0, re estimation −1.1"),
        (change(0.02, 0.02, new_data=0.0001, re_estimation=-0.0001), "change", "+2.0 bp as before"),
        (change(0.006, 0.01, "log_change", new_data=0.0041, re_estimation=-0.0001), "log_change",
         "+0.6 to +1.0 %: new data +0.4"),
        (change(0.006, 0.01, "logarithms, decimal", time=0.004), "change", "+0.6 to +1.0 % of its level: time +0.4"),
        (change(0.006, 0.01, "logarithms, decimal", time=0.004), "log_change", "+0.6 to +1.0 %: time +0.4"),
    ],
)  # fmt: skip
def test_a_change_is_told_with_the_causes_that_count_in_the_units_of_the_forecast(
    given: Change, measure: str, words: str
) -> None:
    assert change_words(given, measure) == words


def test_a_voice_is_named_only_where_another_speaks_of_the_same_instrument() -> None:
    spoken = [("ZN", "naive", 1), ("ZN", "naive", 2), ("SPX", "naive", 1), ("SPX", "bma", 1), ("ZB", "vote", 1)]
    standings = [
        SimpleNamespace(decision=SimpleNamespace(instrument=instrument, provider=provider, horizon=ahead))
        for instrument, provider, ahead in spoken
    ]

    lines = watch_lines(cast("Watched", SimpleNamespace(standings=standings)))

    assert [line.alone for line in lines] == [True, True, False, False, True]
