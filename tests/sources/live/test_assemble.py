"""A History from the tables of live sources: the conventions of the embedded one, with the days of each release."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.panel.futures import par_bond_index
from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.embedded_tables import read_table
from macrotrade.sources.live.assemble import history_of
from macrotrade.sources.live.realtime import version_rows
from macrotrade.sources.treasury import MATURITIES
from tests.sources.live.server import versions_of


def vintages(series: str, frequency: str, released: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Table of vintages as ALFRED's answer gives it."""
    rows = [
        {"date": one.period, "value": one.value, "realtime_start": one.start, "realtime_end": one.end}
        for one in versions_of(released)
    ]
    frame = version_rows(rows, series)
    frame.attrs = {"frequency": frequency, "title": f"Title of {series}", "units": "Percent"}
    return frame


def quotes(values: pd.Series, frequency: str = "D") -> pd.DataFrame:
    known = values.dropna()
    frame = pd.DataFrame({"date": pd.DatetimeIndex(known.index), "value": known.to_numpy(np.float64)})
    frame.attrs = {"frequency": frequency, "title": "A title"}
    return frame


def shipped_curve() -> dict[str, pd.DataFrame]:
    """The shipped daily yields as fetches from FRED would give them."""
    daily = read_table("treasury_daily")
    daily = daily.set_axis(pd.DatetimeIndex(daily.index))
    return {f"fred-{name}": quotes(daily[words]) for name, (words, _) in MATURITIES.items()}


def test_yields_and_futures_are_those_of_the_embedded_data() -> None:
    history = history_of(shipped_curve())

    embedded = load_embedded().market.loc["1990-01-02":"2017-03-29"]
    ours = history.market.loc["1990-01-02":"2017-03-29"]
    for name in MATURITIES:
        pd.testing.assert_series_equal(ours[name], embedded[name].reindex(ours.index), check_freq=False)
    for symbol in ("ZT", "ZF", "ZN", "ZB"):
        ratio = (ours[symbol] / embedded[symbol].reindex(ours.index)).dropna()
        assert len(ratio) > 6700
        assert ratio.max() / ratio.min() - 1.0 < 1e-12
        assert history.series[symbol].description.startswith("Synthetic: ")
    assert history.vintages == "pseudo"


def test_before_its_first_day_the_bill_is_taken_from_the_discount_rate() -> None:
    sessions = pd.bdate_range("1975-01-01", "1975-12-31")
    generator = np.random.default_rng(5)
    ten = pd.Series(7.5 + 0.05 * generator.standard_normal(len(sessions)).cumsum(), sessions)
    bill = pd.Series(np.nan, sessions)
    bill.iloc[-1] = 5.0
    discount = pd.Series(5.5, sessions)

    five = ten - 0.4
    tables = {"fred-DGS10": quotes(ten), "fred-DGS5": quotes(five), "fred-DGS3MO": quotes(bill)}

    history = history_of({**tables, "fred-DTB3": quotes(discount)})

    equivalent = pd.Series(365 * 0.055 / (360 - 91 * 0.055) * 100, sessions)
    equivalent.iloc[-1] = 5.0
    expected = par_bond_index(pd.DataFrame({0.25: bill, 5.0: five, 10.0: ten}), equivalent, 10.0).index
    assert expected.notna().all()
    np.testing.assert_allclose(history.market["ZN"], expected)
    assert "DTB3" not in history.market


def test_a_release_of_alfred_is_seen_on_its_day_and_not_before() -> None:
    table = vintages("UNRATE", "M", {"2020-02-07": {"2020-01-01": "3.6"}, "2020-03-06": {"2020-01-01": "3.5"}})

    history = history_of({"alfred-UNRATE": table})

    january = pd.Period("2020-01", "M")
    assert history.vintages == "true"
    with pytest.raises(DataError, match="nothing public"):
        history.as_of("2020-02-06")
    assert history.as_of("2020-02-07").monthly["UNRATE"][january] == 3.6
    assert history.as_of("2020-03-05").monthly["UNRATE"][january] == 3.6
    assert history.as_of("2020-03-06").monthly["UNRATE"][january] == 3.5
    assert history.series["UNRATE"].tcode == 2


def test_a_withdrawn_number_is_gone_from_that_day() -> None:
    released = {
        "2020-02-07": {"2020-01-01": "3.6", "2019-12-01": "3.5"},
        "2020-03-06": {"2020-01-01": ".", "2019-12-01": "3.5"},
    }
    history = history_of({"alfred-UNRATE": vintages("UNRATE", "M", released)})

    assert pd.Period("2020-01", "M") in history.as_of("2020-03-05").monthly.index
    assert pd.Period("2020-01", "M") not in history.as_of("2020-03-06").monthly.index


