"""The neural half of a horse race for US inflation, on the FRED-MD vintage of October 2019.

Ratios of root mean squared errors to the direct autoregression of five kinds of networks, large and small, beside the
published ones of Paranhos, L. (2023), Predicting Inflation with Recurrent Neural Networks, table 2 (CPI, 1993-05 to
2006-07)::

    python -m benchmarks.neural_half [--large 20] [--small 100] [--only LABEL] [--choices] [--series PCEPI]
                                     [--span 2006-2019] [--jobs 2]

Data, months, windows and base are those of :mod:`benchmarks.benchmark_half`; the networks are those of the studies
``strategies/studies/inflation_networks_cpi.toml`` and ``_pce``, with as many members. Each horizon has its own fits, as
in the paper: the first at the origin of the first month scored, and every 48 months after it.

Fits that are done are kept in ``--store``, and a race started again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks._table import Row
from benchmarks.benchmark_half import (
    BASE,
    HORIZONS,
    SPANS,
    TABLE,
    VINTAGE,
    Entry,
    Span,
    final_numbers,
    inflation,
    table,
)
from benchmarks.benchmark_half import race as base_race
from macrotrade import __version__
from macrotrade._files import atomically
from macrotrade.evaluation.initialisation import initialisation_uncertainty
from macrotrade.forecast import Target, with_seed
from macrotrade.panel.vintages import History
from macrotrade.strategy.study import read_study
from macrotrade.strategy.walk_forward import derived_seed

STUDIES = Path(__file__).resolve().parents[1] / "strategies" / "studies"
FILES = {"CPIAUCSL": "inflation_networks_cpi.toml", "PCEPI": "inflation_networks_pce.toml"}
REFIT = 48
PUBLISHED_MEMBERS = 1400
# What else might explain a difference; no setting follows from these.
CHOICES: dict[str, dict[str, Any]] = {
    "all months": {"window": "expanding"},
    "gates alone": {"start": "glorot_by_gate"},
    "torch's start": {"start": "torch"},
    "forget bias 1": {"forget_bias": 1.0},
    "orthogonal and forget bias 1": {"forget_bias": 1.0, "orthogonal": True},
    "half the epochs": {"epochs": 0.5},
    "twice the epochs": {"epochs": 2.0},
    "rate .01": {"learning_rate": 0.01},
}


def main() -> None:
    """Print the tables of the options given."""
    options = _options()
    history, span = final_numbers(options.vintage), SPANS[options.span]
    entries = networks(options.series, options.large, options.small)
    entries = {name: entries[name] for name in options.only or entries}
    if options.choices:
        entries |= {f"{name}, {choice}": changed(entries[name], choice) for name, choice in product(entries, CHOICES)}
    started = time.perf_counter()
    found = race(history, entries, options.series, span, n_jobs=options.jobs, store=options.store, tell=True)
    base = base_race(history, {BASE: TABLE[BASE]}, options.series, span, n_jobs=options.jobs, store=options.store)
    print(f"{options.series}, {options.span}, {time.perf_counter() - started:.0f} s; members: {_members(entries)}")
    ratios = table(pd.concat([base, means(history, found, options.series)]), published(options.series, options.span))
    print(ratios.round(3).to_string())
    print(f"the same with {PUBLISHED_MEMBERS:,} members, as far as the spread of these tells")
    print(with_more(history, found, options.series, base).round(3).to_string())
    print("members that are worse than their mean at 5 per cent by Diebold and Mariano, of all")
    print(beaten(history, found, options.series).round(2).to_string())


def rows() -> list[Row]:
    """Time of the small networks' rows; none where the vintage is missing."""
    if not VINTAGE.exists():
        return []
    history, n_members = final_numbers(VINTAGE), 20
    small = {name: entry for name, entry in networks("CPIAUCSL", 1, n_members).items() if name.startswith("small")}
    race(history, {name: _told(entry, n_members=1, epochs=1) for name, entry in small.items()}, "CPIAUCSL", _BRIEF)
    started = time.perf_counter()
    race(history, small, "CPIAUCSL", SPANS["1993-2006"])
    taken = time.perf_counter() - started
    what = f"small networks of the CPI table, 1993-2006: 5 kinds, 5 horizons, 4 fits, {n_members} members"
    n_epochs = n_members * 4 * len(HORIZONS) * sum(int(str(entry.settings["epochs"])) for entry in small.values())
    return [Row(what, "", None, taken, note=f"one process, compiled before; {1e3 * taken / n_epochs:.3g} ms an epoch")]


