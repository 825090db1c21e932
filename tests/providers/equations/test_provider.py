"""Discovered equations as a provider: the laws, what they read, what they fall back on, saved discoveries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Forecast, Target
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History
from macrotrade.providers.equations.direct import AHEAD, _origins, direct_table, outcomes
from macrotrade.providers.equations.discovery import DiscoverySettings, discover
from macrotrade.providers.equations.inputs import OWN, Inputs, economy, known_target
from macrotrade.providers.equations.iterated import calendar_table
from macrotrade.providers.equations.provider import Design, Equations
from macrotrade.providers.registry import load
from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.euro_area import load_euro_area
from macrotrade.sources.load import load as load_history
from macrotrade.testing import check_provider

QUICK = Equations(max_terms=1, n_members=2, window_years=8, beam_width=5)
YIELD, STOCKS = Target("DGS10", (1, 2)), Target("SPX", (1, 3), "log_change")
FRED_MD = Equations().inputs
DAY = "2004-12-31"


@pytest.fixture(scope="module")
def history() -> History:
    return load_embedded()


@pytest.fixture(scope="module")
def panel(history: History) -> Panel:
    return history.as_of(DAY)


def test_it_is_registered() -> None:
    assert load("equations", design="system") == Equations(design="system")


def test_direct_equations_obey_the_laws(history: History) -> None:
    report = check_provider(QUICK, history, YIELD, ["1998-03-31", DAY])

    report.raise_for_failures()


@pytest.mark.parametrize("design", ["iterated", "system"])
def test_iterated_equations_obey_the_laws(history: History, design: Design) -> None:
    provider = replace(
        QUICK, design=design, n_members=1, beam_width=2, prices="", unemployment="", output="", long_rate=""
    )

    report = check_provider(provider, history, YIELD, [DAY])

    report.raise_for_failures()


def test_shrunk_whole_a_price_is_forecast_by_the_mean_of_its_history(panel: Panel) -> None:
    provider = replace(QUICK, shrink=1.0)

    forecast = provider.fit(panel, STOCKS).forecast(panel)

    logs = np.log(panel.monthly["SPX"].dropna().to_numpy())
    for place, step in enumerate(STOCKS.horizons):
        outcome = (logs[step:] - logs[:-step])[-8 * 12 :]
        assert forecast.point()[place, 0] == pytest.approx(outcome.mean(), abs=1e-12)


def test_shrunk_whole_a_yield_is_forecast_by_an_autoregression_of_its_changes(panel: Panel) -> None:
    provider = replace(QUICK, shrink=1.0)

    forecast = provider.fit(panel, YIELD).forecast(panel)

    levels = panel.monthly["DGS10"].dropna().to_numpy()
    changes = np.diff(levels)
    for place, step in enumerate(YIELD.horizons):
        rows = range(len(levels) - step - 8 * 12, len(levels) - step)
        design = np.array([[1.0, changes[row - 1], changes[row - 2]] for row in rows])
        outcome = np.array([levels[row + step] - levels[row] for row in rows])
        coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
        expected = coefficients @ [1.0, changes[-1], changes[-2]]
        assert forecast.point()[place, 0] == pytest.approx(expected, abs=1e-9)


def test_no_outcome_of_a_fit_was_unknown_at_the_rows_it_is_judged_on() -> None:
    for n_periods, step, n_origins in ((100, 1, 4), (240, 12, 5), (61, 3, 8)):
        ends, tested = _origins(n_periods, step, n_origins)

        assert all(end - 1 + step <= rows.start for end, rows in zip(ends, tested, strict=True))
        assert [row for rows in tested for row in range(n_periods)[rows]] == list(range(tested[0].start, n_periods))


def test_a_row_holds_what_was_known_together(panel: Panel) -> None:
    known = known_target(panel, "DGS10", "M", logarithms=False)

    table = direct_table(known, economy(panel, "M", FRED_MD)).assign(**{AHEAD: outcomes(known, "change", 2)})

    prices = panel.monthly["CPIAUCSL"].dropna()
    assert prices.index[-1] == pd.Period("2004-11")
    assert table.index[-1] == pd.Period("2005-01")
    assert table["inflation"].iloc[-2] == pytest.approx(100 * np.log(prices.iloc[-1] / prices.iloc[-13]))
    yields = panel.monthly["DGS10"]
    assert table.loc["2004-12", OWN] == pytest.approx(yields["2004-12"] - yields["2004-11"])
    assert table.loc["2004-11", AHEAD] == pytest.approx(yields["2004-12"] - yields["2004-10"])
    assert table[AHEAD].iloc[-2:].isna().all()


def test_nothing_unreleased_is_filled_in_by_the_calendar(panel: Panel) -> None:
    known = known_target(panel, "DGS10", "M", logarithms=False)

    table = calendar_table(known, economy(panel, "M", FRED_MD))

    assert table.loc["2004-12"].notna().to_dict() == {"DGS10": True} | dict.fromkeys(FRED_MD.columns, False)
    assert table.index[0] == pd.Period("1962-01")
    assert table.iloc[:-1].notna().all(axis=None)


def test_few_recent_rows_give_the_same_forecast_as_all(panel: Panel) -> None:
    known = known_target(panel, "DGS10", "M", logarithms=False)

    recent = direct_table(known, economy(panel, "M", FRED_MD, 60), 60)

    whole = direct_table(known, economy(panel, "M", FRED_MD))
    pd.testing.assert_frame_equal(recent.iloc[-30:], whole.iloc[-30:])


def test_a_missing_series_is_named_with_the_setting_that_can_name_another(panel: Panel) -> None:
    with pytest.raises(FitError, match=r"CPI_NOWHERE.*settings prices, output"):
        replace(QUICK, prices="CPI_NOWHERE").fit(panel, YIELD)


def test_a_column_can_be_left_out(panel: Panel) -> None:
    assert Inputs("CPIAUCSL", None, None, "TB3MS", None).columns == ("inflation", "short_rate")

    found = replace(QUICK, output="", unemployment="", long_rate="").fit(panel, YIELD)

    assert "output" not in str(found.exhibits()[0].frame)


def test_quarters_of_the_euro_area_are_forecast_by_their_own_names() -> None:
    history = load_euro_area()
    provider = replace(QUICK, prices="HICP", output="YER", unemployment="URX", short_rate="STN", long_rate="LTN")
    target = Target("LTN", (1, 4), frequency="Q")

    panel = history.as_of("2010-03-31")
    forecast = replace(provider, window_years=0).fit(panel, target).forecast(panel)

    assert forecast.period == pd.Period("2010Q1")
    assert (forecast.spread() > 0).all()


def test_days_are_refused(panel: Panel) -> None:
    with pytest.raises(FitError, match="months or quarters"):
        QUICK.fit(panel, Target("DGS10", frequency="D"))


@pytest.mark.parametrize("measure", ["level", "change", "one_period_change", "log_change", "one_period_log_change"])
@pytest.mark.parametrize("design", ["direct", "iterated"])
def test_every_measure_is_forecast_near_no_change(panel: Panel, measure: str, design: Design) -> None:
    provider = replace(QUICK, design=design, n_members=1, unemployment="", output="", long_rate="")
    target = Target("SPX", (2,), measure)  # type: ignore[arg-type]

    forecast = provider.fit(panel, target).forecast(panel)

    still = forecast.origin if measure == "level" else 0.0
    assert (np.abs(forecast.point() - still) < 2.0 * forecast.spread()).all()
    unit = 1.0 if "log" in measure else forecast.origin[0]
    assert 0.005 < forecast.spread()[0, 0] / unit < 0.2


def test_a_level_is_its_change_and_the_last_value(panel: Panel) -> None:
    change, level = (QUICK.fit(panel, replace(YIELD, measure=one)).forecast(panel) for one in ("change", "level"))

    np.testing.assert_allclose(level.mean, change.mean + change.origin, atol=1e-12)


def test_members_have_weights_and_scales_of_their_own(panel: Panel) -> None:
    forecast = Equations(window_years=10).fit(panel, YIELD).forecast(panel)

    used = forecast.weights[:, 0, 0] > 0
    assert len(forecast.members) == 5
    assert used.sum() >= 2
    assert len(set(forecast.scale[used, 0, 0])) == used.sum()
    assert any(reason.startswith("DGS10, 1 ahead: ahead = ") for reason in forecast.reasons)


def test_equations_that_would_run_away_are_replaced_and_said_so(panel: Panel) -> None:
    provider = replace(QUICK, design="iterated", n_members=1, unemployment="", output="", long_rate="")
    forecaster = provider.fit(panel, YIELD)
    found = forecaster.equations["DGS10"]  # type: ignore[union-attr]
    member = found.groups[0].equations[0]
    wild = replace(member, parameters=member.parameters * 40.0)
    runaway = replace(found, groups=(replace(found.groups[0], equations=(wild,)),))

    forecast = replace(forecaster, equations={"DGS10": runaway}).forecast(panel)  # type: ignore[type-var]

    assert any("replaced by the autoregression" in reason for reason in forecast.reasons)
    assert forecast.reasons[0].startswith("DGS10: equation 1: ")


@pytest.fixture(scope="module")
def saved(panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A discovery of the ten-year yield on data to 2004."""
    known = known_target(panel, "DGS10", "M", logarithms=False)
    table = calendar_table(known, economy(panel, "M", replace(FRED_MD, output=None, unemployment=None)))
    settings = DiscoverySettings(lags=1, max_terms=1, n_members=2, n_refined=0, n_verified=0)
    file = tmp_path_factory.mktemp("saved") / "discovery.json"
    discover(table, "DGS10", settings).save(file)
    return file


