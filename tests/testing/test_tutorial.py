"""The provider of the tutorial works as printed."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from macrotrade import History
from macrotrade.providers.registry import load
from macrotrade.testing import check_provider
from macrotrade.testing.laws import LAWS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "providers.md").read_text()


def block(title: str) -> str:
    found = re.search(rf'```\w+ title="{title}"\n(.*?)```', PAGE, re.S)
    assert found is not None
    return found.group(1)


def test_the_printed_provider_passes_the_check(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mean_reversion.py").write_text(block("mean_reversion.py"))
    monkeypatch.syspath_prepend(tmp_path)
    path = tomllib.loads(block("pyproject.toml"))["project"]["entry-points"]["macrotrade.providers"]["mean-reversion"]

    report = check_provider(load(path), history)

    report.raise_for_failures()
    assert report.target.names == ("DGS10",)
    del sys.modules["mean_reversion"]


def test_the_page_counts_the_laws_and_waives_one_that_exists() -> None:
    assert len(LAWS) == 16
    assert "sixteen laws" in PAGE
    assert {law for listed in re.findall(r'waive=\["(.*?)"\]', PAGE) for law in [listed]} <= set(LAWS)
