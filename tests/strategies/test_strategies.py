"""Every file in strategies/ runs: the TOML over a few months, the scripts in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import Strategy, backtest, load, read_strategy, sensitivity
from macrotrade.report import make_report
from macrotrade.strategy.spec import ProviderChoice
from macrotrade.strategy.watch import watch
from macrotrade.strategy.watchlist import read_watchlist

FOLDER = Path(__file__).resolve().parents[2] / "strategies"
WATCHLISTS = sorted(file for file in FOLDER.glob("*.toml") if "watch" in tomllib.loads(file.read_text("utf-8")))
TABLES = sorted(set(FOLDER.glob("*.toml")) - set(WATCHLISTS))
SCRIPTS = {
    "treasury_bond_bma.py": ("2007-12-31", "2008-02-29"),
    "autoregression_grid.py": ("2006-01-31", "2008-12-31"),
}


def shortened(strategy: Strategy) -> Strategy:
    """The same strategy over its first three months, its ensembles of two members."""
    start = pd.Timestamp(strategy.start or "2007-12-31")
    small = tuple(
        ProviderChoice(**{**choice.model_dump(), "n_members": 2, "n_judged": 0})
        if "n_members" in choice.settings
        else choice
        for choice in strategy.providers
    )
    return strategy.changed(
        providers=small, start=f"{start:%Y-%m-%d}", end=f"{start + pd.offsets.MonthEnd(2):%Y-%m-%d}", coin_flips=5
    )


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_a_strategy_file_runs(file: Path) -> None:
    strategy = shortened(read_strategy(file))

    run = backtest(strategy, strategy.data.load())

    assert len(run.positions) == 3
    assert np.isfinite(run.returns.to_numpy()).all()
    assert run.scores.notna().any(axis=None)


@pytest.mark.parametrize("file", WATCHLISTS, ids=lambda file: file.stem)
def test_a_watchlist_file_decides_on_every_instrument(file: Path) -> None:
    watchlist = read_watchlist(file)

    watched = watch(watchlist, load("embedded"), "2017-02-28", look_back=1)

    assert {standing.decision.instrument for standing in watched.standings} == set(watchlist.instruments)
    assert not watched.refused


def test_every_script_is_tried() -> None:
    assert {file.name for file in FOLDER.glob("*.py")} == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(name: str, tmp_path: Path) -> None:
    start, end = SCRIPTS[name]
    out = ["--out", str(tmp_path / "figure.html")] if name == "treasury_bond_bma.py" else []

    run = subprocess.run(
        [sys.executable, str(FOLDER / name), "--start", start, "--end", end, *out],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert "Warning" not in run.stderr
    if out:
        assert "plotly" in (tmp_path / "figure.html").read_text(encoding="utf-8")


def test_the_trading_exercise_stands_beside_what_was_published() -> None:
    strategy = shortened(read_strategy(FOLDER / "treasury_bond_bma.toml"))
    history = strategy.data.load()

    found = sensitivity(strategy, history, nearby=strategy.data.nearby())
    table = found.table("ZB", "bma")
    page = make_report(backtest(strategy, history), sensitivity=found)

    topics = set(table.index.get_level_values("topic"))
    assert topics == {"as run", "forecast", "execution", "cost", "months", "sample", "yield", "chance", "published"}
    published = table.loc[("published", "published"), "growth"]
    assert published[["buy and hold", "long_flat", "long_short"]].tolist() == [1.05, 1.27, 1.50]
    assert published["long_flat, 2 ahead"] != published["long_flat, 2 ahead"]
    assert "ZB under other assumptions" in page.markdown
    assert "| Published | 1.05 |" in page.markdown
    assert len(page.results["assumptions"]["rows"]) == found.growth.size
    assert page.results["assumptions"]["published"]["growth"]["long_short"] == 1.50
    assert any("synthetic" in note for note in history.notes)
    assert "par bonds priced from Treasury yields" in page.markdown
