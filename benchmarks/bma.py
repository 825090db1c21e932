"""The machine-built system: screen, building, rebuilds, solve, growth with the number of series, cold start.

The panel is FRED-MD's January 2011 vintage from 1998 where the folder of real data is present, else the embedded
table over the same months. ``python -m benchmarks.bma`` also compares the selection of every equation, not a sample.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import macrotrade
from benchmarks._table import Row, machine, markdown, seconds
from macrotrade.providers.bma import System, SystemSettings, build_system, forecast, screen_causes
from macrotrade.providers.bma.building import Design, select_regressors
from macrotrade.providers.bma.sample import Sample, draw_sample
from macrotrade.providers.bma.solving import solve_linear
from tests.providers.bma.reference import PlainBuilder, plain_screen

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("MACROTRADE_SHARED_DATA", ROOT.parent / "shared" / "data"))
ARCHIVE = SHARED / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
STUDY = ROOT / "strategies" / "studies" / "united_states_2008_2010.toml"
N_PAIRS = 150
N_EQUATIONS = 25
N_ORIGINS = 36


def rows(full: bool = False) -> list[Row]:
    """All parts; ``full`` builds every equation plainly instead of the heaviest and a fixed spread of others."""
    values, names = us_panel()
    sample = draw_sample(values, names, SystemSettings(max_delay=6))
    system = build_system(values, names, SystemSettings(max_delay=6))
    return [
        *_screen(sample),
        _building(sample, len(names) if full else N_EQUATIONS),
        _rebuilds(values, names),
        _solve(system, values),
        *_growth(),
        _cold_start(),
        *_study(),
    ]


def us_panel() -> tuple[np.ndarray, list[str]]:
    """Reported levels of 1998-01..2010-12 and the names of the series."""
    if ARCHIVE.exists():
        cells = pd.read_parquet(ARCHIVE)
        known = cells[(cells["first_vintage"] <= "2011-01") & (cells["last_vintage"] >= "2011-01")]
        frame = known.pivot_table(index="date", columns="series", values="value").sort_index()
    else:
        frame = pd.read_parquet(Path(macrotrade.__file__).parent / "sources" / "data" / "fred_md.parquet")
    months = frame.index.astype(str).str[:7]
    frame = frame[(months >= "1998-01") & (months <= "2010-12")]
    return frame.to_numpy(dtype=float), list(frame.columns)


def _screen(sample: Sample) -> list[Row]:
    from statsmodels.tsa.stattools import grangercausalitytests

    f = screen_causes(sample).f_statistics
    n = sample.n_series
    pairs = np.argwhere(~np.eye(n, dtype=bool))
    chosen = pairs[:: max(1, len(pairs) // N_PAIRS)]

    def statsmodels_pairs() -> list[float]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [grangercausalitytests(sample.converted[:, pair], [12])[12][0]["ssr_ftest"][0] for pair in chosen]

    error = float(np.abs(f[chosen[:, 0], chosen[:, 1]] / statsmodels_pairs() - 1.0).max())
    assert error < 1e-8
    plain = plain_screen(sample.standardised, 12)
    off = ~np.eye(n, dtype=bool)
    plain_error = float(np.abs(f[off] / plain[off] - 1.0).max())
    assert plain_error < 1e-8
    ours = seconds(lambda: screen_causes(sample), repeats=20)
    naive = seconds(statsmodels_pairs, repeats=2, warm_up=0) * len(pairs) / len(chosen)
    label = f"Granger screen, {n} series, p = 12, T = {len(sample.converted)}"
    return [
        Row(label, "statsmodels grangercausalitytests([12])", naive, ours, "1,500x", f"{error:.0e} relative",
            f"naive timed on {len(chosen)} of {len(pairs)} pairs and scaled"),
        Row(label, "numpy lstsq loop", seconds(lambda: plain_screen(sample.standardised, 12), 1, 0), ours, "",
            f"{plain_error:.0e} relative"),
    ]  # fmt: skip


def _building(sample: Sample, n_equations: int) -> Row:
    screen = screen_causes(sample)
    heavy_first = np.argsort(-screen.candidates.sum(axis=1), kind="stable")
    others = np.linspace(4, len(heavy_first) - 1, max(n_equations - 4, 1)).astype(int)
    places = np.arange(sample.n_series) if n_equations >= sample.n_series else heavy_first[np.r_[:4, np.unique(others)]]
    codes, counts, n_folds, _ = select_regressors(Design(sample), screen)
    plain = PlainBuilder(sample.standardised, sample.first_row % 12, sample.settings)
    begin = time.perf_counter()
    for i in places:
        expected = plain.build(int(i), np.flatnonzero(screen.candidates[i]).tolist())
        assert codes[i, : counts[i]].tolist() == expected.codes, sample.names[i]
        assert n_folds[i] == expected.n_folds, sample.names[i]
    naive = time.perf_counter() - begin
    chosen = np.zeros_like(screen.candidates)
    chosen[places] = screen.candidates[places]
    fewer = replace(screen, candidates=chosen)
    everything = seconds(lambda: select_regressors(Design(sample), screen), repeats=10)
    nothing = replace(screen, candidates=np.zeros_like(screen.candidates))
    # Equations that were not built plainly still pay for their autoregressive start: take that off.
    spare = seconds(lambda: select_regressors(Design(sample), nothing), repeats=10)
    spare *= 1.0 - len(places) / sample.n_series
    ours = seconds(lambda: select_regressors(Design(sample), fewer), repeats=10) - spare
    return Row(
        f"building {len(places)} of {sample.n_series} equations", "numpy lstsq, the same steps", naive, ours, "150x",
        "same selections", f"all {sample.n_series}: {everything * 1e3:.0f} ms",
    )  # fmt: skip


def _rebuilds(values: np.ndarray, names: list[str]) -> Row:
    def walk() -> None:
        for origin in range(len(values) - N_ORIGINS, len(values)):
            build_system(values[: origin + 1], names, SystemSettings(max_delay=12))

    return Row(f"{N_ORIGINS} monthly rebuilds, screen and companions included", "", None, seconds(walk, 2), "4 s")


def _solve(system: System, values: np.ndarray) -> Row:
    result = forecast(system, values, 6)
    form, path = system.linear_form, result.solution.values.copy()  # noqa: PD011
    first = len(values)
    path[first:] = np.nan

    def by_lu() -> np.ndarray:
        out = path.copy()
        for t in range(first, len(path)):
            right = form.fixed_part(t, 1, system.sample.first_season)[0]
            for lag in range(1, len(form.lag_matrices)):
                right = right + form.lag_matrices[lag] @ out[t - lag]
            out[t] = np.linalg.solve(np.eye(len(right)) - form.now, right)
        return out

    def ours() -> np.ndarray:
        solution = solve_linear(form, path, system.sample.scales, first_season=system.sample.first_season)
        return solution.values  # noqa: PD011

    gap = float(np.abs((ours() - by_lu())[first:] / system.sample.scales).max())
    assert gap < 1e-12
    return Row(
        "six-horizon solve, checked by the direct route", "np.linalg.solve", seconds(by_lu, 20), seconds(ours, 20), "",
        f"{gap:.0e} of a standard deviation",
    )  # fmt: skip


def _growth() -> list[Row]:
    rng = np.random.default_rng(0)
    sizes, times = (30, 60, 126, 250, 500), []
    for n_series in sizes:
        factors = np.cumsum(rng.standard_normal((156, 4)), axis=0)
        steps = np.diff(factors @ rng.standard_normal((4, n_series)), axis=0) + rng.standard_normal((155, n_series))
        levels = 100.0 * np.exp(0.01 * np.cumsum(steps, axis=0))
        names = [f"s{j}" for j in range(n_series)]
        times.append(seconds(lambda levels=levels, names=names: build_system(levels, names), repeats=3))
    exponent = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    return [
        Row(f"screen and build, {n_series} simulated series", "", None, taken, "",
            note=f"grows as n_series^{exponent:.2f}" if n_series == sizes[-1] else "")
        for n_series, taken in zip(sizes, times, strict=True)
    ]  # fmt: skip


def _cold_start() -> Row:
    code = (
        "import numpy as np, time; from macrotrade.providers.bma import average, build_system;"
        "x = 100 * np.exp(np.cumsum(0.01 * np.random.default_rng(0).standard_normal((120, 5)), axis=0));"
        "begin = time.perf_counter(); average(build_system(x, list('abcde')), x, 6); print(time.perf_counter() - begin)"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        cold, cached = (
            float(subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True,
                                 text=True, check=True).stdout)
            for _ in range(2)
        )  # fmt: skip
    return Row("first call, kernels from the cache", "first call, compiling", cold, cached)


def _study() -> list[Row]:
    """The published study as a command on true vintages: every provider, all exhibits, report written."""
    if not ARCHIVE.exists():
        return []
    with tempfile.TemporaryDirectory() as folder:
        words = ["evaluate", str(STUDY), "--data", str(ARCHIVE), "--out", folder, "--jobs", "2"]
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "macrotrade", *words], cwd=ROOT, capture_output=True, check=True)
        took = time.perf_counter() - begin
    return [
        Row("study of the United States 2008-2010 on true vintages, a command", "", None, took,
            f"under 60 s: {'reached' if took < 60.0 else 'MISSED'}",
            note="36 origins, 5 providers, 6 horizons; exhibits and report written; --jobs 2, compiled before")
    ]  # fmt: skip


if __name__ == "__main__":
    print(machine())
    print(markdown(rows(full=True)))
