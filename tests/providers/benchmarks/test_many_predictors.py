"""Factor model, LASSO, elastic net, Ridge and forest as providers, each against the same regression written out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet as ElasticNetModel
from sklearn.linear_model import lars_path

from macrotrade import Forecast, History, Provider, Releases, SeriesInfo, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.benchmarks.factor_model import FactorModel
from macrotrade.providers.benchmarks.random_forest import RandomForest
from macrotrade.providers.benchmarks.shrinkage import ElasticNet, Lasso, Ridge
from macrotrade.providers.registry import load, name_of
from macrotrade.sources.fred_md import load_fred_md
from macrotrade.sources.fred_md_names import RENAMED
from macrotrade.testing import check_provider

MEASURES = ("level", "change", "log_change", "one_period_change", "one_period_log_change")
ALL: tuple[Provider, ...] = (
    FactorModel(),
    Lasso(n_penalties=30),
    ElasticNet(n_penalties=20, shares=(0.5, 1.0)),
    Ridge(n_penalties=30),
    RandomForest(n_trees=6),
)


@pytest.fixture(scope="module")
def driven() -> History:
    """Forty monthly series of three factors; Y[t] - Y[t-1] follows from the first factor two months before."""
    generator = np.random.default_rng(0)
    n_periods, n_series = 300, 40
    factors = np.zeros((n_periods, 3))
    for t in range(1, n_periods):
        factors[t] = 0.6 * factors[t - 1] + generator.normal(size=3)
    panel = factors @ generator.normal(size=(3, n_series)) + 0.5 * generator.normal(size=(n_periods, n_series))
    moves = np.r_[0.0, 0.0, factors[:-2, 0]] + 0.3 * generator.normal(size=n_periods)
    months = pd.period_range("1980-01", periods=n_periods, freq="M")
    frame = pd.DataFrame(panel, months, [f"X{number}" for number in range(n_series)])
    frame["Y"] = 100.0 + np.cumsum(moves)
    info = {name: SeriesInfo(name, tcode=1) for name in frame}
    releases = {"M": Releases.from_final("M", frame, dict.fromkeys(frame, 0))}
    return History("driven", "pseudo", releases, pd.DataFrame(index=pd.DatetimeIndex([])), info)


def written_out(history: History, day: str, horizon: int, n_lags: int) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Lagged predictors, one-period change `horizon` months ahead, and the newest row; labels and shifts."""
    frame = history.as_of(day).monthly
    x = frame.drop(columns="Y").assign(Y=frame["Y"].diff()).iloc[2:]
    lags = pd.concat({lag: x.shift(lag) for lag in range(n_lags)}, axis=1)
    outcome = frame["Y"].diff().shift(-horizon).reindex(x.index)
    rows = lags.notna().all(axis=1) & outcome.notna()
    return lags[rows], outcome[rows], lags.iloc[-1]


def forecast_of(provider: Provider, history: History, day: str, horizon: int) -> Forecast:
    panel = history.as_of(day)
    return provider.fit(panel, Target("Y", (horizon,), "one_period_change")).forecast(panel)


@pytest.mark.parametrize("horizon", [1, 3])
def test_lasso_is_the_path_and_criterion_written_out(driven: History, horizon: int) -> None:
    lags, outcome, newest = written_out(driven, "2004-12-31", horizon, 4)
    X, y = (lags - lags.mean()) / lags.std(ddof=0), (outcome - outcome.mean()) / outcome.std(ddof=0)
    knots, _, coefficients = lars_path(X.to_numpy(), y.to_numpy(), method="lasso")
    n = len(y)
    tall = lags.shape[1] <= n
    penalties = knots[0] * np.geomspace(1.0, 1e-4 if tall else 1e-2, 100)
    paths = np.array([np.interp(penalties, knots[::-1], row[::-1]) for row in coefficients]).T
    sizes = (np.abs(paths) > 1e-12).sum(axis=1)
    allowed = sizes <= int(0.2 * n)
    rss = ((y.to_numpy()[:, None] - X.to_numpy() @ paths.T) ** 2).sum(axis=0)
    best = np.where(allowed, n * np.log(rss / n) + (sizes + 1) * np.log(n), np.inf).argmin()
    mean = outcome.mean() + outcome.std(ddof=0) * ((newest - lags.mean()) / lags.std(ddof=0)) @ paths[best]

    forecast = forecast_of(Lasso(), driven, "2004-12-31", horizon)

    assert forecast.point()[0, 0] == pytest.approx(mean, rel=1e-7)
    scale = outcome.std(ddof=0) * np.sqrt(rss[best] / (n - sizes[best] - 1))
    assert forecast.spread()[0, 0] == pytest.approx(scale, rel=1e-7)
    assert f"{sizes[best]} of {lags.shape[1]} columns" in forecast.reasons[0]


