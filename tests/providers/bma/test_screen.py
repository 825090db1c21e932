"""Causality statistics against statsmodels and against a plain writing."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from statsmodels.tsa.stattools import grangercausalitytests

from macrotrade.providers.bma import SystemSettings, screen_causes
from macrotrade.providers.bma.sample import draw_sample
from tests.providers.bma.reference import plain_candidates, plain_screen

from .conftest import RealPanel, economy

NAMES = list("abcdefghijklmnop")


def by_statsmodels(values: np.ndarray, effect: int, cause: int, n_lags: int) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = grangercausalitytests(values[:, [effect, cause]], [n_lags])
    return float(result[n_lags][0]["ssr_ftest"][0])


@pytest.mark.parametrize(("n_periods", "n_lags"), [(100, 12), (70, 3), (900, 12), (160, 6)])
def test_f_statistics_equal_statsmodels(n_periods: int, n_lags: int, capsys: pytest.CaptureFixture[str]) -> None:
    settings = SystemSettings(n_lags=n_lags, block_lags=n_lags)
    sample = draw_sample(economy(n_periods, n_periods, 5), NAMES[:5], settings)
    f = screen_causes(sample).f_statistics

    for effect, cause in [(0, 1), (1, 0), (2, 4), (4, 3), (3, 1)]:
        assert f[effect, cause] == pytest.approx(by_statsmodels(sample.converted, effect, cause, n_lags), rel=1e-8)


def test_nearly_collinear_series_keep_eight_digits() -> None:
    levels = economy(1, 200, 4)
    noise = np.random.default_rng(2).standard_normal(200)
    levels[:, 1] = levels[:, 0] * np.exp(1e-5 * noise)
    sample = draw_sample(levels, NAMES[:4], SystemSettings())
    f = screen_causes(sample).f_statistics

    for effect, cause in [(0, 1), (1, 0), (2, 1)]:
        assert f[effect, cause] == pytest.approx(by_statsmodels(sample.converted, effect, cause, 12), rel=1e-8)


def test_f_statistics_and_candidates_equal_the_plain_writing_on_real_data(embedded_panel: RealPanel) -> None:
    sample = draw_sample(embedded_panel.values[:150, ::4], embedded_panel.names[::4], SystemSettings())
    screen = screen_causes(sample)
    f = plain_screen(sample.standardised, 12)
    off_diagonal = ~np.eye(sample.n_series, dtype=bool)

    np.testing.assert_allclose(screen.f_statistics[off_diagonal], f[off_diagonal], rtol=1e-8)
    expected = plain_candidates(np.nan_to_num(f), screen.critical, both_ways=False)
    assert [np.flatnonzero(row).tolist() for row in screen.candidates] == [[int(j) for j in row] for row in expected]


def test_only_the_stronger_of_two_directions_remains_unless_both_are_allowed(embedded_panel: RealPanel) -> None:
    panel = embedded_panel.values[:150, ::4], embedded_panel.names[::4]
    one_way = screen_causes(draw_sample(*panel, SystemSettings())).candidates
    both = screen_causes(draw_sample(*panel, SystemSettings(bidirectional="allowed"))).candidates

    assert not (one_way & one_way.T).any()
    assert (both & both.T).any()
    assert (one_way <= both).all()


def test_a_repeated_series_is_recorded_and_is_nobodys_candidate() -> None:
    levels = economy(7, 200, 4)
    levels = np.column_stack([levels, 3.0 * levels[:, 2]])
    sample = draw_sample(levels, NAMES[:5], SystemSettings(significance=0.2, bidirectional="allowed"))
    screen = screen_causes(sample)

    assert [(twin.name, twin.repeats) for twin in sample.twins] == [("e", "c")]
    assert not screen.candidates[:, 4].any()
    assert not screen.candidates[4, 2]


def test_series_tied_by_an_identity_are_screened_without_error() -> None:
    walk = np.cumsum(np.random.default_rng(3).standard_normal((180, 2)), axis=0)
    values = np.column_stack([walk, walk[:, 0] - walk[:, 1]])
    screen = screen_causes(draw_sample(values, NAMES[:3], SystemSettings()))

    assert np.isfinite(screen.f_statistics[~np.eye(3, dtype=bool)]).all()