def networks(series: str, n_large: int | None = None, n_small: int | None = None) -> dict[str, Entry]:
    """Networks of the study of a price, on windows that shrink with the horizon, and for points alone."""
    choices = read_study(STUDIES / FILES[series]).providers
    entries = {}
    for choice in choices:
        if choice.title != BASE:
            settings = {name: value for name, value in choice.settings.items() if name != "window"}
            asked = n_small if choice.title.startswith("small") else n_large
            n_members = settings["n_members"] if asked is None else asked
            entries[choice.title] = Entry(choice.name, {**settings, "n_members": n_members, "n_judged": 0})
    return entries


def published(series: str, span: str) -> pd.DataFrame | None:
    """Ratios that the study of a price quotes for these months, horizons x networks; None where it quotes none."""
    quoted = [one for one in read_study(STUDIES / FILES[series]).published if one.window == span]
    return pd.DataFrame(dict(quoted[0].ratios), index=pd.Index(HORIZONS, name="horizon")) if quoted else None


def changed(entry: Entry, choice: str) -> Entry:
    """The same network with one other choice; epochs are multiplied."""
    change = dict(CHOICES[choice])
    window = change.pop("window", entry.window)
    if "epochs" in change:
        change["epochs"] = int(change["epochs"] * float(str(entry.settings["epochs"])))
    return replace(_told(entry, **change), window=str(window))


def race(
    history: History,
    entries: Mapping[str, Entry],
    series: str,
    span: Span,
    *,
    n_jobs: int = 1,
    store: Path | None = None,
    tell: bool = False,
) -> dict[str, pd.DataFrame]:
    """Forecasts of every member, by entry: a row for each (horizon, period), a column for each member."""
    months = {h: [span.months[start : start + REFIT] for start in range(0, len(span.months), REFIT)] for h in HORIZONS}
    work = [(name, h, block) for name, h in product(entries, HORIZONS) for block in months[h]]
    tables = Parallel(n_jobs=n_jobs)(
        delayed(_fit)(history, name, entries[name], series, span, h, block, store, tell) for name, h, block in work
    )
    return {
        name: pd.concat([found for (of, _, _), found in zip(work, tables, strict=True) if of == name])
        for name in entries
    }


def means(history: History, found: Mapping[str, pd.DataFrame], series: str) -> pd.DataFrame:
    """Forecast by the mean of the members, and outcome, a row for each entry, horizon and month."""
    parts = [said.mean(axis=1).rename("point").reset_index().assign(entry=name) for name, said in found.items()]
    forecasts = pd.concat(parts, ignore_index=True)
    return forecasts.assign(outcome=inflation(history, series).reindex(forecasts["period"]).to_numpy())


def with_more(
    history: History, found: Mapping[str, pd.DataFrame], series: str, base: pd.DataFrame, n: int = PUBLISHED_MEMBERS
) -> pd.DataFrame:
    """Ratios to be expected of n members, entries x horizons.

    With K members drawn alike, of variance s^2 in a month, the mean squared error of their mean exceeds that of n by
    s^2 (1 / K - 1 / n), month by month.
    """
    outcome = inflation(history, series)
    base_errors = ((base["point"] - base["outcome"]) ** 2).groupby(base["horizon"]).mean()
    ratios: dict[str, dict[int, float]] = {}
    for name, forecasts in found.items():
        for horizon, rows in forecasts.groupby("horizon"):
            members = rows.to_numpy()
            errors = members.mean(axis=1) - outcome.reindex(rows.index.get_level_values("period")).to_numpy()
            excess = members.var(axis=1, ddof=1) * (1.0 / members.shape[1] - 1.0 / n)
            of_base = float(base_errors[horizon])
            ratios.setdefault(name, {})[int(horizon)] = float(np.sqrt((errors**2 - excess).mean() / of_base))
    return pd.DataFrame(ratios).T


