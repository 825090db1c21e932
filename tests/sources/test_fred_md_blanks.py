"""A blank in a vintage is no release."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import macrotrade as mt


def test_a_period_is_released_with_its_first_value_not_with_its_first_blank(shared_data: Path) -> None:
    releases = mt.load(str(shared_data / "fredmd" / "fredmd_all_vintages_1999-08_2026-03.parquet")).releases["M"]
    inventories = releases.series == releases.names.index("BUSINVx")
    august = inventories & (releases.period == pd.Period("2010-08", "M").ordinal)
    assert not np.isnan(releases.value).any()
    assert pd.Timestamp(int(releases.released[august].min()), unit="D") == pd.Timestamp("2010-10-31")
