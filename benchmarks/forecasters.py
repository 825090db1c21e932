"""The arithmetic of the benchmark forecasters, on FRED-MD where it is at hand and else on a simulated factor panel."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LassoLarsIC, Ridge, lars_path
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from benchmarks._table import Row, seconds
from benchmarks.benchmark_half import VINTAGE, final_numbers
from benchmarks.comparison import diebold_mariano
from macrotrade.forecast import Target
from macrotrade.inputs.conversion import automatic_form
from macrotrade.inputs.predictors import predictors
from macrotrade.numerics.criteria import bic
from macrotrade.numerics.principal_components import fill_by_components, fill_by_components_plainly
from macrotrade.providers.benchmarks.kernels.forest import grow
from macrotrade.providers.benchmarks.kernels.lasso import lasso_path
from macrotrade.providers.benchmarks.kernels.shrinkage import Path, largest_penalty, ridge_path
from macrotrade.providers.benchmarks.kernels.unobserved_components import Chain, Priors, sample, sweeps
from macrotrade.providers.benchmarks.kernels.unobserved_components_plain import plain_sweep
from macrotrade.sources.fred_md import load_fred_md

N_PENALTIES = 100
HORIZON = 3


def rows() -> list[Row]:
    """LASSO and Ridge paths, imputation, a sweep of UCSV, a forest and many Diebold-Mariano tests, one thread each."""
    with threadpool_limits(1):
        return [*_lasso(), _ridge(), _imputation(), _sweep(), _forest(), diebold_mariano()]


def _lasso() -> list[Row]:
    """The path to the same last penalty in both, then scikit-learn's as it comes, to 500 corners."""
    X, y = _sample()
    n, most = y.size, y.size // 5
    cold = _cold(lambda: _lasso_path(X, y, most))
    path = _lasso_path(X, y, most)
    knots, _, coefficients = lars_path(X, y, method="lasso", alpha_min=path.penalties[-1])
    exact = np.array([np.interp(path.penalties, knots[::-1], row[::-1]) for row in coefficients]).T
    difference = np.abs(exact - path.coefficients).max() / np.abs(exact).max()
    sizes = (np.abs(exact) > 1e-12).sum(axis=1)
    theirs = bic(((y[:, None] - X @ exact.T) ** 2).sum(axis=0), n, sizes + 1)
    chosen = bic(path.rss, n, path.degrees_of_freedom + 1)
    assert difference < 1e-8
    assert theirs.argmin() == chosen.argmin()
    noise = float(path.rss[chosen.argmin()]) / n
    ours = seconds(lambda: _lasso_path(X, y, most), repeats=50)
    capped = seconds(lambda: LassoLarsIC("bic", noise_variance=noise, max_iter=knots.size).fit(X, y), repeats=15)
    whole = seconds(lambda: LassoLarsIC("bic", noise_variance=noise).fit(X, y))
    what = f"LASSO path by BIC, {n} rows x {X.shape[1]} columns, {N_PENALTIES} penalties"
    equal = f"{difference:.0e} of the largest coefficient, same model chosen"
    columns = int(path.degrees_of_freedom[chosen.argmin()])
    return [
        Row(
            f"{what}, both to {knots.size} corners",
            f"scikit-learn LassoLarsIC(max_iter={knots.size})",
            capped,
            ours,
            f"15x: {_met(capped > 15 * ours)}",
            equal,
            f"both end where more than {most} columns come in; {columns} chosen; cold {cold:.1f} s",
        ),
        Row(
            f"{what}, ours to {knots.size} corners",
            "scikit-learn LassoLarsIC as it comes, to 500 corners",
            whole,
            ours,
            f"15x: {_met(whole > 15 * ours)}",
            equal,
            "its path is longer, so not all of the ratio is speed",
        ),
    ]


