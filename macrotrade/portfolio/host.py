"""``vectorbt.Portfolio`` that knows how long its year is and what its benchmark was."""

from __future__ import annotations

from typing import Any

import pandas as pd
import vectorbt as vbt

from macrotrade.portfolio.bars import BARS

__all__ = ["MacroPortfolio"]


class MacroPortfolio(vbt.Portfolio):  # type: ignore[misc]
    """A ``vectorbt.Portfolio`` in all it does; only two defaults differ.

    A year has as many bars as the bar's frequency says (252 days, 52 weeks, 12 months, 4 quarters), not what
    ``vbt.settings`` say at the time of asking; and the benchmark is the instrument's own closes, where the closes of
    the portfolio are those of the position as held.

    Parameters
    ----------
    market
        Closes of the instrument behind each column, in the shape of `close`; None takes `close`.
    """

    def __init__(self, *args: Any, market: pd.DataFrame | pd.Series | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.update_config(market=market)

    @property
    def year_freq(self) -> pd.Timedelta | None:
        """Length of the year that goes with the bar, None for a bar that is not ours."""
        years = {bar.length: bar.year for bar in BARS}
        return years.get(pd.Timedelta(self.wrapper.freq)) if self.wrapper.freq is not None else None

    @property
    def stats_defaults(self) -> dict[str, Any]:
        """Defaults of vectorbt, with the year of the bar."""
        defaults: dict[str, Any] = super().stats_defaults
        if self.year_freq is not None:
            defaults["settings"] = {**defaults["settings"], "year_freq": self.year_freq}
        return defaults

    def get_returns_acc(self, *args: Any, year_freq: Any = None, **kwargs: Any) -> Any:
        """Returns accessor, with the year of the bar."""
        return super().get_returns_acc(*args, year_freq=self.year_freq if year_freq is None else year_freq, **kwargs)

    def benchmark_value(self, *args: Any, **kwargs: Any) -> Any:
        """Value of holding the instrument itself."""
        market = self.config["market"]
        if market is None:
            return super().benchmark_value(*args, **kwargs)
        config = {name: value for name, value in self.config.items() if name != "market"}
        return vbt.Portfolio(**{**config, "close": market}).benchmark_value(*args, **kwargs)

    def indexing_func(self, pd_indexing_func: Any, **kwargs: Any) -> Any:
        """Select columns, of the market too."""
        selected = super().indexing_func(pd_indexing_func, **kwargs)
        market = self.config["market"]
        if market is not None:
            selected.update_config(market=pd_indexing_func(market))
        return selected
