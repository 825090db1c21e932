"""A decision is refused on data that are too old for it, and the message says which and what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, StaleDataError
from macrotrade.panel.panel import SeriesInfo
from macrotrade.panel.vintages import History, Releases
from macrotrade.providers.benchmarks.autoregression import Autoregression
from macrotrade.providers.benchmarks.factor_model import FactorModel
from macrotrade.strategy.decide import decide
from macrotrade.strategy.freshness import essential_series, refuse_stale
from macrotrade.strategy.spec import Strategy

AT = pd.Timestamp("2026-10-31")
NAMES = ("INDPRO", "PAYEMS", "UNRATE")


@pytest.fixture
def economy() -> Callable[..., History]:
    """A yield and a par bond to 2026-10-30, and monthly numbers of which some stop early."""

    def make(**last_months: str) -> History:
        months = pd.period_range("2000-01", "2026-09", freq="M")
        draw = np.random.default_rng(1)
        macro = pd.DataFrame({name: 100.0 + draw.normal(size=len(months)).cumsum() for name in NAMES}, index=months)
        for name, last in last_months.items():
            macro.loc[pd.Period(last, "M") + 1 :, name] = np.nan
        days = pd.bdate_range("2000-01-03", "2026-10-30")
        yields = 4.0 + 0.02 * draw.normal(size=len(days)).cumsum()
        market = pd.DataFrame({"DGS10": yields, "ZN": 100.0 * np.exp(-0.07 * (yields - 4.0))}, index=days)
        series = {name: SeriesInfo(name, tcode=5, delay_days=15) for name in NAMES}
        series["DGS10"] = SeriesInfo("DGS10", "D", "yield", 2)
        series["ZN"] = SeriesInfo("ZN", "D", "price", 5)
        return History(
            "test", "pseudo", {"M": Releases.from_final("M", macro, dict.fromkeys(NAMES, 15))}, market, series
        )

    return make


def strategy(provider: str, **fields: object) -> Strategy:
    return Strategy.model_validate({"provider": provider, "instrument": "ZN", "start": "2015-01", **fields})


def test_fresh_data_pass_whatever_the_provider_reads(economy: Callable[..., History]) -> None:
    refuse_stale(strategy("factor-model"), economy(), AT)


def test_a_panel_of_which_most_has_stopped_is_refused_for_a_provider_that_may_read_all_of_it(
    economy: Callable[..., History],
) -> None:
    history = economy(INDPRO="2026-05", UNRATE="2026-04")

    with pytest.raises(
        StaleDataError,
        match=r"2 of 3 monthly series are too old, INDPRO among them: INDPRO was last known for 2026-05-31, 153 days "
        r"before 2026-10-31; at most 77 days allowed\. Update the data .*'macrotrade data update'",
    ):
        decide(strategy("factor-model"), history, AT)


def test_a_limit_of_a_series_that_nobody_knows_is_refused_with_the_nearest_name(
    economy: Callable[..., History],
) -> None:
    limited = strategy("autoregression").changed(series_max_age_days={"DGS100": 5})

    with pytest.raises(DataError, match=r"\[series_max_age_days\] names DGS100, .*Did you mean 'DGS10'"):
        decide(limited, economy(), AT)


def test_the_same_panel_passes_for_a_provider_that_reads_only_what_it_forecasts(
    economy: Callable[..., History],
) -> None:
    made = decide(strategy("autoregression"), economy(INDPRO="2026-05", UNRATE="2026-04"), AT, look_back=1)

    assert {decision.instrument for decision in made} == {"ZN"}


def test_one_series_that_ended_does_not_stop_a_panel(economy: Callable[..., History]) -> None:
    refuse_stale(strategy("factor-model"), economy(UNRATE="2019-01"), AT)


def test_a_series_with_an_age_of_its_own_must_be_fresh_for_any_provider(economy: Callable[..., History]) -> None:
    history = economy(UNRATE="2026-07")

    refuse_stale(strategy("autoregression", series_max_age_days={"UNRATE": 100}), history, AT)
    with pytest.raises(StaleDataError, match=r"UNRATE was last known for 2026-07-31, 92 days .*at most 60 days"):
        refuse_stale(strategy("autoregression", series_max_age_days={"UNRATE": 60}), history, AT)


def test_more_days_for_each_series_let_an_old_panel_pass(economy: Callable[..., History]) -> None:
    history = economy(INDPRO="2026-05", UNRATE="2026-04")

    refuse_stale(strategy("factor-model", series_max_age_days={"INDPRO": 200, "UNRATE": 200}), history, AT)


def test_a_driver_with_an_age_of_its_own_is_judged_by_it(economy: Callable[..., History]) -> None:
    late = AT + pd.Timedelta(days=30)

    with pytest.raises(StaleDataError, match=r"DGS10, which drives ZN, was last quoted on 2026-10-30, 31 days"):
        refuse_stale(strategy("autoregression"), economy(), late)
    refuse_stale(strategy("autoregression", series_max_age_days={"DGS10": 31}), economy(), late)


def test_a_provider_says_what_it_cannot_do_without_or_names_it_in_its_settings(
    economy: Callable[..., History],
) -> None:
    @dataclass(frozen=True)
    class Named(Autoregression):
        leading: tuple[str, ...] = ("PAYEMS", "no such series")
        essential_series: ClassVar[tuple[str, ...] | None] = None  # type: ignore[assignment]

    panel = economy().as_of(AT)

    assert essential_series(Autoregression(), panel) == ()
    assert essential_series(FactorModel(), panel) is None
    assert essential_series(Named(), panel) == ("PAYEMS",)
    assert essential_series(dataclasses.replace(Named(), leading=()), panel) is None
