"""The 30-year bond on the model average, written out as a user of vectorbt would.

python strategies/treasury_bond_bma.py [--start 2007-12-31] [--end 2010-11-30] [--out runs/treasury_bond_bma.html]

The same rule as treasury_bond_bma.toml, step by step: load, forecast at each origin, score, position, portfolio. The
embedded bond is synthetic, a par bond priced from yields.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

import macrotrade as mt
from macrotrade.portfolio import simulate
from macrotrade.providers.registry import load
from macrotrade.signals.score import score


def main() -> None:
    options = _options()
    history = mt.load("embedded")
    bond = mt.instrument("ZB")
    target = mt.Target(bond.driver, horizons=(1,), measure="change")
    origins = mt.Schedule().origins(options.start, options.end)

    walk = mt.walk_forward(load("bma", start="1998-01"), history, target, origins)
    scores = pd.DataFrame({"ZB": {forecast.as_of: score(forecast, bond) for forecast in walk.forecasts}})

    # A portfolio ends where its prices end: here with the month that the last decision is held for.
    prices = history.prices(["ZB"]).loc[: origins[-1] + pd.offsets.MonthEnd(1)]
    positions = pd.concat(
        {rule: scores.vbt.macro.positions(rule) for rule in ("long_flat", "long_short")},
        axis=1,
        names=["rule", "instrument"],
    )
    portfolio = positions.vbt.macro.simulate(prices, costs="futures")
    held = simulate(pd.Series(1.0, index=origins, name="ZB"), prices, costs="futures")

    table = pd.DataFrame({rule: portfolio[rule, "ZB"].stats() for rule, _ in positions.columns})
    print(table.assign(**{"buy and hold": held.stats()}).to_string())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    portfolio["long_short", "ZB"].plot().write_html(options.out)
    print(f"wrote {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", default="2007-12-31", help="first origin")
    parser.add_argument("--end", default="2010-11-30", help="last origin")
    parser.add_argument("--out", type=Path, default=Path("runs/treasury_bond_bma.html"), help="figure to write")
    return parser.parse_args()


if __name__ == "__main__":
    main()
