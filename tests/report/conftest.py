"""A finished run to write a page about: three simple forecasts of the embedded yields and stocks, traded monthly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.ensemble_race import MemberPoints
from macrotrade.forecast import Exhibit
from macrotrade.instruments import INSTRUMENTS
from macrotrade.report import Report, make_report
from macrotrade.report.study_page import study_report
from macrotrade.sources.embedded_tables import read_table
from macrotrade.strategy.result import COLUMN_LEVELS, Backtest, Decision, Source
from macrotrade.strategy.run import rule_label
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.study import Study, StudyResult

START, END = "1992-01-01", "2017-03-31"
RULES = ("long_flat", "long_short")


PROVIDERS = ("naive", "reversal", "autoregression")
SYMBOLS = {"DGS10": "ZN", "SPX": "SPX"}

STUDIED = ("output", "prices", "jobs")
SIGHT = {"none": 0.0, "half": 0.5, "good": 0.9}
HORIZONS = (1, 2, 3)


@pytest.fixture(scope="session")
def backtest() -> Backtest:
    return make_backtest()


@pytest.fixture(scope="session")
def made(backtest: Backtest) -> Report:
    return make_report(backtest)


@pytest.fixture(scope="session")
def saved(made: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    made.save(folder)
    return folder


@pytest.fixture(scope="session")
def study() -> StudyResult:
    return make_study()


@pytest.fixture(scope="session")
def made_study(study: StudyResult) -> Report:
    return study_report(study)


@pytest.fixture(scope="session")
def saved_study(made_study: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    made_study.save(folder)
    return folder


def make_backtest() -> Backtest:
    strategy = Strategy(
        name="yields and stocks, three simple forecasts",
        providers=[{"name": name} for name in PROVIDERS],
        instruments=tuple(SYMBOLS.values()),
        rules=RULES,
        periods_ahead=(1, 2),
        start=START,
        end=END,
    )
    drivers = daily_drivers()
    prices = pd.DataFrame({"ZN": bond_index(drivers["DGS10"]), "SPX": drivers["SPX"] / drivers["SPX"].iloc[0]})
    forecasts = pd.concat([forecast_table(provider, drivers) for provider in PROVIDERS], ignore_index=True)
    scores = score_table(forecasts)
    positions = position_table(scores, prices)
    coins = coin_positions(positions.index, prices)
    rates = pd.DataFrame({"trade": {"ZN": 9.3e-5, "SPX": 4e-5}, "roll": {"ZN": 1.5e-6, "SPX": 1e-6}})
    exposure, turnover, gross, net = traded(positions, prices, rates)
    return Backtest(
        strategy=strategy,
        source=Source(
            name="embedded",
            vintages="pseudo",
            notes=(
                "ZN is synthetic: the excess return of a 10-year constant-maturity par bond, not a futures contract",
            ),
            first=prices.index[0],
            last=prices.index[-1],
        ),
        forecasts=forecasts,
        scores=scores,
        positions=positions,
        prices=prices,
        exposure=exposure,
        returns=net,
        gross_returns=gross,
        turnover=turnover,
        coin_flips=traded(coins, prices, rates)[3],
        cost_rates=rates,
        periods_per_year=252.0,
        decisions=decisions(forecasts, positions),
        exhibits={"autoregression": exhibits(positions.index)},
        explanations={"autoregression": (change("DGS10"), change("SPX"))},
    )


def exhibits(origins: pd.Index) -> tuple[Exhibit, ...]:
    """One exhibit of each kind; nothing informs SPX, and DGS10 has informants two steps away."""
    weights = pd.DataFrame({"drift": np.linspace(0.4, 0.7, len(origins))}, pd.DatetimeIndex(origins))
    links = [
        ("INDPRO", "DGS10", "1, 2", -4.2),
        ("UNRATE", "DGS10", "0", 3.1),
        ("PAYEMS", "UNRATE", "1", -6.0),
        ("DGS10", "MORTGAGE", "0", 11.5),
        ("OIL", "COAL", "3", 2.2),
    ]
    return (
        Exhibit("Equation", "table", pd.DataFrame({"regressor": ["intercept", "lag"], "coefficient": [0.01, -0.2]})),
        Exhibit("Weights through time", "lines", weights.assign(last=1.0 - weights["drift"])),
        Exhibit("Who informs whom", "graph", pd.DataFrame(links, columns=["source", "target", "lags", "t"])),
        Exhibit("Repairs", "text", text="one link cut\nanother link cut", note="none of them mattered"),
    )


@dataclass(frozen=True)
class Change:
    """Parts of one change of a forecast."""

    series: str
    horizon: int
    units: str
    before: float
    after: float
    parts: pd.DataFrame

    def table(self) -> pd.DataFrame:
        return self.parts


def change(series: str) -> Change:
    """A change of thirty small parts and two large ones."""
    small = [("release", f"M{number}", "2017-02", 0.001, 0.0, 0.0001) for number in range(30)]
    large = [("time", "", "", np.nan, np.nan, -0.02), ("release", series, "2017-03", 0.1, 0.05, 0.015)]
    columns = ["kind", "series", "period", "released", "expected", "amount"]
    parts = pd.DataFrame([*large, *small], columns=columns)
    return Change(series, 1, "per cent a year", 0.05, 0.05 + float(parts["amount"].sum()), parts)


def traded(
    positions: pd.DataFrame, prices: pd.DataFrame, rates: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Exposure, turnover, gross and net returns of positions held from the session after each decision."""
    symbols = positions.columns.get_level_values("instrument")
    exposure = positions.reindex(prices.index, method="ffill").shift(1).fillna(0.0)
    gross = exposure * prices.pct_change().fillna(0.0)[symbols].to_numpy()
    turnover = exposure.diff().abs().fillna(exposure.abs())
    costs = turnover * rates["trade"].loc[symbols].to_numpy() + exposure.abs() * rates["roll"].loc[symbols].to_numpy()
    return exposure, turnover, gross, gross - costs


