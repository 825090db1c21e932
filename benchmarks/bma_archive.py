"""The model average through the whole archive: a system rebuilt for every vintage, and one month's change explained."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._table import Row, seconds
from macrotrade.forecast import Forecast, Target
from macrotrade.panel.vintages import History
from macrotrade.providers.bma import BMA
from macrotrade.providers.bma.remembered import forget_systems
from macrotrade.sources.fred_md import load_fred_md
from macrotrade.strategy.walk_forward import walk_forward

SHARED = Path(os.environ.get("MACROTRADE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
ARCHIVE = SHARED / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet"
TARGET = Target(
    ("GS10", "TB3MS", "FEDFUNDS", "UNRATE", "INDPRO", "PAYEMS", "CPIAUCSL"),
    (1, 2, 6),
    ("change", "change", "change", "change", "log_change", "log_change", "log_change"),
)
PLAUSIBLE = (1.5, 4.0, 4.0, 12.0, 0.25, 0.2, 0.05)
"""Largest change within six months that a forecast may name: more than any but April 2020's unemployment ever was."""


def rows() -> list[Row]:
    """The walk and the explanation, where the archive is at hand."""
    if not ARCHIVE.exists():
        print(f"{ARCHIVE} is absent: nothing is timed; set MACROTRADE_SHARED_DATA.")
        return []
    history = load_fred_md(ARCHIVE)
    return [_walk(history), _explanation(history)]


def _walk(history: History) -> Row:
    origins = pd.date_range("1999-08-31", "2026-03-31", freq="ME")
    walk_forward(BMA(), history, TARGET, origins[:1])
    forget_systems()
    begin, used = time.perf_counter(), time.process_time()
    walk = walk_forward(BMA(), history, TARGET, origins)
    took, used = time.perf_counter() - begin, time.process_time() - used
    if walk.refusals:
        raise AssertionError(f"refused at {walk.refusals[0].as_of:%Y-%m-%d}: {walk.refusals[0].reason}")
    _require_plausible(walk.forecasts)
    repaired = sum(any(reason.startswith("Guard (") for reason in made.reasons) for made in walk.forecasts)
    return Row(
        f"{len(origins)} vintages 1999-08..2026-03, system and average rebuilt for each",
        "",
        None,
        took,
        f"under 180 s: {'reached' if took < 180 else 'MISSED'}",
        "every forecast finite and within its plausible range",
        f"processor time {used:.0f} s over all threads; the guard acted at {repaired} origins",
    )


def _explanation(history: History) -> Row:
    provider = BMA()
    before, after = history.as_of("2008-08-31"), history.as_of("2008-09-30")
    gap = max(
        abs(sum(part.amount for part in change.parts) - change.change)
        for change in provider.explain(before, after, TARGET)
    )

    def explained() -> None:
        forget_systems()
        provider.explain(before, after, TARGET)

    took = seconds(explained, repeats=3)
    return Row(
        f"why {len(TARGET.names)} series' forecasts changed in a month, {len(TARGET.horizons)} horizons",
        "",
        None,
        took,
        "",
        f"parts sum to the change within {gap:.0e}",
        "both systems built",
    )


def _require_plausible(forecasts: tuple[Forecast, ...]) -> None:
    points = np.array([made.point() for made in forecasts])
    scales = np.array([made.scale for made in forecasts])
    beyond = np.abs(points).max(axis=(0, 1)) > np.array(PLAUSIBLE)
    if not np.isfinite(points).all() or beyond.any() or not (scales > 0).all():
        raise AssertionError(f"implausible: {', '.join(np.array(TARGET.names)[beyond])}")


if __name__ == "__main__":
    from benchmarks._table import machine, markdown

    print(machine())
    print(markdown(rows()))
