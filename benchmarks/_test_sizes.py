"""Size and power of the tests of ``macrotrade.evaluation``, by Monte Carlo: ``python -m benchmarks._test_sizes``.

Writes docs/test_sizes.md. Takes about ten minutes on one core; ``--draws`` shortens it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.evaluation.comparison import clark_west, diebold_mariano
from macrotrade.evaluation.confidence_set import model_confidence_set
from macrotrade.evaluation.direction import direction_test, pesaran_timmermann
from macrotrade.evaluation.direction_resampling import bootstrapped_direction, shifted_direction
from macrotrade.evaluation.fluctuation import critical_value, rolling_statistics
from macrotrade.evaluation.superiority import superior_losses
from macrotrade.evaluation.timing import anatolyev_gerko, henriksson_merton
from macrotrade.numerics.covariance import newey_west_lags

PAGE = Path(__file__).resolve().parents[1] / "docs" / "test_sizes.md"
COEFFICIENTS, PERIODS, HORIZONS = (0.0, 0.5, 0.9), (120, 240), (1, 3, 6, 12, 24)
LEVEL = 0.05
BOOTSTRAP_DRAWS = 399

Rejects = Callable[[FloatArray, FloatArray, int], bool]
"""Whether a test rejects, from two series of one length and a seed."""

DIRECTION: dict[str, Rejects] = {
    "HAR regression (the headline)": lambda f, y, _: direction_test(f > 0, y > 0).p_value < LEVEL,
    "block bootstrap": lambda f, y, seed: (
        bootstrapped_direction(f > 0, y > 0, n_draws=BOOTSTRAP_DRAWS, seed=seed).p_value < LEVEL
    ),
    "circular shifts": lambda f, y, _: shifted_direction(f > 0, y > 0).p_value < LEVEL,
    "Pesaran-Timmermann": lambda f, y, _: pesaran_timmermann(f > 0, y > 0).p_value < LEVEL,
    "Henriksson-Merton": lambda f, y, _: henriksson_merton(f > 0, y > 0).p_value < LEVEL,
    "Anatolyev-Gerko": lambda f, y, _: anatolyev_gerko(f > 0, y).p_value < LEVEL,
}


def fluctuates(base: FloatArray, model: FloatArray, n_lags: int) -> bool:
    """Whether the one-sided fluctuation test with windows of 0.3 rejects, on squared errors."""
    path = rolling_statistics(base**2 - model**2, round(0.3 * base.size), n_lags)
    return bool(path.max() > critical_value(0.3))


COMPARISON: dict[str, Rejects] = {
    "Diebold-Mariano, no lags": lambda b, m, _: diebold_mariano(b**2, m**2).p_value < LEVEL,
    "Diebold-Mariano, 4 (n/100)^(2/9) lags": lambda b, m, _: (
        diebold_mariano(b**2, m**2, n_lags=newey_west_lags(b.size)).p_value < LEVEL
    ),
    "Diebold-Mariano, 12 lags": lambda b, m, _: diebold_mariano(b**2, m**2, n_lags=12).p_value < LEVEL,
    "fluctuation, no lags": lambda b, m, _: fluctuates(b, m, 0),
    "fluctuation, 12 lags": lambda b, m, _: fluctuates(b, m, 12),
    "superior predictive ability, one model": lambda b, m, seed: (
        superior_losses(pd.Series(b**2), pd.DataFrame(m**2), n_draws=BOOTSTRAP_DRAWS, seed=seed).spa.p_value < LEVEL
    ),
    "95 % confidence set without one of two": lambda b, m, seed: len(_kept(np.column_stack([b**2, m**2]), seed)) < 2,
}
SLOW = {"block bootstrap", "superior predictive ability, one model", "95 % confidence set without one of two"}


def _kept(losses: FloatArray, seed: int) -> tuple[str, ...]:
    return model_confidence_set(pd.DataFrame(losses), (0.95,), n_draws=BOOTSTRAP_DRAWS, seed=seed).members(0.95)


def autoregressions(generator: np.random.Generator, shape: tuple[int, ...], coefficient: float) -> FloatArray:
    """Autoregressions of variance 1 along the first axis, from their stationary law."""
    values = generator.standard_normal(shape)
    values[1:] *= np.sqrt(1.0 - coefficient**2)
    for t in range(1, shape[0]):
        values[t] += coefficient * values[t - 1]
    return values


def moving_averages(generator: np.random.Generator, shape: tuple[int, ...], order: int) -> FloatArray:
    """Sums of order + 1 shocks, of variance 1: errors of forecasts order + 1 periods ahead of a random walk."""
    shocks = generator.standard_normal((shape[0] + order, *shape[1:]))
    total = np.cumsum(np.concatenate([np.zeros((1, *shape[1:])), shocks]), axis=0)
    return np.asarray((total[order + 1 :] - total[: -order - 1]) / np.sqrt(order + 1.0))


def directions(draws: int, correlation: float) -> pd.DataFrame:
    """Rejection rates of the tests of direction, test x (coefficient, periods)."""

    def pairs(generator: np.random.Generator, n_periods: int, coefficient: float) -> tuple[FloatArray, FloatArray]:
        forecast, other = autoregressions(generator, (n_periods, 2), coefficient).T
        return forecast, correlation * forecast + np.sqrt(1 - correlation**2) * other

    return _rates(DIRECTION, pairs, draws)


def comparisons(draws: int, ratio: float) -> pd.DataFrame:
    """Rejection rates of the comparisons; `ratio` is the deviation of the model's errors to that of the base's."""

    def pairs(generator: np.random.Generator, n_periods: int, coefficient: float) -> tuple[FloatArray, FloatArray]:
        base, model = autoregressions(generator, (n_periods, 2), coefficient).T
        return base, ratio * model

    return _rates(COMPARISON, pairs, draws)


def nested(draws: int, slope: float) -> pd.DataFrame:
    """Clark-West and Diebold-Mariano, one-sided, of a rolling regression on a persistent x against a forecast of 0."""
    window = 60
    columns = {}
    for coefficient in COEFFICIENTS:
        for n_periods in PERIODS:
            generator = _generator("nested", coefficient, n_periods, slope)
            x = autoregressions(generator, (n_periods + window, draws), coefficient)
            y = slope * x + np.sqrt(1 - slope**2) * generator.standard_normal(x.shape)
            products, squares = (np.cumsum(np.vstack([np.zeros(draws), part]), axis=0) for part in (x * y, x * x))
            estimate = (products[window:-1] - products[: -window - 1]) / (squares[window:-1] - squares[: -window - 1])
            model, outcome, base = estimate * x[window:], y[window:], np.zeros(n_periods)
            found = [
                (
                    clark_west(outcome[:, k], base, model[:, k]).p_value < LEVEL,
                    diebold_mariano(
                        outcome[:, k] ** 2, (outcome[:, k] - model[:, k]) ** 2, alternative="greater"
                    ).p_value
                    < LEVEL,
                )
                for k in range(draws)
            ]
            columns[coefficient, n_periods] = np.mean(found, axis=0)
    return pd.DataFrame(columns, index=["Clark-West", "Diebold-Mariano, one-sided"])


def horizons(draws: int) -> pd.DataFrame:
    """Size of Diebold-Mariano with h - 1 lags where errors overlap for h - 1 periods, variant x (horizon, periods)."""
    columns = {}
    for horizon in HORIZONS:
        for n_periods in PERIODS:
            generator = _generator("horizons", horizon, n_periods, 0.0)
            errors = moving_averages(generator, (n_periods, 2, draws), horizon - 1) ** 2
            columns[horizon, n_periods] = [
                np.mean(
                    [
                        diebold_mariano(errors[:, 0, k], errors[:, 1, k], horizon, kernel=kernel, n_lags=lags).p_value  # type: ignore[arg-type]
                        < LEVEL
                        for k in range(draws)
                    ]
                )
                for kernel, lags in (("bartlett", None), ("rectangular", None), ("bartlett", 2 * horizon))
            ]
    return pd.DataFrame(columns, index=["Bartlett, h - 1 lags", "rectangular, h - 1 lags", "Bartlett, 2 h lags"])


def _rates(
    tests: dict[str, Rejects],
    pairs: Callable[[np.random.Generator, int, float], tuple[FloatArray, FloatArray]],
    draws: int,
) -> pd.DataFrame:
    """Share of draws in which each test rejects; tests that resample see a fifth of the draws."""
    columns = {}
    for coefficient in COEFFICIENTS:
        for n_periods in PERIODS:
            generator = _generator("pairs", coefficient, n_periods, len(tests))
            drawn = [pairs(generator, n_periods, coefficient) for _ in range(draws)]
            columns[coefficient, n_periods] = {
                name: np.mean([test(*pair, seed) for seed, pair in enumerate(_share(drawn, name in SLOW))])
                for name, test in tests.items()
            }
            print(f"AR {coefficient}, {n_periods} periods", flush=True)
    return pd.DataFrame(columns)


def _share(drawn: list[tuple[FloatArray, FloatArray]], slow: bool) -> list[tuple[FloatArray, FloatArray]]:
    return drawn[: len(drawn) // 5] if slow else drawn


def _generator(*key: object) -> np.random.Generator:
    return np.random.default_rng(crc32(repr(key).encode()))


def _table(rates: pd.DataFrame, first: str) -> str:
    """Markdown table in per cent."""
    heads = [f"{first.format(key)}, T = {n}" for key, n in rates.columns]
    lines = ["| test | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    lines += [f"| {name} | " + " | ".join(f"{100 * rate:.1f}" for rate in row) + " |" for name, row in _rows(rates)]
    return "\n".join(lines)


def _rows(rates: pd.DataFrame) -> Iterable[tuple[str, FloatArray]]:
    return zip(rates.index, rates.to_numpy(), strict=True)


def page(draws: int) -> str:
    """The page, from fresh simulations."""
    slow = draws // 5
    return f"""# How often the tests are wrong, and how often they see

