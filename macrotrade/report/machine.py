"""The report as plain values, for programs: the same numbers in full precision."""

from __future__ import annotations

import dataclasses
from typing import Any

from macrotrade import __version__
from macrotrade.evaluation.overfitting import Overfitting
from macrotrade.evaluation.superiority import Superiority
from macrotrade.report.cast import Cast
from macrotrade.report.judgement import Judgement
from macrotrade.report.plain import plain
from macrotrade.strategy.result import Backtest
from macrotrade.strategy.sensitivity import Sensitivity

__all__ = ["FORMAT", "results"]

FORMAT = 1
"""Version of the layout of results.json; raised when a key changes its meaning or goes."""


def results(
    backtest: Backtest, cast: Cast, judgement: Judgement, sensitivity: Sensitivity | None = None
) -> dict[str, Any]:
    """Run, performance, direction, accuracy and decisions as JSON types; tables are lists of rows, missing is null.

    ``sensitivity`` is the short table of efficiency under what needs no new forecast; ``assumptions``, null where they
    were not varied, has every row of the long one, its notes, and what was published for the same exercise.
    """
    origins = backtest.positions.index
    values = {
        "format": FORMAT,
        "macrotrade": __version__,
        "strategy": _settings(backtest.strategy),
        "source": dataclasses.asdict(backtest.source),
        "run": {
            "providers": cast.providers,
            "rules": cast.rules,
            "instruments": cast.instruments,
            "benchmarks": cast.benchmarks,
            "first_origin": origins[0],
            "last_origin": origins[-1],
            "n_origins": len(origins),
            "n_sessions": len(backtest.returns),
            "n_trials": cast.n_trials * len(cast.instruments),
            "periods_per_year": backtest.periods_per_year,
        },
        "performance": judgement.performance.reset_index(),
        "efficiency_interval": judgement.efficiency.reset_index(),
        "deflated_sharpe": judgement.luck.sharpe.reset_index(),
        "overfitting": [_overfitting(symbol, found) for symbol, found in judgement.luck.overfitting.items()],
        "superiority": [_superiority(symbol, found) for symbol, found in judgement.luck.superiority.items()],
        "efficiency_over_buy_and_hold": judgement.efficiency_difference.reset_index(),
        "return_over_buy_and_hold": judgement.return_difference.reset_index(),
        "direction": judgement.direction.reset_index(),
        "accuracy": judgement.accuracy.reset_index(),
        "hit_rate_by_year": judgement.years.reset_index(),
        "sensitivity": judgement.sensitivity.reset_index(),
        "assumptions": _assumptions(sensitivity) if sensitivity is not None else None,
        "annual_return_by_cost_multiple": judgement.costs.reset_index(),
        "cost_rates": backtest.cost_rates.rename_axis("instrument").reset_index(),
        "refusals": backtest.refusals,
        "decisions": [dataclasses.asdict(decision) for decision in backtest.decisions],
    }
    return {key: plain(value) for key, value in values.items()}


def _assumptions(sensitivity: Sensitivity) -> dict[str, Any]:
    published = sensitivity.published
    return {
        "rows": sensitivity.tidy(),
        "notes": sensitivity.notes,
        "published": published.model_dump(mode="json") if published is not None else None,
    }


def _overfitting(symbol: str, found: Overfitting) -> dict[str, Any]:
    names = ("probability", "probability_of_loss", "slope", "n_trials", "n_periods", "n_blocks", "note")
    shares = {str(name): share for name, share in found.chosen_share.items() if share > 0}
    return {"instrument": symbol, **{name: getattr(found, name) for name in names}, "chosen_share": shares}


def _superiority(symbol: str, found: Superiority) -> dict[str, Any]:
    return {
        "instrument": symbol,
        "spa": dataclasses.asdict(found.spa),
        "reality_check": dataclasses.asdict(found.reality_check),
        "superior": found.superior,
        "level": found.level,
        "left_out": found.left_out,
        "block": found.block,
        "n_draws": found.n_draws,
    }


def _settings(strategy: Any) -> Any:
    return strategy.model_dump(mode="json") if hasattr(strategy, "model_dump") else dataclasses.asdict(strategy)