def daily_drivers() -> pd.DataFrame:
    yields = read_table("treasury_daily")["10year"].rename("DGS10")
    stocks = read_table("sp500_daily")["SP500"].rename("SPX")
    both = pd.concat([yields, stocks], axis=1, join="inner").dropna()
    both.index = pd.DatetimeIndex(both.index)
    return both.sort_index().loc[:END]


def bond_index(ten_year: pd.Series) -> pd.Series:
    y = ten_year / 100.0
    duration = (1.0 - (1.0 + y / 2.0) ** -20) / y
    change = y.diff().fillna(0.0)
    returns = y.shift().fillna(0.0) / 252.0 - 0.02 / 252.0 - duration.shift().bfill() * change
    return (1.0 + returns).cumprod()


def forecast_table(provider: str, drivers: pd.DataFrame) -> pd.DataFrame:
    monthly = drivers.resample("ME").last()
    frames = [_driver_forecasts(provider, monthly[name], name, horizon) for name in monthly for horizon in (1, 2)]
    return pd.concat(frames, ignore_index=True)


def _driver_forecasts(provider: str, level: pd.Series, name: str, horizon: int) -> pd.DataFrame:
    series = np.log(level) if name == "SPX" else level
    change = series.diff()
    drift = change.rolling(24).mean()
    point = {
        "naive": 0.0 * drift,
        "reversal": -0.1 * change * (0.5 if horizon == 2 else 1.0),
        "autoregression": drift + 0.2**horizon * (change - drift),
    }[provider]
    spread = change.rolling(24).std()
    logged = "log_change" if name == "SPX" else "change"
    measure = logged if horizon == 1 else f"one_period_{logged}"
    table = pd.DataFrame(
        {
            "provider": provider,
            "as_of": level.index,
            "series": name,
            "measure": measure,
            "horizon": horizon,
            "period": [str(stamp.to_period("M") + horizon) for stamp in level.index],
            "origin": level.to_numpy(),
            "point": point.to_numpy(),
            "spread": spread.to_numpy(),
            "low": (point - 1.2816 * spread).to_numpy(),
            "high": (point + 1.2816 * spread).to_numpy(),
            "probability_up": _normal_cdf((point / spread).to_numpy()),
            "outcome": change.shift(-horizon).to_numpy(),
        }
    )
    return table.loc[table["as_of"] >= START].reset_index(drop=True)


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def score_table(forecasts: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for (provider, series, ahead), rows in forecasts.groupby(["provider", "series", "horizon"], sort=False):
        score = INSTRUMENTS[SYMBOLS[series]].sign * (2.0 * rows.set_index("as_of")["probability_up"] - 1.0)
        columns[provider, ahead, SYMBOLS[series]] = score.shift(ahead - 1)
    table = pd.DataFrame(columns)
    table.columns = table.columns.set_names(["provider", "ahead", "instrument"])
    return table


def position_table(scores: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    columns: dict[tuple[str, str, str], Any] = {}
    for provider, ahead, symbol in scores:
        score = scores[provider, ahead, symbol]
        columns[provider, rule_label("long_flat", ahead), symbol] = (score > 0).astype(float)
        columns[provider, rule_label("long_short", ahead), symbol] = np.sign(score.fillna(0.0))
    month_end = prices.resample("ME").last()
    for symbol in prices:
        past = np.sign(month_end[symbol].shift(1) / month_end[symbol].shift(12) - 1.0)
        columns["buy and hold", "baseline", symbol] = pd.Series(1.0, scores.index)
        columns["always short", "baseline", symbol] = pd.Series(-1.0, scores.index)
        columns["momentum 12-1", "baseline", symbol] = past.reindex(scores.index).fillna(0.0)
    table = pd.DataFrame(columns)
    table.columns = table.columns.set_names(COLUMN_LEVELS)
    return table


def coin_positions(origins: pd.Index, prices: pd.DataFrame) -> pd.DataFrame:
    tosses = np.random.default_rng(0).choice([-1.0, 1.0], (len(origins), 20 * prices.shape[1]))
    labels = [(f"coin {number + 1}", "coin", symbol) for number in range(20) for symbol in prices]
    return pd.DataFrame(tosses, origins, pd.MultiIndex.from_tuples(labels, names=COLUMN_LEVELS))


def decisions(forecasts: pd.DataFrame, positions: pd.DataFrame) -> tuple[Decision, ...]:
    return tuple(
        _decision(provider, rule, symbol, ahead, forecasts, positions)
        for provider in PROVIDERS
        for symbol in SYMBOLS.values()
        for ahead in (1, 2)
        for rule in RULES
    )


def _decision(
    provider: str, rule: str, symbol: str, ahead: int, forecasts: pd.DataFrame, positions: pd.DataFrame
) -> Decision:
    item = INSTRUMENTS[symbol]
    rows = forecasts[
        (forecasts.provider == provider) & (forecasts.series == item.driver) & (forecasts.horizon == ahead)
    ]
    last = rows.iloc[-1]
    held = positions[provider, rule_label(rule, ahead), symbol]
    same = np.sign(held) == np.sign(held.iloc[-1])
    changed = held.index[~same]
    rise = last["probability_up"] if item.sign > 0 else 1.0 - last["probability_up"]
    return Decision(
        provider=provider,
        rule=rule_label(rule, ahead),
        instrument=symbol,
        as_of=last["as_of"],
        position=float(held.iloc[-1]),
        score=float(2.0 * rise - 1.0),
        probability_up=float(rise),
        driver=item.driver,
        origin=float(last["origin"]),
        point=float(last["point"]),
        low=float(last["low"]),
        high=float(last["high"]),
        measure=str(last["measure"]),
        horizon=ahead,
        since=held.index[held.index > changed[-1]][0] if len(changed) else held.index[0],
        previous=float(held.iloc[-2]),
        members=(
            {"member": "drift", "weight": 0.7, "mean": float(last["point"]), "scale": float(last["spread"])},
            {"member": "last change", "weight": 0.3, "mean": float(last["point"]), "scale": float(last["spread"])},
        ),
        reasons=(f"The mean of the last 24 monthly changes of {item.driver} carries the forecast.",),
        data_until={item.driver: str(last["as_of"].to_period("M"))},
    )


def make_study() -> StudyResult:
    """Forecasts that see a known share of what comes, of monthly log changes, by a run of 30 origins."""
    study = Study(
        name="three grades of sight",
        description="what each provider sees is known.",
        providers=[{"name": "naive", "label": label} for label in SIGHT],
        series=STUDIED,
        horizons=HORIZONS,
        start="2005-01-31",
        end="2007-06-30",
        base=("none", "half"),
        ensembles=("good", "half"),
    )
    rng = np.random.default_rng(3)
    rows = []
    for name in STUDIED:
        changes = rng.standard_normal(len(study.origins) + 3)
        noise = 0.2 * rng.standard_normal((len(study.origins), 3))
        for at, origin in enumerate(study.origins):
            for horizon in HORIZONS:
                came = changes[at : at + horizon].sum()
                for provider, share in SIGHT.items():
                    point = share * (came + noise[at, horizon - 1])
                    spread = np.sqrt(horizon) * (1.0 - share) + 0.05
                    period = str(origin.to_period("M") + horizon)
                    low, high = point - 1.28 * spread, point + 1.28 * spread
                    rows.append((provider, origin, name, "log_change", horizon, period, 100.0, point, spread, low, high,
                                 0.5 + 0.4 * np.sign(point), came))  # fmt: skip
    columns = [
        "provider", "as_of", "series", "measure", "horizon", "period", "origin", "point", "spread", "low", "high",
        "probability_up", "outcome",
    ]  # fmt: skip
    forecasts = with_normal_scores(pd.DataFrame(rows, columns=columns))
    shares = [
        ("good", origin, name, horizon, member, weight)
        for origin in study.origins
        for name in STUDIED
        for horizon in HORIZONS
        for member, weight in (("system", 0.7), ("AR", 0.3))
    ]
    return StudyResult(
        study,
        Source("made up", "pseudo", ("Nothing here is real",), study.origins[0], study.origins[-1]),
        forecasts,
        pd.DataFrame(shares, columns=["provider", "as_of", "series", "horizon", "member", "weight"]),
        pd.DataFrame([("good", study.origins[0], "too short a past")], columns=["provider", "as_of", "reason"]),
        {"good": members_of(forecasts, "good"), "half": MemberPoints(study.origins, {}, "it has a single member")},
    )


def with_normal_scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    """CRPS, log score and PIT of one normal law, by their textbook formulas."""
    z = (forecasts["outcome"] - forecasts["point"]) / forecasts["spread"]
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    below = pd.Series(_normal_cdf(z.to_numpy()), forecasts.index)
    return forecasts.assign(
        crps=forecasts["spread"] * (z * (2.0 * below - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi)),
        log_score=-np.log(density / forecasts["spread"]),
        pit=below,
    )


def members_of(forecasts: pd.DataFrame, provider: str) -> MemberPoints:
    """Forty members that lie about the provider's point, each with its own noise."""
    rng = np.random.default_rng(5)
    own = forecasts[forecasts["provider"] == provider]
    points = {
        (str(series), int(str(horizon))): part["point"].to_numpy()[:, None] + 0.3 * rng.standard_normal((len(part), 40))
        for (series, horizon), part in own.groupby(["series", "horizon"])
    }
    return MemberPoints(pd.DatetimeIndex(own["as_of"].unique()), points)
