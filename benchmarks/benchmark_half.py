"""The benchmark half of a horse race for US inflation, on the FRED-MD vintage of October 2019.

Ratios of root mean squared errors to the direct autoregression, beside the published ones of Paranhos, L. (2023),
Predicting Inflation with Recurrent Neural Networks, table 2 (CPI, 1993-05 to 2006-07)::

    python benchmarks/benchmark_half.py VINTAGE.csv.gz [--providers lasso ridge] [--expanding] [--jobs 2] [--out FILE]

Design: one-period log changes 1, 3, 6, 12 and 24 months ahead, rolling windows, numbers of one vintage without
publication delays, CPI and PCE in log differences and every other series by its code.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from macrotrade.forecast import Provider, Target
from macrotrade.panel.vintages import History, Releases
from macrotrade.providers.registry import load
from macrotrade.sources.fred_md import load_fred_md

HORIZONS = (1, 3, 6, 12, 24)
FIRST, LAST = pd.Period("1993-05", "M"), pd.Period("2006-07", "M")
WINDOW = 412  # months from 1959-01 to 1993-04
BASE = "direct-autoregression"
PUBLISHED = pd.DataFrame(
    {
        "ucsv": (1.02, 1.07, 1.00, 1.07, 0.91),
        "factor-model": (1.00, 1.00, 1.01, 1.04, 0.99),
        "random-forest": (0.88, 0.98, 0.96, 0.92, 0.92),
        "lasso": (0.91, 0.96, 0.97, 1.01, 1.01),
        "ridge": (0.94, 1.01, 1.02, 0.98, 0.93),
        "elastic-net": (0.91, 0.96, 0.97, 1.01, 1.01),
    },
    index=pd.Index(HORIZONS, name="horizon"),
)


def main() -> None:
    options = _options()
    history = final_numbers(options.vintage)
    window = None if options.expanding else WINDOW
    providers = {name: load(name, window=window) for name in dict.fromkeys([BASE, *options.providers])}
    started = time.perf_counter()
    forecasts = race(history, providers, options.series, n_jobs=options.jobs)
    print(f"{len(forecasts)} forecasts in {time.perf_counter() - started:.0f} s")
    if options.out:
        forecasts.to_csv(options.out, index=False)
    print(table(forecasts).round(3).to_string())


def final_numbers(vintage: Path) -> History:
    """One vintage as if each number had been public at the end of its month, CPI and PCE with code 5."""
    source = load_fred_md(vintage)
    frame = source.as_of(source.last_day).monthly
    series = {
        name: replace(source.series[name], tcode=5 if name in ("CPIAUCSL", "PCEPI") else source.series[name].tcode)
        for name in map(str, frame.columns)
    }
    releases = {"M": Releases.from_final("M", frame, dict.fromkeys(series, 0))}
    return History("one vintage", "pseudo", releases, source.market, series)


def race(
    history: History,
    providers: dict[str, Provider],
    series: str,
    *,
    n_jobs: int = 1,
    span: tuple[pd.Period, pd.Period] = (FIRST, LAST),
) -> pd.DataFrame:
    """Forecast and outcome for each provider, horizon and month of `span`."""
    levels = history.as_of(history.last_day).values(series)
    outcome = np.log(levels).diff()
    origins = pd.period_range(span[0] - max(HORIZONS), span[1] - 1, freq="M")
    jobs = [(name, provider, origin) for origin in origins for name, provider in providers.items()]
    rows = Parallel(n_jobs=n_jobs)(
        delayed(_forecast)(history, name, provider, series, origin, span) for name, provider, origin in jobs
    )
    forecasts = pd.concat(rows, ignore_index=True)
    forecasts["outcome"] = outcome.reindex(pd.PeriodIndex(forecasts["period"], freq="M")).to_numpy()
    return forecasts


def table(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Ratio of root mean squared errors to the base by horizon, with the published ratios and the differences."""
    error = forecasts["point"] - forecasts["outcome"]
    squared = forecasts.assign(loss=error**2)
    rmse = squared.pivot_table(values="loss", index="horizon", columns="provider") ** 0.5
    ours = rmse.div(rmse[BASE], axis=0).drop(columns=BASE)
    published = PUBLISHED.reindex(columns=ours.columns)
    parts = {"ours": ours, "published": published, "difference": ours - published}
    return pd.concat(parts, axis=1).swaplevel(axis=1)[list(ours.columns)]


def _forecast(
    history: History,
    name: str,
    provider: Provider,
    series: str,
    origin: pd.Period,
    span: tuple[pd.Period, pd.Period],
) -> pd.DataFrame:
    horizons = tuple(horizon for horizon in HORIZONS if span[0] <= origin + horizon <= span[1])
    target = Target(series, horizons, "one_period_log_change")
    panel = history.as_of(origin.end_time.normalize())
    frame = provider.fit(panel, target).forecast(panel).frame()
    return frame[["horizon", "period", "point", "spread"]].assign(provider=name, origin=str(origin))


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vintage", type=Path)
    parser.add_argument("--providers", nargs="+", default=["ucsv", "factor-model", "lasso", "ridge", "elastic-net"])
    parser.add_argument("--series", default="CPIAUCSL")
    parser.add_argument("--expanding", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