def test_the_elastic_net_gives_a_solution_of_scikit_learn(driven: History) -> None:
    lags, outcome, newest = written_out(driven, "2004-12-31", 2, 2)
    forecaster = ElasticNet(n_lags=2, shares=(0.5,)).fit(
        driven.as_of("2004-12-31"), Target("Y", (2,), "one_period_change")
    )
    regression = forecaster.fitted[0].regressions[2]
    X, y = (lags - lags.mean()) / lags.std(ddof=0), (outcome - outcome.mean()) / outcome.std(ddof=0)
    active = np.count_nonzero(regression.coefficients)  # type: ignore[attr-defined]

    first = np.abs(X.T @ y).max() / len(y) / 0.5
    predictions = {}
    for penalty in first * np.geomspace(1.0, 1e-4, 100):
        model = ElasticNetModel(alpha=penalty, l1_ratio=0.5, tol=1e-12, max_iter=100_000).fit(X.to_numpy(), y)
        if np.count_nonzero(model.coef_) == active:
            row = ((newest - lags.mean()) / lags.std(ddof=0)).to_numpy()
            predictions[penalty] = outcome.mean() + outcome.std(ddof=0) * model.predict(row[None])[0]
        if np.count_nonzero(model.coef_) > active + 5:
            break
    point = forecaster.forecast(driven.as_of("2004-12-31")).point()[0, 0]
    assert min(abs(value - point) for value in predictions.values()) < 1e-6


def test_ridge_is_the_criterion_written_out(driven: History) -> None:
    lags, outcome, newest = written_out(driven, "2004-12-31", 1, 2)
    X, y = ((lags - lags.mean()) / lags.std(ddof=0)).to_numpy(), ((outcome - outcome.mean()) / outcome.std(ddof=0))
    n = len(y)
    first = np.abs(X.T @ y).max() / n / 1e-3
    best, least = np.zeros(X.shape[1]), np.inf
    for penalty in first * np.geomspace(1.0, 1e-3 * (1e-4 if X.shape[1] <= n else 1e-2), 100):
        inverse = np.linalg.inv(X.T @ X + n * penalty * np.eye(X.shape[1]))
        b, degrees = inverse @ X.T @ y, np.trace(X @ inverse @ X.T)
        criterion = n * np.log(((y - X @ b) ** 2).sum() / n) + (degrees + 1) * np.log(n)
        if degrees <= int(0.2 * n) and criterion < least:
            best, least = b, criterion
    mean = outcome.mean() + outcome.std(ddof=0) * ((newest - lags.mean()) / lags.std(ddof=0)) @ best

    assert forecast_of(Ridge(n_lags=2), driven, "2004-12-31", 1).point()[0, 0] == pytest.approx(mean, rel=1e-7)


def test_counting_every_column_takes_the_least_penalty_of_ridge(driven: History) -> None:
    lags, outcome, newest = written_out(driven, "2004-12-31", 1, 2)
    X, y = ((lags - lags.mean()) / lags.std(ddof=0)).to_numpy(), ((outcome - outcome.mean()) / outcome.std(ddof=0))
    least = np.abs(X.T @ y).max() / len(y) / 1e-3 * 1e-4
    b = np.linalg.solve(X.T @ X + len(y) * least * np.eye(X.shape[1]), X.T @ y)
    mean = outcome.mean() + outcome.std(ddof=0) * ((newest - lags.mean()) / lags.std(ddof=0)) @ b

    forecast = forecast_of(Ridge(n_lags=2, degrees="columns", most_columns=0.9), driven, "2004-12-31", 1)

    assert X.shape[1] < len(y)
    assert forecast.point()[0, 0] == pytest.approx(mean, rel=1e-7)


