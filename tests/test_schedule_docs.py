"""The crontab and the systemd units of docs/watchlist.md work as they are printed."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources.live.server import PublisherServer

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "watchlist.md").read_text(encoding="utf-8")
SMALL = """
name = "small list"
provider = "autoregression"
instrument = "SPX"
rule = "long_short"

[data.live]
fred_md = "none"
fred = []
alfred = []
yahoo = ["SPX"]
"""


def printed(language: str) -> list[str]:
    """Every block of one language on the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def unit(name: str) -> str:
    return next(block for block in printed("ini") if block.startswith(f"# {name}"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder as the page describes it, with this environment's command in it."""
    place = tmp_path / "macro"
    command = place / ".venv" / "bin" / "macrotrade"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m macrotrade "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (place / "watchlist.toml").write_text(SMALL, encoding="utf-8")
    (place / "keys.env").write_text("FRED_API_KEY=your-key\n", encoding="utf-8")
    return tmp_path


def test_the_line_of_the_crontab_runs_in_the_bare_environment_that_cron_gives(home: Path) -> None:
    lines = printed("crontab")[0].splitlines()
    assignments = dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))
    (schedule,) = [line for line in lines if re.match(r"[\d*]", line)]
    *when, command = schedule.split(maxsplit=5)
    python = {"PYTHONPATH": str(ROOT), "MACROTRADE_CACHE": str(home / "cache")}

    with PublisherServer() as empty:
        cron = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LOGNAME": "user"}
        run = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**cron, **empty.environment, **assignments, **python},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )

    assert [re.fullmatch(r"[\d*,/-]+", field) is not None for field in when] == [True] * 5
    # The embedded closes are too old for today, and the publisher has nothing: both are said.
    assert run.returncode == 3, run.stderr
    assert "SPX" in run.stderr
    assert "Traceback" not in run.stderr
    assert "your-key" not in run.stdout + run.stderr
    ledgers = list(home.rglob("ledger.sqlite"))
    assert len(ledgers) == 1


def test_the_units_hold_together(home: Path) -> None:
    for name in ("macrotrade.service", "macrotrade.timer"):
        (home / name).write_text(unit(name), encoding="utf-8")
    service = configparser.ConfigParser(strict=True, interpolation=None)
    service.optionxform = str  # type: ignore[assignment, method-assign]
    service.read_string(unit("macrotrade.service"))
    timer = configparser.ConfigParser(strict=True, interpolation=None)
    timer.read_string(unit("macrotrade.timer"))

    assert service["Service"]["SuccessExitStatus"] == "4"  # nothing new is no failure
    assert service["Service"]["ExecStartPre"].startswith("-")  # old data are judged by the signal itself
    for key in ("WorkingDirectory", "EnvironmentFile", "ExecStart"):
        path = service["Service"][key].replace("%h", str(home)).split()[0]
        assert Path(path).exists(), path
    assert timer["Install"]["WantedBy"] == "timers.target"
    if shutil.which("systemd-analyze"):
        calendar = ["systemd-analyze", "calendar", timer["Timer"]["OnCalendar"]]
        assert subprocess.run(calendar, capture_output=True, env=os.environ, check=False).returncode == 0
