"""`macrotrade evaluate` and `macrotrade explain` as a person types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.__main__ import main

STUDIES = Path(__file__).parent.parent / "strategies" / "studies"

STUDY = """
name = "two rates and prices"
series = ["STN", "URX", "HICP"]
frequency = "Q"
horizons = [1, 2]
start = "2004-03-31"
end = "2006-12-31"
base = ["naive"]
[schedule]
decide = "quarterly"
[data]
source = "euro-area"
[[provider]]
name = "naive"
[[provider]]
name = "bma"
start = "1985-01"
series = []
"""

STRATEGY = """
name = "bond"
instrument = "ZB"
start = "2008-10-31"
end = "2008-12-31"
[[provider]]
name = "naive"
[[provider]]
name = "bma"
start = "2000-01"
series = ["UNRATE", "INDPRO"]
"""


def _typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Exit code of the command line."""
    monkeypatch.setattr(sys, "argv", ["macrotrade", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    file = tmp_path / "study.toml"
    file.write_text(STUDY, encoding="utf-8")
    return file


@pytest.fixture
def strategy_file(tmp_path: Path) -> Path:
    file = tmp_path / "bond.toml"
    file.write_text(STRATEGY, encoding="utf-8")
    return file


@pytest.mark.parametrize("command", ["evaluate", "explain"])
def test_the_commands_have_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert _typed(monkeypatch, command, "--help") == 0
    assert f"Example: macrotrade {command} strategies/" in capsys.readouterr().out


def test_a_study_prints_its_gains_writes_its_tables_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], study_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    assert _typed(monkeypatch, "evaluate", str(study_file), "--out", str(out)) == 0

    said = capsys.readouterr().out
    results = json.loads((out / "results.json").read_text())
    gain = next(row for row in results["gains"] if row["provider"] == "bma")
    assert f"{gain['1']:+.1f}" in said
    assert "Final numbers with publication lags" in " ".join(said.split())
    assert {path.name for path in out.iterdir()} == {
        "blocks", "exhibits.parquet", "fluctuation.parquet", "forecasts.parquet", "report.html", "report.md",
        "results.json", "tables.tex",
    }  # fmt: skip
    forecasts = pd.read_parquet(out / "forecasts.parquet")
    blocks = {path: path.stat().st_mtime_ns for path in (out / "blocks").rglob("*.npz")}

    assert _typed(monkeypatch, "evaluate", str(study_file), "--out", str(out)) == 0

    assert {path: path.stat().st_mtime_ns for path in (out / "blocks").rglob("*.npz")} == blocks
    pd.testing.assert_frame_equal(pd.read_parquet(out / "forecasts.parquet"), forecasts)


def test_data_of_ones_own_take_the_place_of_the_studys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], study_file: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "vintages.parquet"

    assert _typed(monkeypatch, "evaluate", str(study_file), "--data", str(missing)) in {2, 3}

    assert "vintages.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("file", sorted(STUDIES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_studies_that_ship_find_their_series(file: Path) -> None:
    from macrotrade.strategy.study import read_study
    from macrotrade.strategy.study_series import study_target

    study = read_study(file)

    target = study_target(study, study.data.load())

    expected = {
        "small_panel": 14,
        "inflation_1993_2019": 2,
        "inflation_networks_cpi": 1,
        "inflation_networks_pce": 1,
        "stocks_cnn_lstm": 1,
        "united_states_2008_2010": 122,
    }
    assert len(target.names) == expected[file.stem]
    assert target.frequency == study.frequency


def test_the_parts_printed_sum_to_the_change_of_the_forecast(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    words = ("explain", str(strategy_file), "--provider", "bma", "--instrument", "ZB", "--as-of", "2008-12-31")

    assert _typed(monkeypatch, *words) == 0

    said = capsys.readouterr().out
    change = float(" ".join(said.split()).split("a change of ")[1].split()[0])
    parts = [line.split()[-1] for line in said.splitlines() if line.startswith(" ") and line.split()[-1:]]
    amounts = [float(part) for part in parts if part[0] in "+-" and part != "-"]
    assert sum(amounts) == pytest.approx(change, rel=2e-3)
    assert "release" in said
    plain = " ".join(said.split())
    assert plain.startswith("bma: ")
    assert "(as of 2008-12-31)" in plain
    assert "time: the same information" in plain
    assert "series notes" not in plain


def test_reversed_dates_are_told_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    words = ("explain", str(strategy_file), "--as-of", "2008-11-30", "--since", "2008-12-31")
    assert _typed(monkeypatch, *words) == 2
    assert "The dates are reversed" in capsys.readouterr().err


def test_a_provider_that_cannot_explain_is_named_with_those_that_can(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    assert _typed(monkeypatch, "explain", str(strategy_file), "--provider", "naive") == 2
    assert "Provider 'naive' cannot say why its forecasts change; bma can." in capsys.readouterr().err
    assert _typed(monkeypatch, "explain", str(strategy_file), "--provider", "bmaa") == 2
    assert "Did you mean 'bma'" in capsys.readouterr().err
    assert _typed(monkeypatch, "explain", str(strategy_file), "--instrument", "ZN") == 2
    assert "does not trade 'ZN'" in capsys.readouterr().err


def test_the_first_decision_of_all_has_nothing_to_be_compared_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], strategy_file: Path
) -> None:
    assert _typed(monkeypatch, "explain", str(strategy_file), "--as-of", "2008-10-31") == 2
    assert "There is no decision day before 2008-10-31" in capsys.readouterr().err