def forecast_of_saved(file: Path, panel: Panel, target: Target = YIELD) -> Forecast:
    return replace(QUICK, discovery=str(file)).fit(panel, target).forecast(panel)


def test_a_saved_discovery_forecasts_without_a_search(
    saved: Path, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("searched")

    monkeypatch.setattr("macrotrade.providers.equations.discovery.candidates_from", never)

    forecast = forecast_of_saved(saved, history.as_of("2006-06-30"))

    assert np.isfinite(forecast.point()).all()
    assert "DGS10 = " in forecast.reasons[-1]


def test_a_saved_discovery_is_refused_before_the_data_it_was_fitted_to(saved: Path, history: History) -> None:
    with pytest.raises(FitError, match="would look ahead"):
        forecast_of_saved(saved, history.as_of("2003-12-31"))


def test_a_saved_discovery_forecasts_only_its_own_target(saved: Path, panel: Panel) -> None:
    with pytest.raises(FitError, match="explain DGS10, not DGS5"):
        forecast_of_saved(saved, panel, Target("DGS5"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"design": "recursiv"}, "not known"),
        ({"beam_width": -1}, "beam_width"),
        ({"shrink": 2.0}, "0 to 1"),
        ({"discovery": "a.json", "grammar": "linear_ar"}, "discovery or grammar"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Equations(**settings)  # type: ignore[arg-type]


def test_a_grammar_over_the_columns_is_searched(panel: Panel, tmp_path: Path) -> None:
    file = tmp_path / "short.grammar"
    file.write_text("%max_terms 2 ;\nE -> c + T | E + T ;\nT -> c * V ;\nV -> own[1] | spread[1] ;\n", encoding="utf-8")

    found = replace(QUICK, grammar=str(file), max_terms=2, beam_width=0).fit(panel, YIELD)

    written = " ".join(found.exhibits()[0].frame["equation"])  # type: ignore[index]
    assert "sin" not in written
    assert "inflation" not in written


def test_what_it_shows_of_itself(panel: Panel) -> None:
    provider = replace(QUICK, design="system", n_members=1, beam_width=2, unemployment="", long_rate="")

    titles = [exhibit.title for exhibit in provider.fit(panel, YIELD).exhibits()]

    assert titles[:5] == [
        "Equations of DGS10",
        "Equations that DGS10 is carried by",
        "Fit of DGS10",
        "Recursive path of DGS10",
        "Steady states of DGS10",
    ]


@pytest.mark.parametrize("design", ["direct", "system"])
def test_true_vintages_are_forecast_by_the_defaults(shared_data: Path, design: Design) -> None:
    table = shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
    history = load_history("fred-md", table)
    panel = history.as_of("2008-09-30")
    provider = replace(QUICK, design=design, n_members=2)

    forecast = provider.fit(panel, YIELD).forecast(panel)

    assert panel.vintages == "true"
    assert (np.abs(forecast.point()) < 1.0).all()
    assert (forecast.spread() > 0.05).all()


def test_a_grammar_that_was_edited_is_not_the_one_that_was_searched(tmp_path: Path) -> None:
    file = tmp_path / "own.grammar"
    file.write_text("one", encoding="utf-8")
    provider = Equations(grammar=str(file))
    before = provider.files_fingerprint

    file.write_text("another", encoding="utf-8")

    assert "" != before != provider.files_fingerprint
    assert Equations().files_fingerprint == ""
