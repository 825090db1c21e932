"""``.vbt.macro`` on Series and DataFrame: from scores to positions, from positions to a portfolio."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from vectorbt.generic.accessors import GenericAccessor, GenericDFAccessor, GenericSRAccessor
from vectorbt.root_accessors import Vbt_DFAccessor, Vbt_SRAccessor, register_accessor

from macrotrade.panel.vintages import History
from macrotrade.portfolio.costs import CostRates, Costs
from macrotrade.portfolio.returns import TrackRecord
from macrotrade.portfolio.simulate import carried, ordered, simulate, track_record
from macrotrade.signals.rules import Rule, RuleName

__all__ = ["MacroAccessor", "MacroDFAccessor", "MacroSRAccessor", "register"]


class MacroAccessor(GenericAccessor):  # type: ignore[misc]
    """What macrotrade does with scores or positions, origins x column.

    Wherever prices are asked for, a History may be given instead: its prices of the instruments in the columns.
    """

    def positions(
        self, rule: RuleName = "long_short", threshold: float = 0.0, hysteresis: float = 0.0
    ) -> pd.DataFrame | pd.Series:
        """Positions of these scores by a :class:`macrotrade.signals.rules.Rule`, on the same rows and columns."""
        held = Rule(rule, threshold, hysteresis).positions(self.obj.to_numpy(dtype=np.float64))
        if isinstance(self.obj, pd.Series):
            return pd.Series(held, index=self.obj.index, name=self.obj.name)
        return pd.DataFrame(held, index=self.obj.index, columns=self.obj.columns)

    def simulate(self, prices: pd.DataFrame | pd.Series | History, **kwargs: Any) -> vbt.Portfolio:
        """``vectorbt.Portfolio`` of these positions; see :func:`macrotrade.portfolio.simulate.simulate`."""
        return simulate(self.obj, self._prices(prices), **kwargs)

    def track_record(
        self, prices: pd.DataFrame | pd.Series | History, costs: Costs | CostRates = "futures", delay: int = 0
    ) -> TrackRecord:
        """What these positions earned; see :func:`macrotrade.portfolio.simulate.track_record`."""
        return track_record(self.obj, self._prices(prices), costs, delay)

    def exposure(self, prices: pd.DataFrame | pd.Series | History, delay: int = 0) -> pd.DataFrame:
        """Exposure carried through each session; see :func:`macrotrade.portfolio.simulate.carried`."""
        return carried(self.obj, self._prices(prices).index, delay)

    def entries(self, prices: pd.DataFrame | pd.Series | History | None = None) -> pd.DataFrame:
        """Where a long position begins: by origin, or on the bars of `prices` whose close fills the order."""
        now, before = self._change(prices)
        return (now > 0) & (before <= 0)

    def exits(self, prices: pd.DataFrame | pd.Series | History | None = None) -> pd.DataFrame:
        """Where a long position ends."""
        now, before = self._change(prices)
        return (now <= 0) & (before > 0)

    def short_entries(self, prices: pd.DataFrame | pd.Series | History | None = None) -> pd.DataFrame:
        """Where a short position begins."""
        now, before = self._change(prices)
        return (now < 0) & (before >= 0)

    def short_exits(self, prices: pd.DataFrame | pd.Series | History | None = None) -> pd.DataFrame:
        """Where a short position ends."""
        now, before = self._change(prices)
        return (now >= 0) & (before < 0)

    def _change(self, prices: pd.DataFrame | pd.Series | History | None) -> tuple[pd.DataFrame, pd.DataFrame]:
        frame = self.obj.to_frame() if isinstance(self.obj, pd.Series) else self.obj
        now = frame.fillna(0.0) if prices is None else ordered(frame, self._prices(prices).index)
        before = np.vstack([np.zeros((1, now.shape[1])), now.to_numpy()[:-1]])
        return now, pd.DataFrame(before, index=now.index, columns=now.columns)

    def _prices(self, prices: pd.DataFrame | pd.Series | History) -> pd.DataFrame | pd.Series:
        if not isinstance(prices, History):
            return prices
        columns = pd.Index([self.obj.name]) if isinstance(self.obj, pd.Series) else self.obj.columns
        names = columns.get_level_values("instrument") if isinstance(columns, pd.MultiIndex) else columns
        return prices.prices([str(name) for name in names.unique()])


class MacroSRAccessor(MacroAccessor, GenericSRAccessor):  # type: ignore[misc]
    """``series.vbt.macro``."""

    def __init__(self, obj: pd.Series, **kwargs: Any) -> None:
        GenericSRAccessor.__init__(self, obj, **kwargs)


class MacroDFAccessor(MacroAccessor, GenericDFAccessor):  # type: ignore[misc]
    """``frame.vbt.macro``."""

    def __init__(self, obj: pd.DataFrame, **kwargs: Any) -> None:
        GenericDFAccessor.__init__(self, obj, **kwargs)


def register() -> None:
    """Put ``macro`` under ``vbt`` of Series and DataFrame; a second call changes nothing."""
    for parent, accessor in ((Vbt_SRAccessor, MacroSRAccessor), (Vbt_DFAccessor, MacroDFAccessor)):
        if "macro" not in vars(parent):  # the set of accessors that pandas keeps is shared by both
            register_accessor("macro", parent)(accessor)