def _ridge() -> Row:
    X, y = _sample()
    n = y.size
    first = 1000.0 * largest_penalty(X.T @ y / n, 1.0)
    penalties = first * np.geomspace(1.0, 1e-5, N_PENALTIES)

    def loop() -> np.ndarray:
        return np.array([Ridge(alpha=n * penalty, fit_intercept=False).fit(X, y).coef_ for penalty in penalties])

    def ours() -> Path:
        return ridge_path(X, y, penalties, float(n))

    exact = loop()
    difference = np.abs(ours().coefficients - exact).max() / np.abs(exact).max()
    assert difference < 1e-8
    naive, took = seconds(loop, repeats=2, warm_up=0), seconds(ours, repeats=15)
    return Row(
        f"Ridge path, {n} rows x {X.shape[1]} columns, {N_PENALTIES} penalties",
        "scikit-learn Ridge in a loop",
        naive,
        took,
        f"20x: {_met(naive > 20 * took)}",
        f"{difference:.0e} of the largest coefficient",
        "degrees of freedom and residual sums included in ours only",
    )


def _imputation() -> Row:
    values = _gappy_panel()
    ours = fill_by_components(values, tolerance=1e-4)
    plain = fill_by_components_plainly(values, tolerance=1e-4)
    difference = float((np.abs(ours.values - plain.values) / np.nanstd(values, axis=0)).max())
    assert difference < 1e-8
    assert ours.n_iterations == plain.n_iterations
    naive = seconds(lambda: fill_by_components_plainly(values, tolerance=1e-4), repeats=3)
    took = seconds(lambda: fill_by_components(values, tolerance=1e-4), repeats=10)
    return Row(
        f"EM imputation of {values.shape[0]} months x {values.shape[1]} series, {ours.n_iterations} rounds",
        "numpy: a singular value decomposition each round",
        naive,
        took,
        f"5x: {_met(naive > 5 * took)}",
        f"{difference:.0e} of a standard deviation",
        f"{np.isnan(values).mean():.1%} missing in {int(np.isnan(values).any(axis=0).sum())} series",
    )


def _sweep() -> Row:
    n_sweeps, x = 200, _inflation(410)
    priors = Priors(0.12, 10.0, 9 * 0.16, 9 * 0.04)
    cold = _cold(lambda: sample(x, priors, 2, 0, 0))
    quick, slow = Chain.at_prior(x.size, priors), Chain.at_prior(x.size, priors)
    numbers = _numbers(50, x.size, priors, np.random.default_rng(3))
    fast = sweeps(x, priors, quick, *numbers)[:, 0]
    plain = [plain_sweep(x, priors, slow, *one)[0] for one in zip(*numbers, strict=True)]
    difference = float(np.abs(fast - plain).max())
    assert difference < 1e-9

    def written_plainly() -> None:
        for one in zip(*_numbers(50, x.size, priors, np.random.default_rng(4)), strict=True):
            plain_sweep(x, priors, slow, *one)

    naive = seconds(written_plainly, repeats=10) / 50
    ours = seconds(lambda: sample(x, priors, n_sweeps, 0, 0), repeats=20) / n_sweeps
    return Row(
        f"UCSV, one Gibbs sweep over {x.size} months, random numbers included",
        "scipy: cholesky_banded, solve_banded, numpy for the mixture",
        naive,
        ours,
        f"10x: {_met(naive > 10 * ours)}",
        f"{difference:.0e} after 50 sweeps from the same random numbers",
        f"cold {cold:.1f} s",
    )


def _forest() -> Row:
    X, y = _sample()
    n_trees, n = 500, y.size
    cold = _cold(lambda: _grown(X[:40], y[:40], 2))
    trees, said = grow(X, y, np.ones((1, n), np.int64), X.shape[1], 5, np.array([1]))
    one = DecisionTreeRegressor(min_samples_leaf=5).fit(X, y)
    difference = float(np.abs(one.predict(X) - said[0]).max())
    assert (trees.column >= 0).sum() == (one.tree_.children_left >= 0).sum()

    def library() -> None:
        RandomForestRegressor(n_trees, min_samples_leaf=5, max_features=1 / 3, oob_score=True, n_jobs=1).fit(X, y)

    naive = seconds(library, repeats=2, warm_up=0)
    ours = seconds(lambda: _grown(X, y, n_trees), repeats=4)
    return Row(
        f"random forest, {n_trees} trees on {n} rows x {X.shape[1]} columns, a third at a split, out-of-bag forecasts",
        "scikit-learn RandomForestRegressor, one thread",
        naive,
        ours,
        "none",
        f"{difference:.0e} for one tree on all rows and columns",
        f"one thread; trees are spread over numba's threads elsewhere; cold {cold:.1f} s",
    )


