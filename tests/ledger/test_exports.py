"""What is exported is all there is, and can be checked without macrotrade."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.ledger import Ledger, export
from macrotrade.ledger.chain import COLUMNS


def test_the_chain_can_be_checked_from_json_lines_alone(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "ledger.jsonl"

    assert export(file, filled) == 12

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), sort_keys=True)

    previous = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts = {"reasons": compact(row["reasons"]), "data_until": compact(row["data_until"])}
        values = [texts.get(name, row[name]) for name in COLUMNS[:-1]]
        assert hashlib.sha256(compact(values).encode()).hexdigest() == row["hash"]
        assert row["previous"] == previous or not previous
        assert hashlib.sha256(compact(row["environment_text"]).encode()).hexdigest() == row["environment"]
        assert hashlib.sha256(compact(row["settings_text"]).encode()).hexdigest() == row["settings"]
        previous = row["hash"]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_every_number_is_read_back_to_the_bit(filled: Path, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"ledger{ending}"
    export(file, filled)

    table = pd.read_csv(file) if ending == ".csv" else pd.read_parquet(file)

    with Ledger.read(filled) as ledger:
        rows = ledger.frame()
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS)
    for name in ("sequence", "point", "spread", "position", "hash"):
        assert list(table[name]) == list(rows[name])
    assert (pd.to_datetime(table["written"], utc=True) == rows["written"]).all()
    assert json.loads(table["reasons"].iloc[0]) == ["an autoregression of order 12"]


def test_an_ending_that_says_no_form_is_refused(filled: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\.csv, \.jsonl, \.parquet"):
        export(tmp_path / "ledger.xlsx", filled)
    assert not (tmp_path / "ledger.xlsx").exists()
