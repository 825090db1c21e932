"""A third party's package, installed as a user would, is listed, loaded, checked and run like our own."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, SeriesInfo, Target
from macrotrade.forecast import provider_settings
from macrotrade.providers.registry import installed, load, name_of
from macrotrade.sources.embedded_tables import read_table
from macrotrade.testing import check_provider

PACKAGE = Path(__file__).resolve().parents[1] / "example_provider"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder into which the package was installed, without network."""
    for needed in ("pip", "hatchling"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed, which building the example provider needs")
    folder = tmp_path_factory.mktemp("example")
    source = shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    run = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "site"), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder / "site"


@pytest.fixture
def on_path(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(site)
    yield
    sys.modules.pop("macrotrade_yield_curve", None)


@pytest.fixture(scope="module")
def history() -> History:
    """Treasury curve 1990-2017 as embedded."""
    curve = read_table("treasury_daily")
    curve.index = pd.DatetimeIndex(curve.index)
    frame = curve.rename(columns={"2year": "DGS2", "5year": "DGS5", "10year": "DGS10"})[["DGS2", "DGS5", "DGS10"]]
    return History(
        "embedded curve", "pseudo", {}, frame, {name: SeriesInfo(name, "D", "yield") for name in frame.columns}
    )


def test_it_is_listed_with_its_package_and_settings(on_path: None) -> None:
    entry = installed()["yield-curve-slope"]

    assert (entry.distribution, entry.version) == ("macrotrade-yield-curve", "1.0.0")
    assert entry.description.startswith("Each outcome regressed on the spread")
    assert [setting.default for setting in entry.settings] == ["DGS10", "DGS2"]


def test_it_is_loaded_by_name_with_settings_of_its_own(on_path: None) -> None:
    provider = load("yield-curve-slope", short="DGS5")

    assert name_of(provider) == "yield-curve-slope"
    assert provider_settings(provider) == {"long": "DGS10", "short": "DGS5"}


def test_it_passes_the_check(on_path: None, history: History) -> None:
    target = Target(("DGS10", "DGS2"), (1, 6), ("change", "level"))

    report = check_provider(load("yield-curve-slope"), history, target)

    report.raise_for_failures()


def test_its_forecast_is_the_regression_it_says(on_path: None, history: History) -> None:
    panel = history.as_of("2010-06-30")

    forecast = load("yield-curve-slope").fit(panel, Target("DGS10", (3,))).forecast(panel)

    months = panel.monthly
    slope = months["DGS10"] - months["DGS2"]
    outcome = (months["DGS10"].shift(-3) - months["DGS10"]).dropna()
    b, a = np.polyfit(slope[outcome.index], outcome, 1)
    assert forecast.point()[0, 0] == pytest.approx(a + b * slope.iloc[-1], rel=1e-9)
