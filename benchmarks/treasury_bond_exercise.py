"""The trading exercise on the contract itself and on true vintages, beside the published figures.

Automatic Macro Forecasting System, The Journal of Trading (2016): 30-year bond future, 2008-2010, long if the model
average forecasts a lower yield, else flat, or short::

    python -m benchmarks.treasury_bond_exercise [--data FOLDER] [--store FOLDER] [--jobs 2] [--long]

With ``--long`` the same rules run over 288 months, 1999-09 to 2023-08, on the futures of the 30-, 10- and 5-year
Treasury and of the S&P 500. Prices by contract and vintages are not shipped; the folder is MACROTRADE_SHARED_DATA, or
``shared/data`` beside the checkout.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks._table import Row
from macrotrade import Backtest, Sensitivity, Strategy, backtest, read_strategy, sensitivity
from macrotrade.evaluation.direction import direction_table
from macrotrade.evaluation.performance import performance
from macrotrade.strategy.parts import DataOptions

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("MACROTRADE_SHARED_DATA", ROOT.parent / "shared" / "data"))
TOML = ROOT / "strategies" / "treasury_bond_bma.toml"
VINTAGES = "fredmd/fredmd_all_vintages_1999-08_2026-03.parquet"
CONTRACTS = {"ZB": "US20", "ZN": "US10", "ZF": "US5", "ES": "SP500"}
STOCKS = "equity/GSPC_daily_1927_2024-05.csv.gz"
LONG_YIELDS = ("DGS30", "DGS10")


def main() -> None:
    """Print the tables of the options given."""
    options = _options()
    pd.set_option("display.width", 250, "display.max_columns", 40, "display.max_rows", 100)
    started = time.perf_counter()
    if options.long:
        run = long_run(options.data, options.store, options.jobs)
        print(efficiencies(run).round(2).to_string())
        print(hit_rates(run).round(3).to_string())
    else:
        run, found = exercise(options.data, options.store, options.jobs)
        print(found.table("ZB", "bma").round(2).to_string())
        print("less the published figures, as run and on the unadjusted price:")
        print(less_published(found).round(2).to_string())
        print(hit_rates(run).round(3).to_string())
        print(*found.notes, sep="\n")
    print(f"{time.perf_counter() - started:.0f} s")


def rows() -> list[Row]:
    """Time of the exercise with its sensitivity table: 36 origins, rebuilt five times; none where data are absent."""
    if not (DATA / VINTAGES).exists():
        return []
    strategy = real_strategy(DATA)
    history = strategy.data.load()
    sensitivity(strategy.changed(end="2008-01-31"), history)
    started = time.perf_counter()
    sensitivity(strategy, history, nearby=strategy.data.nearby())
    took = time.perf_counter() - started
    part = "trading exercise and its sensitivity table: 5 x 36 monthly rebuilds, 23 rows"
    return [Row(part, "", None, took, note="true vintages, one process, compiled before")]


def real_strategy(data: Path) -> Strategy:
    """The exercise with the contract's prices, the published yields and the vintages of the time."""
    source = DataOptions(
        source="fred-md",
        path=str(data / VINTAGES),
        prices={"ZB": _contract(data, "ZB")},
        yields={"DGS30": str(data / "rates" / "fred_to_2026" / "DGS30.csv.gz")},
    )
    return read_strategy(TOML).changed(data=source)


def exercise(data: Path, store: Path | None = None, n_jobs: int = 1) -> tuple[Backtest, Sensitivity]:
    """The run, and what is left of it under other assumptions."""
    strategy = real_strategy(data)
    history, nearby = strategy.data.load(), strategy.data.nearby()
    run = backtest(strategy, history, n_jobs=n_jobs, store=store)
    return run, sensitivity(strategy, history, nearby=nearby, n_jobs=n_jobs, store=store)


def long_run(data: Path, store: Path | None = None, n_jobs: int = 1) -> Backtest:
    """The same rules from the first vintage to the last price, without costs, on four futures."""
    with tempfile.TemporaryDirectory() as folder:
        five_year = Path(folder) / "DGS5.csv"
        _five_year_yield(data).to_csv(five_year)
        strategy = Strategy(
            name="model average, 1999-2023",
            providers=["machine", "bma"],
            instruments=list(CONTRACTS),
            periods_ahead=(1, 2),
            start="1999-08-31",
            end="2023-07-31",
            data=DataOptions(
                source="fred-md",
                path=str(data / VINTAGES),
                prices={symbol: _contract(data, symbol) for symbol in CONTRACTS} | {"SPX": str(data / STOCKS)},
                yields={name: str(data / "rates" / "fred_to_2026" / f"{name}.csv.gz") for name in LONG_YIELDS}
                | {"DGS5": str(five_year)},
            ),
            portfolio={"costs": "none", "bars": "monthly"},
        )
        return backtest(strategy, strategy.data.load(), n_jobs=n_jobs, store=store)


def less_published(found: Sensitivity) -> pd.DataFrame:
    """Our growth of 1 less the published one: assumption x rule, for the rows that speak of its conventions."""
    growth = found.table("ZB", "bma")["growth"]
    ours = growth[growth.index.get_level_values("topic").isin(["as run", "price", "yield"])]
    return (ours - growth.loc["published"].iloc[0]).dropna(axis=1)


def efficiencies(run: Backtest) -> pd.DataFrame:
    """(provider, rule) x (figure, instrument): annualised return over volatility, and mean return over volatility."""
    figures = performance(run.returns, run.periods_per_year)
    table = figures.pivot_table(["efficiency", "sharpe"], ["provider", "rule"], "instrument", sort=False)
    return table[[(figure, symbol) for figure in ("efficiency", "sharpe") for symbol in CONTRACTS]]


def hit_rates(run: Backtest) -> pd.DataFrame:
    """Share of right directions of each driver by provider and horizon, and of always calling the commoner one."""
    signs = {item.driver: int(item.sign) for item in run.strategy.traded}
    return direction_table(run.forecasts, ["provider", "series", "horizon"], signs)[["n", "hit_rate", "base_rate"]]


def _contract(data: Path, symbol: str) -> str:
    return str(data / "futures" / "multiple_prices" / f"{CONTRACTS[symbol]}.csv.gz")


def _five_year_yield(data: Path) -> pd.Series:
    """DGS5 from two downloads that agree where they overlap."""
    early = pd.read_csv(data / "rates" / "h15_daily_to_2021-01" / "DGS5.csv.gz", index_col=0, na_values=".").iloc[:, 0]
    late = pd.read_csv(data / "rates" / "h15_daily_2005_2026-02" / "DGS5.csv.gz", index_col=0).iloc[:, 0]
    return late.combine_first(early).dropna().rename("DGS5").rename_axis("date")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of contracts, yields and vintages")
    parser.add_argument("--store", type=Path, help="folder of finished blocks, to go on where a run stopped")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--long", action="store_true", help="288 months, four futures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
