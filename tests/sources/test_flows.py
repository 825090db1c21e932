"""Fiscal flows, balances and valuation, month by month as known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import History
from macrotrade.errors import SettingsError
from macrotrade.panel.releases import Releases
from macrotrade.sources.embedded import load_embedded
from macrotrade.sources.flows import FLOWS, with_flows
from macrotrade.sources.live.fiscal import FISCAL_SERIES
from macrotrade.strategy.parts import DataOptions, parse

BALANCES = ["BALANCE_GOVERNMENT_GDP", "BALANCE_PRIVATE_GDP", "BALANCE_WORLD_GDP"]


@pytest.fixture(scope="module")
def history() -> History:
    return with_flows(load_embedded())


def test_the_balances_of_the_three_sectors_sum_to_zero(history: History) -> None:
    balances = history.as_of("2022-12-31").monthly[BALANCES].dropna()

    assert len(balances) > 900
    assert np.abs(balances.sum(axis=1)).max() < 1e-9


def test_a_balance_is_the_published_one_of_the_last_quarter_released(history: History) -> None:
    panel = history.as_of("2008-03-31")

    # The fourth quarter of 2007 appears ninety days after its end, on 30 March.
    quarter = panel.quarterly.loc[pd.Period("2007Q4")]
    assert panel.values("BALANCE_GOVERNMENT_GDP").iloc[-1] == pytest.approx(
        100.0 * quarter["BALANCE_GOVERNMENT"] / quarter["GDP"]
    )
    assert panel.values("BALANCE_WORLD_GDP").iloc[-1] == pytest.approx(4.34, abs=0.3)  # the first published figure


def test_the_deficit_is_outlays_less_receipts(history: History) -> None:
    monthly = history.as_of("2022-12-31").monthly

    difference = monthly["FEDERAL_OUTLAYS_GDP"] - monthly["FEDERAL_RECEIPTS_GDP"]
    np.testing.assert_allclose(monthly["FEDERAL_DEFICIT_GDP"].dropna(), difference.dropna())


def test_what_cannot_be_made_and_what_is_taken_from_the_package_is_told(history: History) -> None:
    notes = "\n".join(history.notes)

    assert "TREASURY_SURPLUS_GDP is not made: the source has no MTSDS133FMS" in notes
    assert "FGRECPT" in notes
    assert "final numbers that ship with the package" in notes
    assert {one.group for one in FLOWS} == {"fiscal", "balances", "valuation"}


def test_the_other_series_stay_as_they_were(history: History) -> None:
    plain, joined = load_embedded().as_of("2010-06-30"), history.as_of("2010-06-30")

    common = joined.monthly.loc[plain.monthly.index, plain.monthly.columns]
    pd.testing.assert_frame_equal(common, plain.monthly)
    pd.testing.assert_frame_equal(joined.quarterly, plain.quarterly)


def test_monthly_statements_of_the_treasury_are_used_where_a_source_has_them() -> None:
    embedded = load_embedded()
    months = pd.period_range("2000-01", "2010-12", freq="M")
    statements = pd.DataFrame(dict.fromkeys(FISCAL_SERIES, 1000.0), index=months)
    table = Releases.from_final("M", statements, dict.fromkeys(FISCAL_SERIES, 12))
    releases = {**embedded.releases, "M": embedded.releases["M"].joined(table)}
    live = History("live", "pseudo", releases, embedded.market, {**embedded.series, **FISCAL_SERIES})

    panel = with_flows(live, shipped=False).as_of("2008-03-31")

    # Twelve months of a thousand millions, over GDP in billions.
    gdp = panel.quarterly["GDP"].dropna().iloc[-1]
    assert panel.values("TREASURY_SURPLUS_GDP").iloc[-1] == pytest.approx(100.0 * 12.0 / gdp)
    assert "FEDERAL_RECEIPTS_GDP" not in panel.series


def test_a_file_asks_for_flows_by_one_key_and_only_of_the_united_states(tmp_path: Path) -> None:
    assert "STOCKS_GDP" in DataOptions(flows=True).load().series
    with pytest.raises(SettingsError, match="flows are those of the United States"):
        parse(DataOptions, {"source": "euro-area", "flows": True}, str(tmp_path))
