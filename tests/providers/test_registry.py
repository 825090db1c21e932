"""Providers are found by entry point, ours and a stranger's alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.benchmarks.autoregression import Autoregression
from macrotrade.providers.benchmarks.naive import Naive
from macrotrade.providers.registry import installed, load, name_of


def test_our_own_providers_are_listed_with_what_they_are() -> None:
    entry = installed()["autoregression"]

    assert entry.path == "macrotrade.providers.benchmarks.autoregression:Autoregression"
    assert entry.distribution == "macrotrade"
    assert entry.description.startswith("Autoregression of each series in a stationary form")
    assert [(setting.name, setting.default) for setting in entry.settings] == [
        ("n_lags", 12),
        ("conversion", "auto"),
        ("window", None),
    ]
    assert entry.problem is None


def test_listing_imports_no_provider() -> None:
    code = (
        "import sys; from macrotrade.providers.registry import installed; names = list(installed());"
        "loaded = [m for m in sys.modules if m.startswith('macrotrade.providers.') and not m.endswith('.registry')];"
        "assert 'naive' in names; assert not loaded, loaded; assert 'pydantic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_provider_is_loaded_with_its_settings_and_knows_its_name() -> None:
    provider = load("autoregression", n_lags=6, window=240)

    assert provider == Autoregression(n_lags=6, window=240)
    assert name_of(provider) == "autoregression"


def test_a_class_that_is_not_registered_is_loaded_and_named_by_its_path() -> None:
    path = "macrotrade.providers.benchmarks.naive:_NaiveForecaster"

    assert load("macrotrade.providers.benchmarks.naive:Naive") == Naive()
    with pytest.raises(SettingsError, match="not a class with a method fit"):
        load(path)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("naiv", {}, "No provider 'naiv' is installed. Did you mean 'naive'?"),
        ("autoregression", {"n_lag": 3}, "has no setting 'n_lag'. Did you mean 'n_lags'?"),
        ("autoregression", {"n_lags": "12"}, "n_lags='12' is not valid"),
        ("autoregression", {"n_lags": True}, "n_lags=True is not valid"),
        ("autoregression", {"conversion": "logs"}, "conversion='logs' is not valid"),
        ("autoregression", {"n_lags": 0}, "n_lags must be at least 1, not 0"),
        ("nowhere.at_all:Provider", {}, "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_what_is_wrong_with_a_name_or_setting_is_said(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(name, **settings)

    assert message in str(caught.value)


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder on the path in which distributions can be laid down."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def lay_down(folder: Path, distribution: str, entry: str, module: str, source: str) -> None:
    """Files of an installed distribution with one provider."""
    metadata = folder / f"{distribution}-2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text(f"[macrotrade.providers]\n{entry}\n")
    (folder / f"{module}.py").write_text(source)


HONEST = """
from dataclasses import dataclass
from macrotrade.providers.benchmarks.naive import Naive
@dataclass(frozen=True)
class Own(Naive):
    '''A stranger's own.'''
    needed: tuple[str, ...] = ()
    must: float = 0.5
"""


def test_a_package_that_cannot_be_imported_is_reported_by_name_and_alone(strangers: Path) -> None:
    lay_down(
        strangers, "broken-forecasts", "broken = broken_forecasts:Own", "broken_forecasts", "import no_such_library"
    )
    lay_down(strangers, "good-forecasts", "good = good_forecasts:Own", "good_forecasts", HONEST)

    entries = installed()

    problem = entries["broken"].problem
    assert problem is not None
    assert "'broken' (broken_forecasts:Own) could not be imported: ModuleNotFoundError" in problem
    assert "repair broken-forecasts 2.0" in problem
    assert entries["good"].problem is None
    assert entries["good"].description == "A stranger's own."
    assert load("naive") == Naive()


def test_lists_become_tuples_and_whole_numbers_become_floats(strangers: Path) -> None:
    lay_down(strangers, "tuple-forecasts", "tuples = tuple_forecasts:Own", "tuple_forecasts", HONEST)

    provider = load("tuples", needed=["DGS2", "DGS10"], must=1)

    assert vars(provider) == {"window": None, "needed": ("DGS2", "DGS10"), "must": 1.0}


def test_a_name_taken_twice_stays_ours_and_the_other_is_listed_under_its_package(strangers: Path) -> None:
    lay_down(strangers, "also-naive", "naive = also_naive:Own", "also_naive", HONEST)

    entries = installed()

    assert entries["naive"].distribution == "macrotrade"
    assert entries["also-naive/naive"].path == "also_naive:Own"


def test_a_setting_without_default_is_asked_for(strangers: Path) -> None:
    source = """
from dataclasses import dataclass
from macrotrade.providers.benchmarks.naive import Naive
@dataclass(frozen=True, kw_only=True)
class Own(Naive):
    must: float
"""
    lay_down(strangers, "needy-forecasts", "needy = needy_forecasts:Own", "needy_forecasts", source)

    with pytest.raises(SettingsError, match="'needy' needs must"):
        load("needy")
    assert installed()["needy"].settings[-1].required


def test_a_description_names_other_providers_plainly() -> None:
    descriptions = [entry.description for entry in installed().values()]

    assert any("as Lasso" in words for words in descriptions)
    assert not [words for words in descriptions if "`" in words]
