"""Whole signal runs killed at random points: six of them; `python -m benchmarks watchlist` kills two hundred."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.watchlist import fred_md_of_a_real_size, killed_runs
from tests.sources.live.present import post_small
from tests.sources.live.server import PublisherServer


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs to fork")
def test_runs_killed_while_they_fetch_fit_append_and_write_lose_nothing_that_was_said(tmp_path: Path) -> None:
    with PublisherServer() as server:
        post_small(server, fred_md_of_a_real_size(), pd.Timestamp.now().normalize())

        found = killed_runs(6, 5, tmp_path, server.environment)

    assert found["survived"] == found["runs"] == 6
    assert sum(found["killed in"].values()) == 6
