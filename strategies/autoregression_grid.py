"""How much conviction should a position need? A grid of thresholds on the scores of an autoregression.

python strategies/autoregression_grid.py [--start 2000-01-31] [--end 2016-12-31]

``MACROSIGNAL`` is a vectorbt indicator, so a list of thresholds gives a portfolio for each, all at once. The best of a
grid is chosen by what came later: look at how the figures move along it, not at its highest.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import vectorbt as vbt

import macrotrade as mt
from macrotrade.portfolio import MACROSIGNAL
from macrotrade.providers.registry import load
from macrotrade.signals.score import score

THRESHOLDS = np.linspace(0.0, 0.2, 9).round(3).tolist()


def main() -> None:
    options = _options()
    history = mt.load("embedded")
    note = mt.instrument("ZN")
    target = mt.Target(note.driver, horizons=(1,), measure="change")
    origins = mt.Schedule().origins(options.start, options.end)
    walk = mt.walk_forward(load("autoregression", n_lags=12), history, target, origins)
    scores = pd.Series({forecast.as_of: score(forecast, note) for forecast in walk.forecasts}, name="ZN")

    close = history.prices(["ZN"])["ZN"].loc[origins[0] : origins[-1] + pd.offsets.MonthEnd(1)]
    signal = MACROSIGNAL.run(close, scores, threshold=THRESHOLDS, short=[False, True], param_product=True)
    portfolio = vbt.Portfolio.from_signals(
        close,
        entries=signal.entries,
        exits=signal.exits,
        short_entries=signal.short_entries,
        short_exits=signal.short_exits,
        upon_opposite_entry="reverse",
        fees=1e-4,
        freq="1D",
    )
    table = pd.DataFrame(
        {
            "total return": portfolio.total_return(),
            "Sharpe": portfolio.sharpe_ratio(year_freq="252D"),
            "trades": portfolio.trades.count(),
            "months in the market": (signal.position != 0).groupby(close.index.to_period("M")).last().mean(),
        }
    )
    print(table.round(3).to_string())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", default="2000-01-31", help="first origin")
    parser.add_argument("--end", default="2016-12-31", help="last origin")
    return parser.parse_args()


if __name__ == "__main__":
    main()
