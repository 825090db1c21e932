"""All that needs a vectorbt portfolio, in one file, since importing and compiling it takes seconds."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import vectorbt as vbt

from macrotrade.errors import DataError, SettingsError
from macrotrade.evaluation.performance import performance
from macrotrade.portfolio.simulate import simulate, track_record

LEVELS = ["provider", "instrument"]


@pytest.fixture(scope="module")
def daily() -> pd.DataFrame:
    """S&P 500 and, on the same days, the 10-year yield as a price of a zero-coupon bond."""
    data = files("macrotrade.sources") / "data"
    stocks = pd.read_parquet(str(data / "sp500_daily.parquet"))["SP500"]
    curve = pd.read_parquet(str(data / "treasury_daily.parquet"))["10year"]
    stocks.index, curve.index = pd.DatetimeIndex(stocks.index), pd.DatetimeIndex(curve.index)
    prices = pd.DataFrame({"SPX": stocks, "ZN": 100.0 / (1.0 + curve / 200.0) ** 20}).loc["1996":"2008"]
    return prices.dropna(how="all")


@pytest.fixture(scope="module")
def monthly(daily: pd.DataFrame) -> pd.DataFrame:
    return daily.ffill().groupby(pd.DatetimeIndex(daily.index).to_period("M")).tail(1)


def decided(values: np.ndarray, start: str = "1996-06-30") -> pd.DataFrame:
    columns = pd.MultiIndex.from_product([["one", "two"], ["SPX", "ZN"]], names=LEVELS)
    origins = pd.date_range(start, periods=len(values), freq="ME", name="origin")
    return pd.DataFrame(values, index=origins, columns=columns)


def drawn(kind: str) -> pd.DataFrame:
    generator = np.random.default_rng(20)
    draws = {
        "signs": np.sign(generator.normal(size=(140, 4))),
        "fractions": generator.uniform(-1, 1, size=(140, 4)),
        "leverage": generator.uniform(-3, 3, size=(140, 4)),
        "always": np.ones((140, 4)) * [1, -1, 1, 2.5],
    }
    return decided(draws[kind])


@pytest.mark.parametrize("kind", ["signs", "fractions", "leverage", "always"])
@pytest.mark.parametrize("bars", ["daily", "monthly"])
def test_a_portfolio_without_costs_earns_the_sum_of_position_times_return(
    kind: str, bars: str, request: pytest.FixtureRequest
) -> None:
    prices = request.getfixturevalue(bars)
    positions = drawn(kind)
    portfolio = simulate(positions, prices, costs="none")
    closes = prices.ffill().loc[portfolio.wrapper.index]
    returns = closes.pct_change().fillna(0.0)[positions.columns.get_level_values("instrument")].to_numpy()
    month = closes.index.to_period("M").asi8[:, None] - positions.index.to_period("M").asi8[0] - 1
    carried = np.where(month >= 0, positions.to_numpy()[np.clip(month[:, 0], 0, len(positions) - 1)], 0.0)
    np.testing.assert_allclose(portfolio.returns().to_numpy(), carried * returns, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["signs", "fractions", "leverage", "always"])
@pytest.mark.parametrize("bars", ["daily", "monthly"])
@pytest.mark.parametrize("delay", [0, 1])
def test_a_portfolio_with_costs_earns_the_net_returns_of_the_record(
    kind: str, bars: str, delay: int, request: pytest.FixtureRequest
) -> None:
    prices = request.getfixturevalue(bars)
    positions = drawn(kind)
    record = track_record(positions, prices, "futures", delay)
    portfolio = simulate(positions, prices, costs="futures", delay=delay)
    np.testing.assert_allclose(portfolio.returns().to_numpy(), record.returns.to_numpy(), rtol=0, atol=1e-12)
    assert (record.returns.sum() < record.gross_returns.sum()).all()


@pytest.mark.parametrize(("bars", "periods_per_year"), [("daily", 252.0), ("monthly", 12.0)])
def test_our_figures_are_those_of_vectorbt(bars: str, periods_per_year: float, request: pytest.FixtureRequest) -> None:
    portfolio = simulate(drawn("signs"), request.getfixturevalue(bars))
    ours = performance(portfolio.returns(), periods_per_year)
    theirs = pd.DataFrame(
        {
            "total_return": portfolio.total_return(),
            "annual_return": portfolio.annualized_return(),
            "volatility": portfolio.annualized_volatility(),
            "sharpe": portfolio.sharpe_ratio(),
            "sortino": portfolio.sortino_ratio(),
            "calmar": portfolio.calmar_ratio(),
            "max_drawdown": portfolio.max_drawdown(),
        }
    )
    np.testing.assert_allclose(ours[theirs.columns], theirs, rtol=1e-10, atol=1e-12)
    longest = portfolio.drawdowns.max_duration() / portfolio.wrapper.freq
    np.testing.assert_allclose(ours["drawdown_sessions"], longest)


def test_stats_of_one_column_are_annualised_by_the_bar(monthly: pd.DataFrame) -> None:
    portfolio = simulate(drawn("signs"), monthly)["one", "SPX"]
    returns = portfolio.returns()
    assert portfolio.returns_acc.ann_factor == 12.0
    assert portfolio.stats()["Sharpe Ratio"] == pytest.approx(returns.mean() / returns.std() * 12**0.5, rel=1e-12)
    assert portfolio.returns_stats()["Annualized Volatility [%]"] == pytest.approx(100 * returns.std() * 12**0.5)


def test_settings_of_vectorbt_neither_change_nor_matter(daily: pd.DataFrame) -> None:
    plain = simulate(drawn("signs"), daily)
    before = vbt.settings.portfolio["fees"], vbt.settings.returns["year_freq"]
    try:
        vbt.settings.portfolio["fees"], vbt.settings.returns["year_freq"] = 0.01, "365 days"
        odd = simulate(drawn("signs"), daily)
        pd.testing.assert_series_equal(odd.sharpe_ratio(), plain.sharpe_ratio())
    finally:
        vbt.settings.portfolio["fees"], vbt.settings.returns["year_freq"] = before
    assert (vbt.settings.portfolio["fees"], vbt.settings.returns["year_freq"]) == before


def test_the_benchmark_is_the_instrument_itself_whatever_the_position(daily: pd.DataFrame) -> None:
    portfolio = simulate(drawn("always"), daily)
    closes = daily.ffill().loc[portfolio.wrapper.index]
    moved = closes.iloc[-1] / closes.iloc[0] - 1.0
    benchmark = portfolio.total_benchmark_return()
    assert benchmark["one", "SPX"] == pytest.approx(moved["SPX"])
    assert benchmark["two", "ZN"] == pytest.approx(moved["ZN"])
    assert portfolio["two", "ZN"].total_benchmark_return() == pytest.approx(moved["ZN"])


def test_a_series_of_positions_gives_a_portfolio_of_one_column(daily: pd.DataFrame) -> None:
    positions = drawn("signs")["one", "SPX"]
    alone = simulate(positions.rename("SPX"), daily["SPX"])
    assert isinstance(alone.total_return(), float)
    assert alone.total_return() == pytest.approx(simulate(drawn("signs"), daily)["one", "SPX"].total_return())


def test_a_time_zone_on_prices_changes_labels_only(daily: pd.DataFrame) -> None:
    zoned = daily.tz_localize("America/New_York")
    there, here = simulate(drawn("signs"), zoned), simulate(drawn("signs"), daily)
    np.testing.assert_array_equal(there.returns().to_numpy(), here.returns().to_numpy())
    assert str(there.wrapper.index.tz) == "America/New_York"


def test_a_short_position_stays_at_its_target(daily: pd.DataFrame) -> None:
    falling = pd.Series(np.linspace(100, 50, 60), index=pd.bdate_range("2001-01-01", periods=60), name="SPX")
    short = pd.Series([-1.0], index=pd.DatetimeIndex(["2001-01-01"]), name="SPX")
    target = simulate(short, falling, costs="none").total_return()
    drifting = simulate(short, falling, costs="none", mode="signals").total_return()
    assert target == pytest.approx(np.prod(1.0 - falling.pct_change().dropna()) - 1.0, rel=1e-12)
    assert drifting == pytest.approx(0.5, rel=1e-12)


def test_signals_and_targets_agree_on_long_and_flat(daily: pd.DataFrame) -> None:
    positions = drawn("signs").clip(lower=0.0)
    signals = simulate(positions, daily, costs="futures", mode="signals")
    targets = simulate(positions, daily, costs="futures")
    np.testing.assert_allclose(signals.total_return(), targets.total_return(), rtol=1e-10)


def test_signals_refuse_fractions(daily: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="mode='target' for any other size"):
        simulate(drawn("fractions"), daily, mode="signals")


def test_an_unknown_mode_is_met_with_the_near_one(daily: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="Did you mean 'target'"):
        simulate(drawn("signs"), daily, mode="targets")  # type: ignore[arg-type]


def test_a_position_that_loses_everything_is_refused(daily: pd.DataFrame) -> None:
    jump = pd.Series([100.0, 210.0, 210.0], index=pd.bdate_range("2001-01-01", periods=3), name="SPX")
    with pytest.raises(DataError, match="lost all there was on 2001-01-02"):
        simulate(pd.Series([-1.0], index=jump.index[:1], name="SPX"), jump)


def test_columns_grouped_by_provider_add_up(daily: pd.DataFrame) -> None:
    portfolio = simulate(drawn("signs"), daily, group_by="provider")
    apart = simulate(drawn("signs"), daily)
    grouped = portfolio.final_value()
    assert grouped["one"] == pytest.approx(apart.final_value()["one"].sum())


def test_columns_that_share_cash_earn_the_sum_of_their_weights(daily: pd.DataFrame) -> None:
    halves = drawn("signs") / 2
    shared = simulate(halves, daily, costs="none", group_by="provider", cash_sharing=True, call_seq="auto")
    apart = track_record(halves, daily, costs="none").returns.T.groupby(level="provider").sum().T
    np.testing.assert_allclose(shared.returns().to_numpy(), apart.to_numpy(), rtol=0, atol=1e-12)


def test_a_portfolio_survives_being_saved_and_loaded(daily: pd.DataFrame) -> None:
    portfolio = simulate(drawn("signs"), daily)
    loaded = type(portfolio).loads(portfolio.dumps())
    pd.testing.assert_series_equal(loaded.sharpe_ratio(), portfolio.sharpe_ratio())
    pd.testing.assert_series_equal(loaded.total_benchmark_return(), portfolio.total_benchmark_return())
