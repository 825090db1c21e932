"""Who appears in a run: providers, rules, instruments, benchmarks, and the colour each keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pandas as pd

from macrotrade.instruments import Instrument
from macrotrade.report.colours import BENCHMARK, QUIET, provider_colours
from macrotrade.strategy.result import Backtest

__all__ = ["BASELINE", "BUY_AND_HOLD", "Cast", "cast_of", "columns_of", "rows_of"]

BASELINE = "baseline"
BUY_AND_HOLD = "buy and hold"


@dataclass(frozen=True)
class Cast:
    """Names in a run, each in order of appearance.

    Attributes
    ----------
    providers, rules, instruments
        Forecasters, the rules that trade them and what they trade.
    benchmarks
        Baselines but buy and hold.
    colours
        Provider or benchmark to its colour.
    traded
        Symbol to the instrument, with the driver that the strategy gave it.
    """

    providers: tuple[str, ...]
    rules: tuple[str, ...]
    instruments: tuple[str, ...]
    benchmarks: tuple[str, ...]
    colours: dict[str, str]
    traded: dict[str, Instrument]

    @property
    def n_trials(self) -> int:
        """Provider and rule pairs that were tried on each instrument."""
        return len(self.providers) * len(self.rules)


def cast_of(backtest: Backtest) -> Cast:
    """The cast of a run, read from its columns."""
    columns = backtest.positions.columns.to_frame(index=False)
    baseline = columns["rule"] == BASELINE
    providers = _once(columns.loc[~baseline, "provider"])
    named = _once(columns.loc[baseline, "provider"])
    benchmarks = tuple(name for name in named if name != BUY_AND_HOLD)
    return Cast(
        providers=providers,
        rules=_once(columns.loc[~baseline, "rule"]),
        instruments=_once(columns["instrument"]),
        benchmarks=benchmarks,
        colours={**provider_colours(providers), BUY_AND_HOLD: BENCHMARK, **dict.fromkeys(benchmarks, QUIET)},
        traded={item.symbol: item for item in backtest.strategy.traded},
    )


def rows_of(table: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Rows of one instrument, that level of the index dropped."""
    return cast("pd.DataFrame", table.xs(symbol, level="instrument"))


def columns_of(table: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """Columns of one instrument, that level of the columns dropped."""
    return cast("pd.DataFrame", table.xs(symbol, axis=1, level="instrument"))


def _once(names: pd.Series) -> tuple[str, ...]:
    return tuple(str(name) for name in names.unique())
