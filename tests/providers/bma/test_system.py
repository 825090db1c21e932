"""Building whole systems, sound and degenerate, and reading them."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.providers.bma import SystemSettings, average, build_system, forecast
from macrotrade.providers.bma.equation import evaluate

from .conftest import RealPanel, economy

NAMES = list("abcdefghijklmn")


def test_one_series_gets_an_autoregressive_equation() -> None:
    levels = economy(1, 120, 1)
    system = build_system(levels, ["only"])

    assert system.equation("only").others == ()
    assert np.isfinite(average(system, levels, 6).levels).all()


def test_fourteen_series_make_a_system() -> None:
    levels = economy(2, 150, 14)
    system = build_system(levels, NAMES)

    assert len(system.equations) == 14
    assert np.isfinite(forecast(system, levels, 6).levels).all()


def test_a_constant_gets_an_intercept_and_informs_nobody() -> None:
    levels = np.column_stack([economy(3, 150, 3), np.full(150, 7.0)])
    system = build_system(levels, ["a", "b", "c", "flat"])

    assert system.sample.constant == ("flat",)
    assert [term.kind for term in system.equation("flat").terms] == ["intercept"]
    assert system.appearances()["flat"] == 0
    result = average(system, levels, 3)
    np.testing.assert_allclose(result.levels[:, 3], 7.0, rtol=1e-9)
    np.testing.assert_allclose(result.weights.sum(axis=0), 1.0)


def test_a_repeated_series_is_recorded_and_forecast_alike() -> None:
    levels = economy(4, 150, 3)
    levels = np.column_stack([levels, 2.0 * levels[:, 0]])
    system = build_system(levels, ["a", "b", "c", "again"])

    assert system.twins[0].repeats == "a"
    assert "again" not in {link.source for link in system.links()}
    result = forecast(system, levels, 3)
    np.testing.assert_allclose(result.levels[:, 3], 2.0 * result.levels[:, 0], rtol=1e-8)


def test_series_without_use_are_left_out_and_recorded() -> None:
    levels = economy(5, 150, 5)
    levels[:, 1] = np.nan
    levels[:30, 2] = np.nan
    levels[-9:, 3] = np.nan
    system = build_system(levels, NAMES[:5])

    reasons = {each.name: each.reason for each in system.left_out}
    assert system.names == ("a", "e")
    assert reasons["b"] == "no value is known"
    assert "starts 30 periods after" in reasons["c"]
    assert "9 periods old" in reasons["d"]
    with pytest.raises(SettingsError, match="left out: no value is known"):
        system.equation("b")


def test_gaps_are_filled_between_known_neighbours_and_recorded() -> None:
    levels = economy(6, 150, 2)
    levels[100, 1] = np.nan
    levels[-1, 1] = np.nan
    system = build_system(levels, ["a", "b"])

    (gap,) = system.imputed
    assert (gap.name, gap.row) == ("b", 100)
    assert gap.level == pytest.approx((levels[99, 1] + levels[101, 1]) / 2)


def test_the_month_that_was_never_published_is_filled(embedded_panel: RealPanel) -> None:
    from macrotrade.providers.bma.sample import draw_sample

    sample = draw_sample(embedded_panel.values, embedded_panel.names, SystemSettings())

    assert "CPIAUCSL" in {each.name for each in sample.imputed}
    assert {each.row for each in sample.imputed if each.name == "CPIAUCSL"} == {(2025 - 1998) * 12 + 9}


def test_short_samples_are_an_error_that_says_what_is_needed() -> None:
    with pytest.raises(FitError, match=r"leaves 26 observations .* 40 are needed"):
        build_system(economy(7, 39, 2), ["a", "b"])


def test_a_panel_without_any_series_is_an_error() -> None:
    with pytest.raises(DataError, match="no value is known"):
        build_system(np.full((100, 2), np.nan), ["a", "b"])


def test_names_and_numbers_are_checked_at_the_door() -> None:
    levels = economy(8, 100, 2)
    with pytest.raises(DataError, match="more than once: a"):
        build_system(levels, ["a", "a"])
    with pytest.raises(DataError, match="must be"):
        build_system(levels, ["a"])
    levels[3, 1] = np.inf
    with pytest.raises(DataError, match="Infinite values in b"):
        build_system(levels, ["a", "b"])
    with pytest.raises(SettingsError, match="criterion must be one of bica"):
        SystemSettings(criterion="cp")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="folds"):
        SystemSettings(folds=(1,))


def test_quarterly_panels_need_only_their_season_length() -> None:
    levels = economy(9, 120, 3)
    system = build_system(levels, ["a", "b", "c"], SystemSettings(season_length=4, n_lags=4, block_lags=4))

    assert system.seasonal_autoregressions[0].n_parameters == 5
    assert np.isfinite(average(system, levels, 4).levels).all()


def test_an_equation_reads_as_a_sentence_with_t_statistics_beneath(embedded_panel: RealPanel) -> None:
    chosen = [embedded_panel.names.index(name) for name in ("HOUSTNE", "PERMITNE", "FEDFUNDS")]
    system = build_system(embedded_panel.values[:144, chosen], ["HOUSTNE", "PERMITNE", "FEDFUNDS"])
    equation = system.equation("HOUSTNE")
    lines = str(equation).splitlines()

    assert lines[0] == "dlog HOUSTNE(t) ="
    assert "dlog HOUSTNE(t-1)" in lines[1]
    assert lines[2].count("(") == lines[1].count(" dlog ") + 1
    assert "n = " in lines[-1]
    assert equation.to_latex().startswith("\\begin{aligned}\n\\Delta\\ln \\mathrm{HOUSTNE}_{t} =")
    assert equation.table()[0].regressor == "intercept"
    assert len(equation.table()) == equation.n_parameters


def test_an_equation_evaluates_to_its_own_fitted_values() -> None:
    rng = np.random.default_rng(10)
    season = 0.05 * (np.arange(180) % 12 == 4)
    growth = 0.01 * rng.standard_normal((180, 2)) + season[:, None] + 0.0004 * np.arange(180)[:, None]
    system = build_system(100.0 * np.exp(np.cumsum(growth, axis=0)), ["a", "b"], first_season=3)
    equation, sample = system.equation("a"), system.sample
    padded = np.vstack([np.full((sample.first_row, 2), np.nan), sample.converted])
    rows = sample.first_row + np.arange(12, len(sample.converted))

    fitted = [evaluate(equation, padded, int(row), {"a": 0, "b": 1}, (3 + int(row)) % 12) for row in rows]

    assert np.sum((padded[rows, 0] - fitted) ** 2) == pytest.approx(equation.rss, rel=1e-9)


def test_links_and_appearances_tell_who_informs_whom(after_the_crisis: RealPanel) -> None:
    system = build_system(after_the_crisis.values, after_the_crisis.names, SystemSettings(max_delay=6))

    links = system.links()
    assert sum(system.appearances().values()) == len(links)
    for link in links:
        assert link.source in system.candidates(link.target)
        assert link.source != link.target
    mean_parameters = np.mean([equation.n_parameters for equation in system.equations])
    assert 2.5 < mean_parameters < 5.0