def _lasso_path(X: np.ndarray, y: np.ndarray, most: int) -> Path:
    """All that a fit does: cross products, first penalty and path."""
    penalties = largest_penalty(X.T @ y / y.size, 1.0) * np.geomspace(1.0, 1e-2, N_PENALTIES)
    return lasso_path(X, y, penalties, most)


def _grown(X: np.ndarray, y: np.ndarray, n_trees: int) -> None:
    generator = np.random.default_rng(0)
    draws = generator.integers(0, y.size, (n_trees, y.size))
    times = np.stack([np.bincount(draw, minlength=y.size) for draw in draws])
    grow(X, y, times, X.shape[1] // 3, 5, generator.integers(1, 2**62, n_trees))


def _numbers(
    n_sweeps: int, n_periods: int, priors: Priors, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random numbers of some sweeps."""
    return (
        generator.standard_normal((n_sweeps, 2, n_periods)),
        generator.random((n_sweeps, n_periods)),
        generator.standard_gamma(priors.shape + 0.5 * (n_periods - 1), (n_sweeps, 2)),
    )


@cache
def _sample() -> tuple[np.ndarray, np.ndarray]:
    """Standardised lags of the panel and CPI inflation three months later, as known in April 1993."""
    if VINTAGE.exists():
        target = Target("CPIAUCSL", (HORIZON,), "one_period_log_change")
        found = predictors(final_numbers(VINTAGE).as_of("1993-04-30"), target, 412)
        values, own = found.stationary, found.own[0]
    else:
        values, own = _simulated_panel(410, 126), 0
    windows = np.lib.stride_tricks.sliding_window_view(values, 4, axis=0)[:-HORIZON]
    X = windows.transpose(0, 2, 1)[:, ::-1].reshape(len(windows), -1)
    y = values[3 + HORIZON :, own]
    return (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()


@cache
def _gappy_panel() -> np.ndarray:
    """Stationary forms of all series 1959 to 2019, with their gaps."""
    if not VINTAGE.exists():
        values = _simulated_panel(727, 127)
        values[:400, ::9] = np.nan
        return values
    source = load_fred_md(VINTAGE)
    levels = source.as_of(source.last_day).monthly
    forms = {}
    for name in map(str, levels.columns):
        z = levels[name].to_numpy()
        form = automatic_form(source.series[name], positive=bool(np.nanmin(z) > 0))
        forms[name] = np.diff(form.z(z), n=form.order)[-(len(levels) - 2) :]
    return np.column_stack(list(forms.values()))


def _inflation(n_months: int) -> np.ndarray:
    """CPI inflation in units of its root mean square, 1959 to 1993."""
    if VINTAGE.exists():
        levels = final_numbers(VINTAGE).as_of("2019-12-31").values("CPIAUCSL").to_numpy()
        x = np.diff(np.log(levels))[:n_months]
    else:
        x = _simulated_panel(n_months, 1)[:, 0]
    return x / np.sqrt(np.mean(x**2))


def _simulated_panel(n_periods: int, n_series: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    factors = np.cumsum(generator.normal(size=(n_periods, 8)), axis=0) * 0.1 + generator.normal(size=(n_periods, 8))
    return factors @ generator.normal(size=(8, n_series)) + 2.0 * generator.normal(size=(n_periods, n_series))


def _cold(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _met(met: bool) -> str:
    return "reached" if met else "MISSED"