def test_alfred_takes_over_from_fred_md_on_its_first_day() -> None:
    fred_md = vintages("UNRATE", "M", {"2020-02-29": {"2020-01-01": "3.6"}, "2020-03-31": {"2020-01-01": "3.5"}})
    other = vintages("PAYEMS", "M", {"2020-02-29": {"2020-01-01": "152"}})
    together = pd.concat([fred_md, other], ignore_index=True).astype({"series": "category"})
    alfred = vintages("UNRATE", "M", {"2020-03-06": {"2020-01-01": "3.7"}, "2020-04-03": {"2020-01-01": "3.8"}})

    history = history_of({"fred-md": together, "alfred-UNRATE": alfred})

    january = pd.Period("2020-01", "M")
    seen = [
        history.as_of(day).monthly["UNRATE"][january]
        for day in ("2020-02-29", "2020-03-06", "2020-03-31", "2020-04-03")
    ]
    assert seen == [3.6, 3.7, 3.7, 3.8]
    assert history.as_of("2020-04-03").monthly["PAYEMS"][january] == 152
    assert any("UNRATE" in note and "ALFRED" in note for note in history.notes)


def test_a_former_name_of_fred_md_continues_under_the_present_one() -> None:
    early = vintages("AMBSL", "M", {"2019-12-31": {"2019-11-01": "3000"}})
    early.loc[0, "realtime_end"] = pd.Timestamp("2020-01-30")
    late = vintages("BOGMBASE", "M", {"2020-01-31": {"2019-11-01": "3001"}})
    table = pd.concat([early, late], ignore_index=True).astype({"series": "category"})

    history = history_of({"fred-md": table})

    assert history.as_of("2019-12-31").monthly["BOGMBASE"].iloc[0] == 3000
    assert history.as_of("2020-01-31").monthly["BOGMBASE"].iloc[0] == 3001


def test_balances_are_the_sums_of_what_stood_on_each_day() -> None:
    parts = {
        "GPSAVE": {"2020-04-29": {"2020-01-01": "4000"}, "2020-05-28": {"2020-01-01": "4100"}},
        "GPDI": {"2020-04-29": {"2020-01-01": "3500"}, "2020-06-25": {"2020-01-01": "3450"}},
        "NETFI": {"2020-05-28": {"2020-01-01": "-500"}},
    }
    tables = {f"alfred-{name}": vintages(name, "Q", released) for name, released in parts.items()}

    history = history_of(tables)

    first = pd.Period("2020Q1", "Q")
    private = [
        history.as_of(day).quarterly["BALANCE_PRIVATE"][first] for day in ("2020-04-29", "2020-05-28", "2020-06-25")
    ]
    assert private == [500.0, 600.0, 650.0]
    assert "BALANCE_WORLD" not in history.as_of("2020-05-27").quarterly
    assert history.as_of("2020-05-28").quarterly["BALANCE_WORLD"][first] == 500.0
    assert "BALANCE_GOVERNMENT" not in history.series
    assert "GPSAVE" not in history.series
    assert history.series["BALANCE_PRIVATE"] == load_embedded().series["BALANCE_PRIVATE"]


def test_monthly_averages_of_yields_are_public_the_day_after_their_month() -> None:
    history = history_of(
        {"fred-GS30": quotes(pd.Series({pd.Timestamp("2026-07-01"): 4.9, pd.Timestamp("2026-08-01"): 4.8}), "M")}
    )

    assert list(history.as_of("2026-08-31").monthly["GS30"]) == [4.9]
    assert list(history.as_of("2026-09-01").monthly["GS30"]) == [4.9, 4.8]


def test_a_front_contract_never_becomes_a_price_of_the_history() -> None:
    sessions = pd.bdate_range("2026-08-03", periods=10)
    tables = {
        name: quotes(pd.Series(100.0 + np.arange(10.0), sessions)) for name in ("yahoo-ZN", "yahoo-ES", "yahoo-SPX")
    }

    history = history_of(tables)

    assert list(history.market.columns) == ["SPX"]
    assert any("ES, ZN" in note and "single contracts" in note for note in history.notes)


def test_no_table_and_tables_of_other_shapes_are_refused() -> None:
    good = quotes(pd.Series({pd.Timestamp("2026-08-03"): 4.2}))
    with pytest.raises(DataError, match="no table"):
        history_of({})
    with pytest.raises(DataError, match="'fred-DGS10' has the columns"):
        history_of({"fred-DGS10": good.rename(columns={"value": "close"})})
    with pytest.raises(DataError, match="dates must rise"):
        history_of({"fred-DGS10": pd.concat([good, good])})
    without_frequency = vintages("UNRATE", "M", {"2020-02-07": {"2020-01-01": "3.6"}})
    without_frequency.attrs = {}
    with pytest.raises(DataError, match="frequency None"):
        history_of({"alfred-UNRATE": without_frequency})
