from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Strategy, backtest, sensitivity
from macrotrade.evaluation.performance import performance
from macrotrade.panel.averages import with_monthly_averages
from macrotrade.portfolio.simulate import track_record
from macrotrade.report.document import make_report
from macrotrade.strategy.run import origins_of, signals
from macrotrade.strategy.sensitivity import Sensitivity
from macrotrade.strategy.variants import n_walks

AR = {"name": "autoregression", "label": "AR(3)", "n_lags": 3}


def _strategy(**changes: object) -> Strategy:
    fields = {"providers": [AR], "instruments": ("ZN",), "start": "2003-01-31", "end": "2005-12-31", "coin_flips": 5}
    return Strategy.model_validate(fields | changes)


@pytest.fixture(scope="module")
def found(market: History) -> Sensitivity:
    return sensitivity(_strategy(periods_ahead=(1, 2), pool=True, providers=[AR, {"name": "naive"}]), market)


def _growth(found: Sensitivity, assumption: str, rule: str = "long_short") -> float:
    rows = found.growth.xs(assumption, level="assumption")
    return float(rows["AR(3)", rule, "ZN"].iloc[0])


def test_the_first_row_is_the_backtest_itself(market: History) -> None:
    strategy = _strategy()
    run = backtest(strategy, market)
    expected = performance(run.returns, run.periods_per_year)

    found = sensitivity(strategy, market)

    for figure, table in (("growth", found.growth), ("efficiency", found.efficiency)):
        pd.testing.assert_series_equal(
            table.iloc[0], expected[figure].reindex(table.columns), check_names=False, rtol=1e-14
        )


@pytest.mark.parametrize(
    ("assumption", "options"),
    [("no costs", {"costs": "none"}), ("a session later", {"delay": 1})],
)
def test_costs_and_delays_are_those_of_a_backtest_that_has_them(
    market: History, found: Sensitivity, assumption: str, options: dict[str, object]
) -> None:
    run = backtest(_strategy(portfolio=options), market)
    expected = performance(run.returns, run.periods_per_year)["growth"]["AR(3)", "long_short", "ZN"]

    assert _growth(found, assumption) == pytest.approx(expected, rel=1e-12)


def test_a_shift_of_the_forecast_is_a_shift_of_its_sign(market: History, found: Sensitivity) -> None:
    strategy = _strategy()
    run = signals(strategy, market, origins_of(strategy, market))
    forecasts = run.walks["AR(3)"][0].forecasts
    # A single Gaussian member: P(up) is above a half where its mean is.
    held = pd.DataFrame(
        {"ZN": [-np.sign(forecast.mean.item() + 0.05) for forecast in forecasts]},
        index=[forecast.as_of for forecast in forecasts],
    )
    prices = market.prices(["ZN"]).loc["2003-01-31":"2006-01-31"]
    record = track_record(held, prices)

    assert _growth(found, "every forecast 5 basis points higher") == pytest.approx(
        performance(record.returns, 252.0)["growth"].iloc[0], rel=1e-12
    )


