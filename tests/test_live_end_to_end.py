"""A new user with a key, from an empty folder: fetch, signal, run again, verify, replay, score, all as typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from macrotrade.ledger import verify
from tests.sources.live.present import post_present
from tests.sources.live.server import KEY, PublisherServer

ROOT = Path(__file__).resolve().parents[1]
WATCHLIST = """
name = "small live list"
providers = ["autoregression", "lasso"]
rules = ["long_flat", "long_short"]

[data]
source = "live"

[data.live]
fred = ["DGS3MO", "DGS1", "DGS2", "DGS10"]
alfred = ["MTSDS133FMS"]
yahoo = ["SPX"]

[[watch]]
instruments = ["ZT", "ZN"]

[[watch]]
instrument = "SPX"
"""
N_ROWS = 18  # three instruments, two rules, two providers and the vote


@pytest.fixture(scope="module")
def publisher(shared_data: Path) -> Iterator[PublisherServer]:
    """Publishers whose data end yesterday, whatever day it is."""
    with PublisherServer() as server:
        today = pd.Timestamp.now(tz="America/New_York").tz_localize(None).normalize()
        post_present(server, shared_data, today, every=3)
        yield server


class User:
    """Somebody with an empty home, who types commands in it."""

    def __init__(self, home: Path, publisher: PublisherServer) -> None:
        self.home = home
        places = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "COLUMNS": "160"}
        self.environment = {**places, **publisher.environment}

    def types(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        run = subprocess.run(
            [sys.executable, "-m", "macrotrade", *words],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in run.stderr, run.stderr
        return run.returncode, run.stdout, run.stderr


def test_a_new_user_goes_from_an_empty_folder_to_a_verified_ledger(tmp_path: Path, publisher: PublisherServer) -> None:
    user = User(tmp_path, publisher)
    (tmp_path / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")

    # Asked too early, it says what is missing.
    code, _, told = user.types("signal", "watchlist.toml", "--no-ledger")
    assert code == 3
    assert "ZT, ZN, SPX:" in told
    assert "macrotrade data update" in told

    code, said, told = user.types("data", "update", "watchlist.toml")
    assert code == 0, told
    assert said.count(": new, ") == 7
    assert user.types("data", "update", "watchlist.toml")[0] == 4

    code, said, told = user.types("signal", "watchlist.toml")
    assert code == 0, told
    assert "small live list: decided on" in said
    assert "(true vintages)" in said
    (head,) = re.findall(rf"ledger: {N_ROWS} new rows, head ({N_ROWS}:[0-9a-f]{{64}})", said)
    assert (tmp_path / "runs" / "watchlist" / "signal.html").exists()
    assert user.types("signal", "watchlist.toml") == (4, "", "")

    code, said, told = user.types("ledger", "verify", "--head", head)
    assert code == 0, told
    assert "it holds the head that was noted" in said
    code, said, told = user.types("ledger", "replay")
    assert code == 0, told
    assert f"{N_ROWS} rows computed again, 0 differ; the data of 0 are not those of then." in said
    code, said, told = user.types("ledger", "score")
    assert code in (0, 4), told
    assert "counts" in said or "nothing to judge" in said or "Too early to judge" in said

    (ledger,) = tmp_path.rglob("ledger.sqlite")
    assert verify(ledger).whole
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]


def test_without_a_key_the_futures_are_refused_with_what_they_lack_and_the_stocks_are_decided(
    tmp_path: Path, publisher: PublisherServer
) -> None:
    user = User(tmp_path, publisher)
    (tmp_path / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
    user.environment.pop("FRED_API_KEY")
    code, said, _ = user.types("data", "update", "watchlist.toml")
    assert code == 0
    assert "FRED_API_KEY is not set" in said

    code, said, told = user.types("signal", "watchlist.toml")

    assert code == 3
    assert "macrotrade: ZT, ZN: History 'live' holds no 'DGS10'" in told
    assert "not in the cache: fred-DGS3MO" in told
    assert "SPX" in said


def test_without_the_network_it_goes_on_from_what_was_fetched(tmp_path: Path, publisher: PublisherServer) -> None:
    user = User(tmp_path, publisher)
    (tmp_path / "watchlist.toml").write_text(WATCHLIST, encoding="utf-8")
    user.types("data", "update", "watchlist.toml")
    user.environment |= dict.fromkeys(("MACROTRADE_FRED_URL", "MACROTRADE_FRED_MD_URL"), "http://127.0.0.1:9")

    code, _, told = user.types("signal", "watchlist.toml")

    assert code == 0, told
