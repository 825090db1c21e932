"""The system and its average as providers: laws, measures, samples, refusals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from macrotrade import History
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Exhibits, Explains, Forecast, Target
from macrotrade.panel.panel import Panel
from macrotrade.providers.bma import BMA, BMAForecaster, Machine, average
from macrotrade.providers.registry import load
from macrotrade.sources.euro_area import load_euro_area
from macrotrade.testing import check_provider
from tests.providers.bma.conftest import FEW

FOURTEEN = (*FEW, "EXUSUKx", "OILPRICEx", "RETAILx", "TB3MS")


def few(**settings) -> BMA:
    return BMA(series=FEW, **settings)


def forecast_of(provider: BMA | Machine, history: History, day: str, target: Target) -> Forecast:
    panel = history.as_of(day)
    return provider.fit(panel, target).forecast(panel)


def test_every_law_holds_on_final_numbers_held_back(embedded):
    report = check_provider(few(), embedded)

    assert report.passed, str(report)


def test_every_law_holds_on_true_vintages(archive):
    target = Target(("DGS10", "INDPRO"), (1, 3), ("change", "log_change"))

    report = check_provider(Machine(series=FEW), archive, target, ["2004-05-31", "2009-02-28"])

    assert report.passed, str(report)


@pytest.mark.parametrize("day", ["2007-12-31", "2010-06-15"])
def test_levels_and_their_scales_are_those_of_the_arrays(embedded, day):
    panel = embedded.as_of(day)
    target = Target(("CPIAUCSL", "GS10", "HOUST"), (1, 2, 6), "level")
    forecaster = few().fit(panel, target)

    made = forecaster.forecast(panel)

    plain = average(forecaster.system, forecaster.read(panel).values, 6)
    rows, places = [0, 1, 5], [forecaster.system.place(name) for name in target.names]
    np.testing.assert_allclose(made.mean, plain.member_levels[:, rows][:, :, places], rtol=1e-11)
    np.testing.assert_allclose(made.scale, plain.member_scales[:, rows][:, :, places], rtol=1e-9)
    np.testing.assert_allclose(made.weights[:, 0], plain.weights[:, places], rtol=1e-12)


def test_the_measures_of_one_path_agree(embedded):
    horizons = (1, 2, 3)
    by_measure = {
        measure: forecast_of(few(), embedded, "2008-07-02", Target("GS10", horizons, measure))
        for measure in ("level", "change", "log_change", "one_period_change", "one_period_log_change")
    }
    level, origin = by_measure["level"].mean[..., 0], by_measure["level"].origin[0]

    assert by_measure["level"].period == pd.Period("2008-06", "M")
    np.testing.assert_allclose(by_measure["change"].mean[..., 0], level - origin, atol=1e-12)
    np.testing.assert_allclose(by_measure["log_change"].mean[..., 0], np.log(level / origin), atol=1e-12)
    np.testing.assert_allclose(by_measure["one_period_change"].mean.cumsum(axis=1)[..., 0], level - origin, atol=1e-12)
    np.testing.assert_allclose(
        by_measure["one_period_log_change"].mean.cumsum(axis=1)[..., 0], np.log(level / origin), atol=1e-12
    )
    np.testing.assert_allclose(by_measure["change"].scale, by_measure["level"].scale)


def test_a_late_series_is_completed_before_the_horizons_start(embedded):
    target = Target("INDPRO", (1, 2), "one_period_log_change")

    made = forecast_of(few(), embedded, "2008-01-31", target)
    since_last = forecast_of(few(), embedded, "2008-01-31", Target("INDPRO", (1, 2), "log_change"))

    assert any("INDPRO ends 1 period before the origin, in 2007-12" in reason for reason in made.reasons)
    between = since_last.mean[:, 0, 0] - made.mean[:, 0, 0]  # the late month's own growth
    assert (between != 0).all()
    np.testing.assert_allclose(since_last.mean[:, 1, 0], between + made.mean.sum(axis=1)[:, 0], atol=1e-12)


def test_the_sample_moves_or_grows_as_asked(embedded):
    panel, target = embedded.as_of("2010-11-30"), Target("INDPRO")

    moving = few(window_years=10).fit(panel, target).system.sample
    growing = few(start="1990-01").fit(panel, target).system.sample

    assert len(moving.converted) == 10 * 12 - 1 - 1  # one month for the difference, one for the late series
    assert len(growing.converted) == 12 * 20 + 10 - 1


def test_the_sample_starts_with_a_target_that_starts_late(embedded):
    panel, target = embedded.as_of("1999-06-30"), Target(("DGS30", "INDPRO"))

    forecaster = few().fit(panel, target)

    first = forecaster.first + forecaster.system.sample.first_row - 1
    assert first == max(pd.Period("1986-07", "M"), panel.monthly["DGS30"].first_valid_index())
    assert np.isfinite(forecaster.forecast(panel).mean).all()


def test_a_target_that_starts_too_late_is_refused_with_its_name_and_dates(embedded):
    panel = embedded.as_of("1993-06-30")
    first = panel.monthly["DGS30"].first_valid_index()

    with pytest.raises(FitError, match=f"DGS30 starts last, in {first}") as refusal:
        few().fit(panel, Target("DGS30"))

    assert "1993-06-30" in str(refusal.value)


def test_an_unknown_series_is_refused_with_the_nearest_name(embedded):
    with pytest.raises(FitError, match="Did you mean 'INDPRO'"):
        few().fit(embedded.as_of("2008-01-31"), Target("INDPR"))


def test_days_are_refused(embedded):
    with pytest.raises(FitError, match="months or quarters"):
        few().fit(embedded.as_of("2008-01-31"), Target("DGS10", frequency="D"))


def without_its_last(panel: Panel, name: str, n_periods: int) -> Panel:
    frames = dict(panel.frames)
    frames["M"].loc[frames["M"].index > panel.period("M") - n_periods, name] = np.nan
    return dataclasses.replace(panel, frames=frames)


def test_a_target_some_months_old_is_reached_and_one_that_ended_is_refused(embedded):
    panel = embedded.as_of("2008-01-31")
    old, ended = without_its_last(panel, "INDPRO", 5), without_its_last(panel, "INDPRO", 14)

    forecaster = few().fit(old, Target("INDPRO"))
    with pytest.raises(FitError, match=r"INDPRO cannot be modelled at 2008-01-31.*known to 2006-11"):
        few().fit(ended, Target("INDPRO"))

    assert forecaster.system.settings.max_delay == 5
    assert np.isfinite(forecaster.forecast(old).mean).all()


def test_a_later_panel_is_read_without_a_new_fit(embedded):
    forecaster = few().fit(embedded.as_of("2008-01-31"), Target(("INDPRO", "GS10"), (1, 2)))

    later = forecaster.forecast(embedded.as_of("2008-04-30"))

    assert later.period == pd.Period("2008-04", "M")
    assert not np.array_equal(later.mean, forecaster.forecast(embedded.as_of("2008-01-31")).mean)


def test_a_panel_without_a_series_of_the_system_is_refused(embedded):
    panel = embedded.as_of("2008-01-31")
    forecaster = few().fit(panel, Target("INDPRO"))

    with pytest.raises(FitError, match="lacks HOUST, on which the system was built; fit it again"):
        forecaster.forecast(panel.select([name for name in FEW if name != "HOUST"]))


def test_a_value_that_has_no_logarithm_is_a_refusal_that_a_walk_survives(embedded):
    panel = embedded.as_of("2008-01-31")
    forecaster = few().fit(panel, Target("INDPRO"))
    frames = dict(panel.frames)
    frames["M"].loc[pd.Period("2007-10", "M"), "HOUST"] = -1.0

    with pytest.raises(FitError, match="HOUST took a value at or below zero"):
        forecaster.forecast(dataclasses.replace(panel, frames=frames))


def test_macro_series_take_part_by_default_prices_only_as_targets(embedded):
    panel = embedded.as_of("2008-01-31")
    kinds = lambda forecaster: {panel.series[name].kind for name in forecaster.names}  # noqa: E731

    assert kinds(Machine(window_years=6).fit(panel, Target("INDPRO"))) == {"macro"}
    with_yields = Machine(window_years=6, series="macro_and_yields").fit(panel, Target("SPX"))
    assert kinds(with_yields) == {"macro", "yield", "price"}
    assert [name for name in with_yields.names if panel.series[name].kind == "price"] == ["SPX"]


def test_fourteen_series_are_enough(embedded):
    target = Target(FOURTEEN, (1, 6), "log_change")

    made = forecast_of(BMA(series=FOURTEEN), embedded, "2008-01-31", target)

    assert made.mean.shape == (3, 2, 14)
    assert np.abs(made.point()).max() < 0.5


def test_quarterly_series_have_lags_and_seasons_of_a_year():
    history = load_euro_area()
    panel = history.as_of("2010-03-31")
    target = Target(("YER", "HICP", "URX"), (1, 2, 4), "one_period_log_change", frequency="Q")

    forecaster = BMA(window_years=30).fit(panel, target)
    made = forecaster.forecast(panel)

    settings = forecaster.system.settings
    assert (settings.season_length, settings.n_lags, settings.block_lags) == (4, 4, 4)
    assert made.members == ("machine", "AR(4)", "AR(1)+seasonal")
    assert len(forecaster.names) > 30
    assert np.abs(made.point()).max() < 0.2
    seasonal = forecaster.system.seasonal_autoregressions[forecaster.system.place("HICP")]
    assert {term.season for term in seasonal.terms if term.kind == "season"} == {0, 1, 2}


def test_seasons_are_those_of_the_calendar(embedded):
    panel = embedded.as_of("2008-01-31")
    system = few(window_years=9).fit(panel, Target("INDPRO")).system

    january = system.sample.first_row + np.flatnonzero(
        (system.sample.first_season + system.sample.first_row + np.arange(12)) % 12 == 0
    )
    forecaster_first = few(window_years=9).fit(panel, Target("INDPRO")).first

    assert [(forecaster_first + int(row)).month for row in january] == [1]


def test_weights_and_equations_are_told(embedded):
    made = forecast_of(few(), embedded, "2008-06-30", Target("HOUST"))

    assert made.reasons[0].startswith("HOUST: dlog HOUST(t) = ")
    assert made.reasons[1].startswith("HOUST: weights machine 0.")
    assert made.members == ("machine", "AR(12)", "AR(1)+seasonal")


def test_the_combinations_share_their_members(embedded):
    target = Target("INDPRO", (1, 3), "log_change")
    whole, two, alone = (
        forecast_of(few(members=members), embedded, "2008-06-30", target) for members in ("mas", "ma", "machine")
    )

    np.testing.assert_array_equal(two.mean, whole.mean[:2])
    np.testing.assert_allclose(two.weights, whole.weights[:2] / whole.weights[:2].sum(axis=0))
    np.testing.assert_array_equal(alone.mean, forecast_of(Machine(series=FEW), embedded, "2008-06-30", target).mean)


def test_settings_arrive_from_a_strategy_file():
    table = {"members": "ma", "start": "1998-01", "system": {"criterion": "bic", "folds": [4], "significance": 0.95}}

    provider = load("bma", **table)

    assert provider == BMA("ma", start="1998-01", system={"criterion": "bic", "folds": (4,), "significance": 0.95})
    assert isinstance(provider, Explains)
    assert load("machine", window_years=10) == Machine(window_years=10)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"system": {"criterian": "bic"}}, "Did you mean 'criterion'"),
        ({"system": {"n_lags": "12"}}, "n_lags"),
        ({"system": {"season_length": 4}}, "follows from the target's frequency"),
        ({"system": {"significance": 1.5}}, "between 0 and 1"),
        ({"members": "mass"}, "mas"),
        ({"members": ("machine", "machine")}, "each member once"),
        ({"window_years": None}, "Give a start"),
        ({"start": "soon"}, "no period"),
        ({"series": "macros"}, "macro"),
    ],
)
def test_a_wrong_setting_is_told(settings, told):
    with pytest.raises(SettingsError, match=told):
        BMA(**settings)


def test_exhibits_show_the_system(embedded):
    forecaster = few().fit(embedded.as_of("2008-06-30"), Target(("HOUST", "GS10")))

    shown = {exhibit.title: exhibit for exhibit in forecaster.exhibits()}

    assert isinstance(forecaster, BMAForecaster)
    assert isinstance(forecaster, Exhibits)
    assert shown["Equation of HOUST"].text == str(forecaster.system.equation("HOUST"))
    edges = shown["Who informs whom"].frame
    assert {(link.source, link.target) for link in forecaster.system.links()} == set(
        zip(edges["source"], edges["target"], strict=True)
    )
    weights = shown["Weights of the members"].frame
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)


def test_no_horizon_depends_on_others_where_the_guard_acts(archive):
    panel = dataclasses.replace(archive.as_of("2009-03-31"), as_of=pd.Timestamp("2009-02-28"))
    provider = BMA(start="1998-01", members=("autoregression",))

    together = provider.fit(panel, Target("TB3MS", (1, 2, 6))).forecast(panel)
    alone = provider.fit(panel, Target("TB3MS", (1,))).forecast(panel)

    assert any(reason.startswith("Guard (AR(12)): TB3MS") for reason in together.reasons)
    np.testing.assert_array_equal(together.mean[:, :1], alone.mean)
    np.testing.assert_array_equal(together.scale[:, :1], alone.scale)
    assert np.abs(together.mean).max() < 10.0  # without the guard: a bill rate of hundreds of per cent


@pytest.mark.parametrize("year", range(1999, 2026))
def test_forecasts_are_plausible_through_the_archive(archive, year):
    target = Target(
        ("GS10", "INDPRO", "UNRATE", "CPIAUCSL"), (1, 2, 6), ("change", "log_change", "level", "log_change")
    )

    made = forecast_of(BMA(), archive, f"{year}-08-31", target)

    assert np.abs(made.point()[:, 0]).max() < 1.0
    assert np.abs(made.point()[:, 1]).max() < 0.25
    assert 2.0 < made.point()[:, 2].min() <= made.point()[:, 2].max() < 25.0
    assert np.abs(made.point()[:, 3]).max() < 0.05
    assert (made.scale > 0).all()
