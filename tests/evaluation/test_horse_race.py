"""The horse race: every cell is judged on shared periods by the tests it names; absentees and gaps are told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.comparison import clark_west, diebold_mariano
from macrotrade.evaluation.confidence_set import model_confidence_set
from macrotrade.evaluation.horse_race import horse_race
from macrotrade.evaluation.losses import Window, shared_forecasts

WINDOWS = (Window("early", "1993-05", "2006-07"), Window("late", "2006-08", "2019-10"))
ERRORS = {"ar": 1.0, "good": 0.6, "copy": 1.0, "noisy": 2.0}


def tidy_forecasts() -> pd.DataFrame:
    """Four providers, two series, two horizons, 1992 to 2019; `copy` says what `ar` says."""
    generator = np.random.default_rng(1)
    months = pd.period_range("1992-01", "2019-12", freq="M")
    parts = []
    for series in ("CPI", "PCE"):
        outcome = generator.standard_normal(len(months))
        for horizon in (3, 1):
            points = {name: outcome + error * generator.standard_normal(len(months)) for name, error in ERRORS.items()}
            points["copy"] = points["ar"]
            parts += [
                pd.DataFrame(
                    {
                        "provider": name,
                        "as_of": (months - horizon).end_time.normalize(),
                        "series": series,
                        "measure": "one_period_log_change",
                        "horizon": horizon,
                        "period": months.astype(str),
                        "point": point,
                        "outcome": outcome,
                    }
                )
                for name, point in points.items()
            ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def forecasts() -> pd.DataFrame:
    return tidy_forecasts()


def cell(forecasts: pd.DataFrame, provider: str, series: str = "CPI", horizon: int = 3) -> pd.DataFrame:
    rows = forecasts.query("provider == @provider and series == @series and horizon == @horizon")
    rows = rows.set_index(pd.PeriodIndex(rows["period"], freq="M"))
    return rows.loc["1993-05":"2006-07"]


def test_every_figure_is_that_of_the_single_test(forecasts: pd.DataFrame) -> None:
    race = horse_race(forecasts, "ar", WINDOWS, n_draws=300)
    ar, good = cell(forecasts, "ar"), cell(forecasts, "good")
    losses = pd.DataFrame({name: (p["outcome"] - p["point"]) ** 2 for name, p in {"ar": ar, "good": good}.items()})
    plain = diebold_mariano(losses["ar"].to_numpy(), losses["good"].to_numpy(), 3, alternative="greater")
    adjusted = clark_west(*(column.to_numpy() for column in (ar["outcome"], ar["point"], good["point"])), horizon=3)

    row = race.table.query("provider == 'good' and series == 'CPI' and horizon == 3 and window == 'early'").iloc[0]

    assert row["n"] == 159
    assert row["rmse"] == pytest.approx(np.sqrt(losses["good"].mean()))
    assert row["rmse_ratio"] == pytest.approx(np.sqrt(losses["good"].mean() / losses["ar"].mean()))
    assert row["bias"] == pytest.approx((good["outcome"] - good["point"]).mean())
    assert (row["diebold_mariano"], row["diebold_mariano_p_value"]) == (plain.statistic, plain.p_value)
    assert (row["clark_west"], row["clark_west_p_value"]) == (adjusted.statistic, adjusted.p_value)
    assert row["measure"] == "one_period_log_change"


def test_confidence_sets_are_drawn_for_every_cell(forecasts: pd.DataFrame) -> None:
    race = horse_race(forecasts, "ar", WINDOWS, n_draws=300)
    shared = shared_forecasts(forecasts, "PCE", 1, WINDOWS[1])
    alone = model_confidence_set(shared.losses(), horizon=1, n_draws=300).frame

    rows = race.table.query("series == 'PCE' and horizon == 1 and window == 'late'").set_index("provider")

    pd.testing.assert_series_equal(rows["set_p_value"], alone["p_value"], check_names=False)
    assert rows["in_75"].to_dict() == {"ar": False, "good": True, "copy": False, "noisy": False}


def test_wide_tables_stand_in_the_order_of_the_paper(forecasts: pd.DataFrame) -> None:
    race = horse_race(forecasts, "ar", WINDOWS, n_draws=200)

    ratios, stars = race.wide(), race.stars()

    assert list(ratios.index) == list(ERRORS)
    assert list(ratios["CPI"].columns) == [("early", 1), ("early", 3), ("late", 1), ("late", 3)]
    assert (ratios.loc["ar"] == 1.0).all()
    assert (stars.loc["good"] == "***").all()
    assert (stars.loc[["ar", "copy", "noisy"]] == "").all(axis=None)
    with pytest.raises(SettingsError, match="Did you mean 'rmse_ratio'"):
        race.wide("rmse_ratios")


def test_a_nesting_provider_has_clark_and_wests_stars(forecasts: pd.DataFrame) -> None:
    base, noise = forecasts.query("provider == 'ar'"), np.random.default_rng(2).standard_normal(4 * 336)
    nesting = base.assign(provider="nesting", point=base["point"] + 0.5 * (base["outcome"] - base["point"]) + noise)
    both = pd.concat([base, nesting], ignore_index=True)

    plain = horse_race(both, "ar", WINDOWS, n_draws=200).stars()
    corrected = horse_race(both, "ar", WINDOWS, nested=("nesting",), n_draws=200).stars()

    assert (plain.loc["nesting"] == "").all()
    assert (corrected.loc["nesting"] == "***").all()


def test_all_are_judged_on_the_periods_that_all_share(forecasts: pd.DataFrame) -> None:
    shorter = forecasts.drop(forecasts.query("provider == 'noisy' and period < '1996-05'").index)
    unknown = shorter.assign(outcome=shorter["outcome"].mask(shorter["period"] == "2000-01"))

    early = horse_race(unknown, "ar", WINDOWS[:1], n_draws=200).table

    assert (early["n"] == 159 - 36 - 1).all()
    assert early["note"].str.contains("37 of 159 periods are not shared by all or have no outcome").all()


def test_an_absentee_and_a_copy_are_named(forecasts: pd.DataFrame) -> None:
    late_only = forecasts.drop(forecasts.query("provider == 'noisy' and period < '2006-08'").index)

    table = horse_race(late_only, "ar", WINDOWS, n_draws=200).table.set_index(["provider", "window"])

    absent = table.loc[("noisy", "early")]
    assert (absent["n"] == 0).all()
    assert (absent["note"] == "no forecasts in this window").all()
    assert not absent["in_90"].any()
    assert (table.loc[("good", "early"), "n"] == 159).all()
    assert (table.loc[("copy", "late"), "note"] == "identical losses; identical losses to ar").all()
    assert table.loc[("copy", "late"), "diebold_mariano"].isna().all()
    assert table.loc[("ar", "late"), "note"].str.startswith("base of the ratios and tests").all()


def test_every_missing_number_has_a_reason(forecasts: pd.DataFrame) -> None:
    without_base = forecasts.drop(forecasts.query("provider == 'ar' and period < '2006-08'").index)

    table = horse_race(without_base, "ar", WINDOWS, n_draws=200).table

    lacking = table[table.drop(columns="note").isna().any(axis=1)]
    assert (lacking["note"] != "").all()
    early = table.query("window == 'early' and provider == 'good'")
    assert (early["note"] == "no forecasts of ar").all()
    assert early["rmse"].notna().all()


def test_too_few_periods_have_reasons_in_place_of_figures(forecasts: pd.DataFrame) -> None:
    table = horse_race(forecasts, "ar", (Window("two months", "2000-01", "2000-02"), Window("none", "2030-01"))).table

    two, none = (table[table["window"] == name] for name in ("two months", "none"))
    assert (two["n"] == 2).all()
    assert two.query("provider != 'ar'")["note"].str.contains("2 periods").all()
    assert (none["n"] == 0).all()
    assert (none["note"] == "no forecasts in this window").all()


def test_absolute_losses_change_the_tests(forecasts: pd.DataFrame) -> None:
    good, ar = cell(forecasts, "good"), cell(forecasts, "ar")
    errors = [(part["outcome"] - part["point"]).abs().to_numpy() for part in (ar, good)]

    table = horse_race(forecasts, "ar", WINDOWS[:1], loss="absolute", n_draws=200).table

    row = table.query("provider == 'good' and series == 'CPI' and horizon == 3").iloc[0]
    assert row["diebold_mariano"] == pytest.approx(diebold_mariano(*errors, horizon=3).statistic)


def test_mistakes_are_told(forecasts: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="'arr' made no forecast"):
        horse_race(forecasts, "arr")
    with pytest.raises(SettingsError, match="different names"):
        horse_race(forecasts, "ar", (Window("a"), Window("a")))
    with pytest.raises(SettingsError, match="before it begins"):
        Window("backwards", "2006-08", "1993-05")
    with pytest.raises(SettingsError, match="no forecasts of 'GDP'"):
        shared_forecasts(forecasts, "GDP", 1)
    with pytest.raises(DataError, match="more than once"):
        shared_forecasts(pd.concat([forecasts, forecasts.head(1)]), "CPI", 3)
    with pytest.raises(DataError, match="one measure"):
        shared_forecasts(forecasts.assign(measure=np.where(forecasts["provider"] == "ar", "level", "change")), "CPI", 1)