@pytest.mark.parametrize("horizon", [1, 4])
def test_the_factor_model_is_the_regression_written_out(driven: History, horizon: int) -> None:
    frame = driven.as_of("2004-12-31").monthly
    x = frame.drop(columns="Y").assign(Y=frame["Y"].diff()).iloc[2:]
    z = (x - x.mean()) / x.std(ddof=0)
    U, s, _ = np.linalg.svd(z.to_numpy(), full_matrices=False)
    factors = pd.DataFrame(U[:, :4] * s[:4], x.index, range(4))
    columns = {(p, "own"): x["Y"].shift(p) for p in range(4)} | {
        (p, r): factors[r].shift(p) for p in range(4) for r in range(4)
    }
    design = pd.DataFrame(columns)
    outcome = frame["Y"].diff().shift(-horizon).reindex(x.index)
    rows = design.notna().all(axis=1) & outcome.notna()
    fits = {}
    for r in range(1, 5):
        for p in range(1, 5):
            used = [(lag, what) for lag in range(p) for what in ["own", *range(r)]]
            fits[r, p] = sm.OLS(outcome[rows], sm.add_constant(design.loc[rows, used])).fit(), used
    best = min(fits, key=lambda key: fits[key][0].bic)
    fit, used = fits[best]

    forecast = forecast_of(FactorModel(), driven, "2004-12-31", horizon)

    mean = fit.params.to_numpy() @ np.r_[1.0, design[used].iloc[-1]]
    assert forecast.point()[0, 0] == pytest.approx(mean, rel=1e-7)
    assert forecast.spread()[0, 0] == pytest.approx(np.sqrt(fit.scale), rel=1e-7)
    counted = [f"{n} {noun}{'s' if n > 1 else ''}" for n, noun in zip(best, ("factor", "lag"), strict=True)]
    assert " with ".join(counted) in forecast.reasons[0]


def test_what_drives_the_series_is_found(driven: History) -> None:
    """Two months ahead the first factor explains all but 0.3; the mean alone leaves more than 1."""
    for provider in (FactorModel(), Lasso(), ElasticNet(), Ridge()):
        near, far = (forecast_of(provider, driven, "2004-12-31", horizon).spread()[0, 0] for horizon in (2, 12))
        assert near < 0.75 < 1.0 < far, type(provider).__name__


def test_the_forest_is_as_good_as_scikit_learns(driven: History) -> None:
    lags, outcome, newest = written_out(driven, "2004-12-31", 2, 2)
    theirs = [
        RandomForestRegressor(150, min_samples_leaf=5, max_features=1 / 3, oob_score=True, random_state=seed).fit(
            lags.to_numpy(), outcome
        )
        for seed in (1, 2)
    ]
    points = [forest.predict(newest.to_numpy()[None])[0] for forest in theirs]
    errors = [np.sqrt(np.mean((outcome - forest.oob_prediction_) ** 2)) for forest in theirs]

    ours = forecast_of(RandomForest(n_trees=150, n_lags=2), driven, "2004-12-31", 2)

    assert ours.point()[0, 0] == pytest.approx(np.mean(points), abs=0.12)
    assert ours.spread()[0, 0] == pytest.approx(np.mean(errors), rel=0.05)


def test_overlapping_outcomes_are_left_out_of_the_bag_in_blocks(driven: History) -> None:
    panel = driven.as_of("2004-12-31")
    target = Target("Y", (12,), "change")

    plain, blocks = (RandomForest(n_trees=60, block=block).fit(panel, target).forecast(panel) for block in (1, None))

    assert blocks.spread()[0, 0] > plain.spread()[0, 0]
    assert "blocks of 12" in blocks.reasons[0]


@pytest.mark.parametrize("provider", ALL, ids=name_of)
def test_laws_hold(provider: Provider, history: History) -> None:
    target = Target(("DGS10", "SPX", "OUTPUT"), (1, 3), ("change", "log_change", "one_period_log_change"))

    report = check_provider(provider, history, target, ["1995-12-31", "2005-06-30"])

    report.raise_for_failures()


