"""Figures of 1,000 position columns x 10,000 bars."""

from __future__ import annotations

import resource
from typing import Any

import numpy as np
import pandas as pd

from benchmarks._table import Row, seconds
from macrotrade.evaluation.difference import bootstrap_difference
from macrotrade.evaluation.performance import performance
from macrotrade.portfolio.simulate import simulate, track_record

N_BARS, N_COLUMNS = 10_000, 1_000


def rows() -> list[Row]:
    """Performance table against numpy and vectorbt; returns and simulation; bootstrap against a loop."""
    return [*_performance(), *_track_record(), _bootstrap()]


def _performance() -> list[Row]:
    positions, prices = _positions_and_prices()
    record = track_record(positions, prices, "futures")
    returns, values = record.returns, record.returns.to_numpy()
    portfolio = simulate(positions, prices, costs="futures")
    table = performance(returns, 252.0)
    plain = _plain(values)
    np.testing.assert_allclose(table["sharpe"], plain[0], rtol=1e-10)
    np.testing.assert_allclose(table["max_drawdown"], plain[1], rtol=1e-10)
    np.testing.assert_allclose(table["sharpe"], portfolio.sharpe_ratio(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(table["max_drawdown"], portfolio.max_drawdown(), rtol=1e-10, atol=1e-12)
    ours = seconds(lambda: performance(returns, 252.0))
    pass_of_numpy = seconds(lambda: _plain(values))
    fresh = seconds(lambda: _of_vectorbt(portfolio.copy()), repeats=1, warm_up=0)
    accessor = returns.vbt.returns(freq="1D", year_freq="252D")
    alone = seconds(lambda: (accessor.sharpe_ratio(), accessor.max_drawdown()))
    part = f"all {table.shape[1]} figures of {N_COLUMNS:,} columns x {N_BARS:,} bars"
    return [
        Row(
            part,
            "numpy pass over the array: Sharpe and drawdown only",
            pass_of_numpy,
            ours,
            f"within 2x of the pass: {_met(ours < 2 * pass_of_numpy)}",
            "1e-10",
            f"peak memory of the process {_peak_gigabytes():.1f} GB, returns are 0.08 GB",
        ),
        Row(
            part,
            "vectorbt: portfolio.sharpe_ratio() and max_drawdown()",
            fresh,
            ours,
            f"2x faster: {_met(fresh > 2 * ours)}",
            "1e-10",
            "vectorbt rebuilds the returns from its orders first; one run, compiled before",
        ),
        Row(
            part,
            "vectorbt: the same two on returns already made",
            alone,
            ours,
            "none",
            "1e-10",
            "two figures against all of ours",
        ),
    ]


def _track_record() -> list[Row]:
    positions, prices = _positions_and_prices()
    ours = seconds(lambda: track_record(positions, prices, "futures"), repeats=3)
    theirs = seconds(lambda: simulate(positions, prices, costs="futures").returns(), repeats=1, warm_up=0)
    return [
        Row(
            f"net returns of {N_COLUMNS:,} columns x {N_BARS:,} bars, costs included",
            "vectorbt: the same target-percent orders, then returns()",
            theirs,
            ours,
            "none",
            "1e-12 (tests/portfolio/test_vectorbt_parity.py)",
            "one run of vectorbt, compiled before",
        )
    ]


def _bootstrap() -> Row:
    generator = np.random.default_rng(1)
    returns = pd.DataFrame(generator.normal(2e-4, 0.01, (5_000, 20)), pd.bdate_range("2000-01-03", periods=5_000))
    benchmark = returns[0]
    n_draws = 200

    def loop() -> np.ndarray[Any, Any]:
        from macrotrade.evaluation.difference import usual_block
        from macrotrade.numerics.bootstrap import stationary_bootstrap

        draws = stationary_bootstrap(5_000, usual_block(5_000, 252.0), n_draws, np.random.default_rng(0))
        values = returns.to_numpy()
        out = []
        for draw in draws:
            sample = values[draw]
            annual = np.prod(1 + sample, axis=0) ** (252 / 5_000) - 1
            efficiency = annual / (sample.std(axis=0, ddof=1) * 252**0.5)
            out.append(efficiency - efficiency[0])
        return np.quantile(out, [0.05, 0.95], axis=0)

    def ours() -> pd.DataFrame:
        return bootstrap_difference(returns, benchmark, 252.0, n_draws=n_draws)

    np.testing.assert_allclose(ours()[["low", "high"]].to_numpy().T, loop(), rtol=1e-8, atol=1e-12)
    return Row(
        f"bootstrap interval of 20 columns x 5,000 bars against a benchmark, {n_draws} draws",
        "numpy, draw by draw",
        seconds(loop, repeats=3),
        seconds(ours, repeats=3),
        "none",
        "1e-8",
        "",
    )


def _positions_and_prices() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A thousand rules that change their mind each month, on two instruments."""
    generator = np.random.default_rng(0)
    days = pd.bdate_range("1980-01-01", periods=N_BARS)
    moves = generator.standard_t(5, size=(N_BARS, 2)) * np.array([0.004, 0.009])
    prices = pd.DataFrame(100.0 * np.cumprod(1.0 + moves, axis=0), days, ["ZN", "SPX"])
    origins = pd.date_range(days[0] - pd.Timedelta(days=1), days[-2], freq="ME")
    labels = [(f"rule {number}", ["ZN", "SPX"][number % 2]) for number in range(N_COLUMNS)]
    columns = pd.MultiIndex.from_tuples(labels, names=["provider", "instrument"])
    return pd.DataFrame(generator.uniform(-1, 1, (len(origins), N_COLUMNS)), origins, columns), prices


def _plain(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    sharpe = values.mean(axis=0) / values.std(axis=0, ddof=1) * 252**0.5
    growth = np.cumprod(1 + values, axis=0)
    return sharpe, (growth / np.maximum.accumulate(growth, axis=0) - 1).min(axis=0)


def _of_vectorbt(portfolio: Any) -> tuple[Any, Any]:
    return portfolio.sharpe_ratio(), portfolio.max_drawdown()


def _met(met: bool) -> str:
    return "reached" if met else "MISSED"


def _peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