def beaten(history: History, found: Mapping[str, pd.DataFrame], series: str) -> pd.DataFrame:
    """Share of members that their mean beats at 5 per cent, one-sided, entries x horizons."""
    outcome = inflation(history, series)
    shares = {
        name: {
            horizon: initialisation_uncertainty(
                outcome.reindex(rows.index.get_level_values("period")).to_numpy(), rows.to_numpy(), int(horizon)
            ).summary.loc["diebold_mariano", "beaten_05"]
            for horizon, rows in said.groupby("horizon")
        }
        for name, said in found.items()
    }
    return pd.DataFrame(shares).T


def _fit(
    history: History,
    name: str,
    entry: Entry,
    series: str,
    span: Span,
    horizon: int,
    months: pd.PeriodIndex,
    store: Path | None,
    tell: bool,
) -> pd.DataFrame:
    """Members' forecasts of these months by networks trained at the origin of the first, read where they are kept."""
    day = (months[0] - horizon).end_time.normalize()
    if entry.window == "shrinking":
        (provider,) = (one for (h, *_), one in entry.loads(span).items() if h == horizon)
    else:
        (provider,) = entry.loads(span).values()
    provider = with_seed(provider, derived_seed(0, name.partition(",")[0], day))
    file = _file(store, history, provider, series, horizon, months)
    if file is not None and file.exists():
        return pd.read_parquet(file).set_axis(_labels(horizon, months))
    started = time.perf_counter()
    forecaster = provider.fit(history.as_of(day), Target(series, (horizon,), "one_period_log_change"))
    said = [
        forecaster.forecast(history.as_of((month - horizon).end_time.normalize())).mean[:, 0, 0] for month in months
    ]
    found = pd.DataFrame(np.stack(said))
    found.columns = found.columns.astype(str)
    if file is not None:
        with atomically(file) as unfinished:
            found.to_parquet(unfinished)
    if tell:
        print(f"{name}, {horizon} ahead, from {months[0]}: {time.perf_counter() - started:.1f} s", flush=True)
    return found.set_axis(_labels(horizon, months))


def _labels(horizon: int, months: pd.PeriodIndex) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[horizon] * len(months), months], names=["horizon", "period"])


def _file(
    store: Path | None, history: History, provider: object, series: str, horizon: int, months: pd.PeriodIndex
) -> Path | None:
    """Where forecasts are kept, named for all that they depend on."""
    if store is None:
        return None
    panel = history.panel_fingerprint(history.last_day)
    what = (__version__, panel, provider, series, horizon, str(months[0]), len(months))
    return store / f"{hashlib.sha256(repr(what).encode()).hexdigest()[:24]}.parquet"


def _told(entry: Entry, **settings: object) -> Entry:
    return replace(entry, settings={**entry.settings, **settings})


def _members(entries: Mapping[str, Entry]) -> str:
    return ", ".join(f"{name} {entry.settings['n_members']}" for name, entry in entries.items() if "," not in name)


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vintage", type=Path, default=VINTAGE)
    parser.add_argument("--series", choices=list(FILES), default="CPIAUCSL")
    parser.add_argument("--span", choices=list(SPANS), default="1993-2006")
    parser.add_argument("--large", type=int, help="members of each large network; the study's by default")
    parser.add_argument("--small", type=int, help="members of each small network; the study's by default")
    parser.add_argument("--only", action="append", help="a network by its label; all by default")
    parser.add_argument("--choices", action="store_true", help="other choices too")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--store", type=Path, default=Path("runs") / "neural_half")
    return parser.parse_args(arguments)


_BRIEF = Span("1993-05", "1993-05", 412)

if __name__ == "__main__":
    main()
