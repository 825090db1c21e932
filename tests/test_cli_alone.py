"""Runs in one folder stand in line."""

from __future__ import annotations

from pathlib import Path

import pytest

from macrotrade.cli.alone import one_at_a_time
from macrotrade.errors import DataError


def test_a_folder_that_another_run_holds_is_waited_for_and_then_refused_by_name(tmp_path: Path) -> None:
    with (
        one_at_a_time(tmp_path),
        pytest.raises(DataError, match=r"another run has been at work there for 0 seconds.*--out"),
        one_at_a_time(tmp_path, wait_seconds=0.0),
    ):
        pass
    with one_at_a_time(tmp_path, wait_seconds=0.0):
        pass


def test_a_folder_that_cannot_be_written_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with one_at_a_time(tmp_path / "file"):
        pass