@pytest.mark.parametrize("provider", ALL, ids=name_of)
@pytest.mark.parametrize(("name", "frequency"), [("GDP", "Q"), ("SPX", "M")])
def test_every_measure_and_frequency_is_served(provider: Provider, history: History, name: str, frequency: str) -> None:
    panel = history.as_of("2005-06-30").select(["DGS10", "SPX", "GDP", "OUTPUT", "BALANCE"])
    for measure in MEASURES:
        forecast = provider.fit(panel, Target(name, (1, 2), measure, frequency)).forecast(panel)  # type: ignore[arg-type]
        last = panel.values(name, frequency).iloc[-1]  # type: ignore[arg-type]
        centre = last if measure == "level" else 0.0
        assert forecast.origin[0] == last
        assert (forecast.spread() > 0).all()
        assert (np.abs(forecast.point() - centre) < 4 * forecast.spread()).all(), measure


@pytest.mark.parametrize("provider", [Lasso(n_lags=2, n_penalties=20), FactorModel(max_lags=2)], ids=name_of)
def test_days_are_served(provider: Provider, history: History) -> None:
    panel = history.as_of("1984-06-29")

    forecast = provider.fit(panel, Target("SPX", (1, 5), "log_change", "D")).forecast(panel)

    assert forecast.period == pd.Period("1984-06-29", "D")
    assert 0.005 < forecast.spread()[0, 0] < 0.02


@pytest.mark.parametrize("provider", ALL, ids=name_of)
def test_a_short_series_is_refused(provider: Provider, history: History) -> None:
    panel = history.as_of("1982-06-30")

    with pytest.raises(FitError, match="DGS10 has 30 values at 1982-06-30"):
        provider.fit(panel, Target("DGS10", (12,)))


def test_a_series_without_logarithm_is_refused(history: History) -> None:
    with pytest.raises(FitError, match="has no logarithm; ask for 'change'"):
        Lasso().fit(history.as_of("2005-06-30"), Target("BALANCE", (1,), "log_change"))


def test_a_panel_of_one_series_has_no_factors(history: History) -> None:
    panel = history.as_of("2005-06-30").select(["DGS10"])

    with pytest.raises(FitError, match="1 series are left"):
        FactorModel().fit(panel, Target("DGS10"))
    assert Lasso().fit(panel, Target("DGS10")).forecast(panel).spread()[0, 0] > 0


def test_a_window_forgets_what_is_older(history: History) -> None:
    target = Target("SPX", (1,), "log_change")
    panel = history.as_of("2005-06-30")
    monthly = panel.monthly
    shorter = dataclasses.replace(panel, frames={"M": monthly.iloc[-130:]})

    for provider in (Lasso(window=120), FactorModel(window=120), Ridge(window=120)):
        one, two = (provider.fit(each, target).forecast(each) for each in (panel, shorter))
        np.testing.assert_allclose(one.point(), two.point(), rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lasso(most_columns=1.5), "most_columns is a share"),
        (lambda: Ridge(n_lags=0), "n_lags must be at least 1"),
        (lambda: Ridge(degrees="column"), "Did you mean 'columns'"),  # type: ignore[arg-type]
        (lambda: ElasticNet(shares=(0.0, 1.0)), "use 'ridge' for a share of 0"),
        (lambda: FactorModel(max_factors=0), "must be at least 1"),
        (lambda: RandomForest(n_trees=0), "n_trees must be at least 1"),
        (lambda: RandomForest(share_of_columns=0.0), "share_of_columns must lie above 0"),
        (lambda: RandomForest(block=0), "block must be None or"),
        (lambda: Lasso(window=1), "window must be None"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        make()  # type: ignore[operator]


def test_vintages_with_months_never_published_are_served(shared_data: Path) -> None:
    """Consumer prices and unemployment of October 2025 were never published."""
    table = shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
    panel = load_fred_md(table, rename=RENAMED).as_of("2025-12-31")
    target = Target(("CPIAUCSL", "UNRATE"), (1, 6), ("one_period_log_change", "change"))

    for provider in (Lasso(window=300), FactorModel(window=300)):
        forecast = provider.fit(panel, target).forecast(panel)
        assert 0.001 < forecast.spread()[0, 0] < 0.006
        assert (np.abs(forecast.point()) < 2 * forecast.spread()).all()
        assert any("was not published for 1 periods" in reason for reason in forecast.reasons)
        assert any("missing values" in reason for reason in forecast.reasons)


def test_they_are_registered() -> None:
    names = ("factor-model", "lasso", "elastic-net", "ridge", "random-forest")

    assert [name_of(load(name)) for name in names] == list(names)
