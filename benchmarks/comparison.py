"""Comparing forecasts: many tests at once against one at a time, and distributions scored without pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.tsa.stattools import diebold_mariano_test

from benchmarks._table import Row, seconds
from macrotrade._typing import FloatArray
from macrotrade.evaluation.comparison import difference_statistics, harvey_factor
from macrotrade.evaluation.mixture_scores import absolute_moment, mixture_crps
from macrotrade.evaluation.overfitting import overfitting_probability

_N_PERIODS, _N_MEMBERS, _HORIZON = 159, 1400, 24


def rows() -> list[Row]:
    """Diebold-Mariano over the members of an ensemble, CRPS of the ensemble, probability of overfitting."""
    return [diebold_mariano(), _crps(), _overfitting()]


def diebold_mariano() -> Row:
    """Every member of an ensemble tested against the mean of all."""
    outcome, members = _ensemble()
    mean = members.mean(axis=1)
    plain, ours = _plain_statistics(outcome, members, mean), _statistics(outcome, members, mean)
    np.testing.assert_allclose(ours, plain, rtol=1e-9)
    our_seconds = seconds(lambda: _statistics(outcome, members, mean), repeats=50)
    return Row(
        f"Diebold-Mariano of {_N_MEMBERS:,} members against their mean, {_N_PERIODS} periods, {_HORIZON - 1} lags",
        "statsmodels diebold_mariano_test in a loop",
        seconds(lambda: _plain_statistics(outcome, members, mean), repeats=1, warm_up=0),
        our_seconds,
        f"under 5 ms: {'reached' if our_seconds < 0.005 else 'MISSED'}",
        f"{np.abs(ours - plain).max():.0e}",
        "losses included",
    )


def _statistics(outcome: FloatArray, members: FloatArray, mean: FloatArray) -> FloatArray:
    block = 128  # members whose passes stay in cache
    base = (outcome - mean) ** 2
    parts = [
        difference_statistics((outcome[:, None] - members[:, k : k + block]) ** 2 - base[:, None], _HORIZON - 1)
        for k in range(0, members.shape[1], block)
    ]
    return np.concatenate(parts) * harvey_factor(outcome.size, _HORIZON)


def _plain_statistics(outcome: FloatArray, members: FloatArray, mean: FloatArray) -> FloatArray:
    tests = (
        diebold_mariano_test(outcome, member, mean, lags=_HORIZON - 1, harvey_adj=True, horizon=_HORIZON)
        for member in members.T
    )
    return np.array([test.statistic for test in tests])


def _crps() -> Row:
    outcome, members = _ensemble()
    generator = np.random.default_rng(2)
    mean, scale = members.T.copy(), generator.uniform(0.8, 1.2, (_N_MEMBERS, _N_PERIODS))
    weights = np.full((_N_MEMBERS, 1), 1.0 / _N_MEMBERS)
    few = slice(0, 8)
    plain = _plain_crps(mean[:, few], scale[:, few], outcome[few])
    ours = mixture_crps(weights, mean[:, few], scale[:, few], outcome[few])
    np.testing.assert_allclose(ours, plain, rtol=1e-9)
    return Row(
        f"CRPS of mixtures of {_N_MEMBERS:,} members at {_N_PERIODS} origins",
        "the closed form, every pair, one origin at a time",
        seconds(lambda: _plain_crps(mean[:, few], scale[:, few], outcome[few]), repeats=1, warm_up=0)
        * _N_PERIODS
        / len(plain),
        seconds(lambda: mixture_crps(weights, mean, scale, outcome), repeats=3),
        equal_to=f"{np.abs(ours - plain).max():.0e}",
        note=f"the plain one timed on {len(plain)} origins",
    )


def _plain_crps(mean: FloatArray, scale: FloatArray, outcome: FloatArray) -> FloatArray:
    def one(m: FloatArray, s: FloatArray, y: float) -> float:
        pairs = absolute_moment(m[:, None] - m[None], np.hypot(s[:, None], s[None]))
        return float(absolute_moment(y - m, s).mean() - 0.5 * pairs.mean())

    return np.array([one(m, s, y) for m, s, y in zip(mean.T, scale.T, outcome, strict=True)])


def _overfitting() -> Row:
    returns = pd.DataFrame(np.random.default_rng(3).normal(0.0, 0.04, (480, 24)))
    ours = overfitting_probability(returns, 12)
    plain = _plain_logits(returns.to_numpy(), 12)
    np.testing.assert_allclose(ours.logits, plain, atol=1e-12)
    return Row(
        f"probability of overfitting, 24 columns x 480 periods, {plain.size} splits",
        "Sharpe ratios of every split from its returns",
        seconds(lambda: _plain_logits(returns.to_numpy(), 12), repeats=2, warm_up=0),
        seconds(lambda: overfitting_probability(returns, 12)),
        equal_to=f"{np.abs(ours.logits - plain).max():.0e}",
    )


def _plain_logits(returns: FloatArray, n_blocks: int) -> FloatArray:
    blocks = np.array_split(returns, n_blocks)
    logits = []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        inside = np.concatenate([blocks[b] for b in chosen])
        outside = np.concatenate([blocks[b] for b in range(n_blocks) if b not in chosen])
        best = (inside.mean(axis=0) / inside.std(axis=0)).argmax()
        sharpe = outside.mean(axis=0) / outside.std(axis=0)
        rank = (sharpe <= sharpe[best]).sum() / (returns.shape[1] + 1)
        logits.append(np.log(rank / (1 - rank)))
    return np.array(logits)


def _ensemble() -> tuple[FloatArray, FloatArray]:
    """Outcomes and member forecasts that scatter about a signal."""
    generator = np.random.default_rng(1)
    signal = generator.standard_normal(_N_PERIODS)
    members = signal[:, None] + 0.7 * generator.standard_normal((_N_PERIODS, _N_MEMBERS))
    return signal + 0.5 * generator.standard_normal(_N_PERIODS), members