Written by `python -m benchmarks._test_sizes`; entries are per cent of samples in which a test rejects at a nominal
5 per cent. {draws:,} samples each ({slow:,} for tests that resample), so an entry of 5 has a standard error of
{100 * np.sqrt(0.0475 / draws):.1f} ({100 * np.sqrt(0.0475 / slow):.1f}). T counts months.

## Direction

Forecast and outcome are autoregressions of variance 1 with the coefficient at the head of the column. **Size**: the two
are independent, and a right test rejects 5 per cent. Tests that take periods for independent reject a true null four
times too often where both persist, so their p-values stand in reports only beside a robust one.

{_table(directions(draws, 0.0), "AR {}")}

**Power**: the same with a correlation of 0.25 between forecast and outcome. Rates of tests whose size is above 5 are
not to be read as power.

{_table(directions(draws, 0.25), "AR {}")}

## Accuracy

Two series of forecast errors, autoregressions as above, under squared loss. **Size**: both have variance 1. Errors of
one-step forecasts should not persist; where they do, a test without lags is wrong, and lags help only in part.

{_table(comparisons(draws, 1.0), "AR {}")}

**Power**: the second model's errors have a deviation of 0.8.

{_table(comparisons(draws, 0.8), "AR {}")}

### Several steps ahead

Size where errors are those of h-step forecasts: sums of h shocks, which overlap for h - 1 periods, independent between
the two models. Diebold-Mariano with the small-sample correction. The rectangular weights are those the correction was
derived for; where their variance is not positive, Bartlett's take their place. At 24 months ahead ten years hold five
outcomes that do not overlap, and no choice of lags makes a test of them.

{_table(horizons(draws), "h = {}")}

### A model that nests the base

The outcome is white noise. The base forecasts 0; the model is a regression over the last 60 periods on x, an
autoregression. **Size**: x is irrelevant. Diebold and Mariano's statistic, pulled down by the noise in the slope,
hardly ever rejects; Clark and West's takes that noise out, and is a little cautious.

{_table(nested(draws, 0.0), "AR {}")}

**Power**: the correlation of x and the outcome is 0.2.

{_table(nested(draws, 0.2), "AR {}")}
"""


def main() -> None:
    """Simulate and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks._test_sizes", description=__doc__)
    parser.add_argument("--draws", type=int, default=2000, help="samples for each entry")
    parser.add_argument("--to", type=Path, default=PAGE, help="file to write")
    chosen = parser.parse_args()
    chosen.to.write_text(page(chosen.draws), encoding="utf-8")


if __name__ == "__main__":
    main()
