"""White-noise forms of processes whose form is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.stattools import acf

from macrotrade.providers.bma import Conversion, SystemSettings, choose_conversions
from macrotrade.providers.bma.kernels.conversion import autocorrelations

RNG = np.random.default_rng(20)
N = 300
NOISE = RNG.standard_normal(N)
SETTINGS = SystemSettings(n_lags=6)


def form(levels: np.ndarray, settings: SystemSettings = SETTINGS) -> str:
    return str(choose_conversions(levels[:, None], settings)[0])


def test_autocorrelations_equal_statsmodels() -> None:
    x = np.cumsum(NOISE) + NOISE

    np.testing.assert_allclose(autocorrelations(x[:, None], 12)[:, 0], acf(x, nlags=12, fft=False)[1:], rtol=1e-12)


def test_white_noise_stays_in_levels_as_often_as_the_band_promises() -> None:
    panel = np.random.default_rng(1).standard_normal((N, 400)) + 10.0
    forms = [str(each) for each in choose_conversions(panel, SystemSettings(n_lags=1))]

    assert forms.count("level") / 400 == pytest.approx(0.954, abs=0.03)


def test_a_random_walk_is_differenced() -> None:
    assert form(np.cumsum(NOISE)) == "diff"


def test_a_random_walk_in_logs_takes_log_differences() -> None:
    steps = np.where(np.arange(N) < N / 2, 0.02, 0.2) * (1.0 + NOISE)
    assert form(np.exp(np.cumsum(steps))) == "dlog"


def test_a_persistent_series_with_values_at_or_below_zero_is_only_differenced() -> None:
    persistent = np.cumsum(np.cumsum(NOISE))
    assert persistent.min() <= 0.0
    assert form(persistent) == "diff"


def test_higher_orders_are_reached_only_when_allowed() -> None:
    twice = np.cumsum(np.cumsum(NOISE))

    assert form(twice, SystemSettings(n_lags=6, max_difference_order=2)) == "diff2"


def test_the_alternative_rule_takes_logs_where_they_trend() -> None:
    growing = np.exp(np.cumsum(0.05 + 0.01 * NOISE))

    assert form(growing, SystemSettings(n_lags=6, conversion_rule="least_autocorrelation")) == "dlog"
    assert form(NOISE + 50.0, SystemSettings(n_lags=6, conversion_rule="least_autocorrelation")) == "level"


@given(
    st.booleans(),
    st.integers(0, 3),
    st.lists(st.floats(0.1, 1e3), min_size=6, max_size=30),
)
def test_restoring_undoes_converting(log: bool, order: int, levels: list[float]) -> None:
    values = np.array(levels)
    conversion = Conversion(log=log, order=order)
    converted = conversion.apply(values)

    restored = conversion.restore(converted[order + 1 :], values[: order + 1])

    np.testing.assert_allclose(restored, values[order + 1 :], rtol=1e-8, atol=1e-8)


def test_a_constant_counts_as_white_noise() -> None:
    assert form(np.full(N, 3.0)) == "level"


def test_real_series_are_mostly_log_differences(after_the_crisis: object) -> None:
    from macrotrade.providers.bma.sample import draw_sample

    sample = draw_sample(after_the_crisis.values, after_the_crisis.names, SystemSettings())  # type: ignore[attr-defined]
    forms = [str(conversion) for conversion in sample.conversions]

    assert forms.count("dlog") > 0.8 * len(forms)
    assert set(forms) <= {"dlog", "diff", "log", "level"}
    assert pytest.approx(forms.count("diff"), abs=8) == 15
