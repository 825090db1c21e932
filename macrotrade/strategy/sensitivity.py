"""What is left of a backtest when its assumptions change, one at a time.

1. `Variant`s of the returns, all from forecasts already made      this file, variants.py
2. growth of 1 and efficiency of each                              evaluation/performance.py
3. the band that chance alone would give                           evaluation/difference.py
4. what was published for the same exercise, where anything was    the strategy file

Only other samples and other drivers need other forecasts; everything else reuses the walks of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from macrotrade.evaluation.difference import bootstrap_interval
from macrotrade.evaluation.performance import performance
from macrotrade.panel.vintages import History
from macrotrade.strategy.assumptions import Published
from macrotrade.strategy.run import Signals, origins_of, signals
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.variants import BASELINE, BUY_AND_HOLD, Run, Variant, cheap_variants, refitted_variants
from macrotrade.strategy.walk_forward import Progress

__all__ = ["Sensitivity", "sensitivity"]

_LEVELS = ["topic", "assumption"]


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """A backtest under other assumptions.

    Attributes
    ----------
    growth
        (topic, assumption) x (provider, rule, instrument): what 1 has become, costs paid. The first row is the run
        itself. NaN where an assumption does not touch a column.
    efficiency
        The same for annualised return / annualised volatility.
    notes
        What an assumption means where its name does not say it, and which do not apply to this strategy.
    published
        What was published for the same exercise; None where nothing was.
    """

    growth: pd.DataFrame
    efficiency: pd.DataFrame
    notes: tuple[str, ...] = ()
    published: Published | None = None

    def table(self, instrument: str, provider: str) -> pd.DataFrame:
        """(topic, assumption) x (figure, rule) of one provider beside buy and hold, the published row last."""
        figures = {
            name: _of_one(frame, instrument, provider)
            for name, frame in (("growth", self.growth), ("efficiency", self.efficiency))
        }
        table = pd.concat(figures, axis=1, names=["figure", "rule"])
        if self.published is not None and self.published.instrument == instrument:
            for rule, value in self.published.growth.items():
                table.loc[("published", self.published.label), ("growth", rule)] = value
        return table

    def tidy(self) -> pd.DataFrame:
        """A row for each assumption and column: topic, assumption, provider, rule, instrument, growth, efficiency."""
        long = [
            frame.T.melt(ignore_index=False, value_name=name).set_index(_LEVELS, append=True)
            for name, frame in (("growth", self.growth), ("efficiency", self.efficiency))
        ]
        return pd.concat(long, axis=1).reset_index()[[*_LEVELS, *self.growth.columns.names, "growth", "efficiency"]]


def sensitivity(
    strategy: Strategy,
    history: History,
    *,
    nearby: pd.DataFrame | None = None,
    run: Signals | None = None,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """A strategy's growth and efficiency as run and under one changed assumption at a time.

    Costs, execution, months left out, halves and shifted forecasts always; the unadjusted price where `nearby` is
    given; other samples and month-average drivers where ``strategy.sensitivity`` asks for them.

    Parameters
    ----------
    strategy, history
        What was run, on what.
    nearby
        Unadjusted prices of the contracts held, sessions x symbols, from
        :func:`macrotrade.sources.market_files.nearby_prices`.
    run
        The run itself, if it is at hand; with neither it nor a `store` all forecasts are made again.
    n_jobs, store, progress
        See :func:`macrotrade.strategy.walk_forward.walk_forward`. With the store of the backtest nothing that it
        forecast is forecast again.
    """
    if run is None:
        origins = origins_of(strategy, history)
        run = signals(strategy, history, origins, n_jobs=n_jobs, store=store, progress=progress)
    base = Run(strategy, history, run)
    variants = [
        *cheap_variants(base, nearby),
        *refitted_variants(base, nearby, n_jobs=n_jobs, store=store, progress=progress),
    ]
    rows = {(variant.topic, variant.assumption): _figures(variant) for variant in variants}
    rows |= _band(variants[0], strategy)
    notes = tuple(dict.fromkeys(note for variant in variants for note in variant.notes))
    return Sensitivity(
        growth=_table(rows, "growth"), efficiency=_table(rows, "efficiency"), notes=notes, published=strategy.published
    )


def _figures(variant: Variant) -> pd.DataFrame:
    """Column x (growth, efficiency)."""
    return performance(variant.returns, variant.periods_per_year)[["growth", "efficiency"]]


def _band(as_run: Variant, strategy: Strategy) -> dict[tuple[str, str], pd.DataFrame]:
    """Ends of the bootstrap interval as two rows; growth is that of the drawn annual return over the same sessions."""
    level, seed = strategy.sensitivity.level, strategy.seed
    years = as_run.returns.notna().sum() / as_run.periods_per_year
    efficiency, annual = (
        bootstrap_interval(as_run.returns, as_run.periods_per_year, figure, level=level, seed=seed)
        for figure in ("efficiency", "annual_return")
    )
    return {
        ("chance", f"{probability:.0%} of bootstrap draws are below"): pd.DataFrame(
            {"growth": (1.0 + annual[end]) ** years, "efficiency": efficiency[end]}
        )
        for end, probability in (("low", (1.0 - level) / 2.0), ("high", (1.0 + level) / 2.0))
    }


def _table(rows: Mapping[tuple[str, str], pd.DataFrame], figure: str) -> pd.DataFrame:
    table = pd.DataFrame({name: row[figure] for name, row in rows.items()}).T
    first: Sequence[tuple[str, str, str]] = next(iter(rows.values())).index.to_list()
    table = table.reindex(columns=pd.MultiIndex.from_tuples(first, names=next(iter(rows.values())).index.names))
    return table.set_axis(pd.MultiIndex.from_tuples(list(rows), names=_LEVELS), axis=0)


def _of_one(frame: pd.DataFrame, instrument: str, provider: str) -> pd.DataFrame:
    """(topic, assumption) x rule: buy and hold first."""
    held = frame[BUY_AND_HOLD, BASELINE, instrument].rename(BUY_AND_HOLD)
    of_provider = frame.xs((provider, instrument), axis=1, level=("provider", "instrument"))
    return pd.concat([held, of_provider], axis=1)
