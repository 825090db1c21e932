"""Forecasts as a trader reads them."""

from __future__ import annotations

import pytest

from macrotrade.strategy.quoted import quoted


@pytest.mark.parametrize(
    ("numbers", "measure", "words"),
    [
        ((-0.101, -0.45, 0.249), "change", "X −10.1 (−45.0 to +24.9) bp"),
        ((0.0004, -0.0004, 0.01), "change", "X 0.0 (0.0 to +1.0) bp"),
        ((0.0, -0.0513, 0.0488), "log_change", "X 0.0 (−5.0 to +5.0) %"),
        ((1234.5, -1.25, 2.0), "level", "X 1,234.50 (−1.25 to 2.00)"),
    ],
)
def test_a_forecast_is_quoted_in_the_unit_of_its_measure(
    numbers: tuple[float, float, float], measure: str, words: str
) -> None:
    assert quoted("X", *numbers, measure) == words