def test_nothing_is_forecast_again_without_need(market: History, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = _strategy()
    run = signals(strategy, market, origins_of(strategy, market))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("forecasts were made again")

    monkeypatch.setattr("macrotrade.strategy.variants.signals", refuse)
    monkeypatch.setattr("macrotrade.strategy.sensitivity.signals", refuse)

    assert len(sensitivity(strategy, market, run=run).growth) > 10
    assert n_walks(strategy) == 1
    assert n_walks(strategy.changed(sensitivity={"averages": True, "sample_starts": ("1995-01",)})) == 2


def test_every_column_of_the_run_has_every_row(found: Sensitivity) -> None:
    assert found.growth.notna().all(axis=None)
    assert set(found.growth.columns.get_level_values("provider")) == {"AR(3)", "naive", "vote", "buy and hold"}
    assert set(found.growth.index.get_level_values("topic")) == {
        "as run", "forecast", "execution", "cost", "months", "chance",
    }  # fmt: skip
    assert len(found.tidy()) == found.growth.size


def test_the_bootstrap_band_holds_the_run(found: Sensitivity) -> None:
    table = found.growth.drop(columns="naive", level="provider")
    low, high = table.loc["chance"].iloc[0], table.loc["chance"].iloc[1]

    assert ((low < table.iloc[0]) & (table.iloc[0] < high)).all()


def test_the_unadjusted_price_is_for_instruments_that_have_one(market: History) -> None:
    strategy = _strategy(instruments=("ZN", "SPX"))
    nearby = market.prices(["ZN"])["ZN"].to_frame() * np.linspace(1.0, 2.0, len(market.prices(["ZN"])))[:, None]

    found = sensitivity(strategy, market, nearby=nearby).growth.xs("price", level="topic").iloc[0]

    first, last = nearby["ZN"].loc[:"2003-01-31"].iloc[-1], nearby["ZN"].loc[:"2006-01-31"].iloc[-1]
    costs = sensitivity(strategy, market).growth.iloc[0]["buy and hold", "baseline", "ZN"] / (
        market.prices(["ZN"])["ZN"].loc[:"2006-01-31"].iloc[-1]
        / market.prices(["ZN"])["ZN"].loc[:"2003-01-31"].iloc[-1]
    )
    assert found["buy and hold", "baseline", "ZN"] == pytest.approx(last / first * costs, rel=1e-3)
    assert np.isnan(found["buy and hold", "baseline", "SPX"])


def test_no_change_of_an_average_is_a_change_since_the_last_close(market: History) -> None:
    strategy = _strategy(providers=[{"name": "naive"}], sensitivity={"averages": True})
    origins = origins_of(strategy, market)

    found = sensitivity(strategy, market).growth

    average = market.market["DGS10"].dropna().groupby(lambda day: day.to_period("M")).mean()
    close = [market.market["DGS10"].loc[:origin].dropna().iloc[-1] for origin in origins]
    held = pd.DataFrame({"ZN": np.sign(close - average[origins.to_period("M")].to_numpy())}, index=origins)
    record = track_record(held, market.prices(["ZN"]).loc["2003-01-31":"2006-01-31"])
    column = "naive", "long_short", "ZN"
    assert found.xs("month-average yield, against the last average", level="assumption")[column].iloc[0] == 1.0
    assert found.xs("month-average yield, against the last close", level="assumption")[column].iloc[0] == pytest.approx(
        performance(record.returns, 252.0)["growth"].iloc[0], rel=1e-12
    )


def test_a_strategy_may_name_its_driver(market: History) -> None:
    averaged = with_monthly_averages(market, {"GS10": "DGS10"})
    run = backtest(_strategy(drivers={"ZN": "GS10"}), averaged)

    assert set(run.forecasts["series"]) == {"GS10"}
    assert run.decisions[0].driver == "GS10"


def test_a_sample_that_starts_too_late_is_a_row_without_numbers_and_with_its_reason(market: History) -> None:
    small = {"name": "bma", "label": "AR(4)", "members": ("autoregression",), "series": ()}
    strategy = _strategy(providers=[small, AR], sensitivity={"sample_starts": ("1998-01", "2005-06")})

    found = sensitivity(strategy, market)

    row = found.growth.loc[("sample", "estimated from 2005-06 on")]
    assert row[["AR(4)"]].isna().all()
    assert row["buy and hold", "baseline", "ZN"] == found.growth.iloc[0]["buy and hold", "baseline", "ZN"]
    reason = next(note for note in found.notes if note.startswith("estimated from 2005-06 on"))
    assert "Provider 'AR(4)' forecast at no origin. The first said:" in reason
    assert found.growth.loc[("sample", "estimated from 1998-01 on")][["AR(4)"]].notna().all()


def test_every_row_stands_in_the_results_of_the_report(market: History, found: Sensitivity) -> None:
    strategy = _strategy(periods_ahead=(1, 2), pool=True, providers=[AR, {"name": "naive"}])
    run = backtest(strategy, market)

    alone, whole = make_report(run).results, make_report(run, sensitivity=found).results

    assert alone["assumptions"] is None
    rows = pd.DataFrame(whole["assumptions"]["rows"]).set_index(["assumption", "provider", "rule", "instrument"])
    assert len(rows) == found.growth.size
    assert rows.loc[("no costs", "AR(3)", "long_short", "ZN"), "growth"] == _growth(found, "no costs")
    assert set(whole["assumptions"]["notes"]) == set(found.notes)
    assert whole["sensitivity"] == alone["sensitivity"]
