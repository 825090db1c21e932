"""Blocks in folders and behind addresses: whole or not there, and read back to the bit."""

from __future__ import annotations

from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest

from macrotrade import Forecast, History, Schedule, Target
from macrotrade.errors import SettingsError
from macrotrade.strategy.blocks import block_bytes, block_content
from macrotrade.strategy.stores import block_store
from macrotrade.strategy.walk_forward import walk_forward
from tests.strategy.drift import Drift

TARGET = Target(("DGS10", "SPX"), (1, 3), ("change", "log_change"))
ORIGINS = Schedule().origins("1995-01-31", "1996-12-31")


@pytest.fixture(params=["folder", "file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder, and addresses of two kinds."""
    return {"folder": str(tmp_path / "a"), "file": f"file://{tmp_path}/b", "memory": f"memory://{tmp_path.name}"}[
        request.param
    ]


def test_what_is_written_is_read_back_and_what_is_not_there_is_none(place: str) -> None:
    store = block_store(place)
    assert store.is_empty()

    store.write("one.npz", b"1234")
    store.write("one.npz", b"56")

    assert not store.is_empty()
    assert store.read("one.npz") == b"56"
    assert store.read("two.npz") is None


def test_no_part_of_a_block_stays_behind(place: str) -> None:
    block_store(place).write("one.npz", b"1234")

    files, path = fsspec.core.url_to_fs(place)
    assert [name.rpartition("/")[2] for name in files.ls(path, detail=False)] == ["one.npz"]


def test_a_walk_goes_on_from_a_store_at_an_address(market: History, place: str) -> None:
    first = walk_forward(Drift(noise=0.1), market, TARGET, ORIGINS, store=place, block=6)
    block_store(place)

    class Refusing(Drift):
        def fit(self, panel: object, target: object) -> None:  # type: ignore[override]
            raise AssertionError("forecasts were made again")

    Refusing.__qualname__ = "Drift"  # a block is known by the words of its provider
    again = walk_forward(Refusing(noise=0.1), market, TARGET, ORIGINS, store=place, block=6)

    assert [one.mean.tobytes() for one in again.forecasts] == [one.mean.tobytes() for one in first.forecasts]


def test_an_address_that_nobody_speaks_is_told() -> None:
    with pytest.raises(SettingsError, match=r"store='carrier-pigeon://loft'"):
        block_store("carrier-pigeon://loft")


def test_forecasts_of_changing_numbers_of_members_come_back_to_the_bit() -> None:
    rng = np.random.default_rng(5)
    forecasts = [
        Forecast(
            TARGET,
            day,
            pd.Period(day, "M"),
            rng.normal(size=(members, 2, 2)),
            rng.uniform(size=(members, 2, 2)),
            np.full(members, 1.0 / members),
            rng.normal(size=2),
            members=tuple(f"member {number}" for number in range(members)),
            reasons=(f"{members} members",),
        )
        for day, members in zip(ORIGINS, (3, 1, 7), strict=False)
    ]
    refusals = [(ORIGINS[5], "too short a past")]

    content = block_content(block_bytes(forecasts, refusals), TARGET)

    assert content is not None
    for one, other in zip(content[0], forecasts, strict=True):
        assert (one.as_of, one.period, one.members, one.reasons) == (
            other.as_of,
            other.period,
            other.members,
            other.reasons,
        )
        for name in ("mean", "scale", "weights", "origin"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert content[1] == refusals


def test_a_block_of_refusals_alone_and_a_damaged_one_are_told_apart() -> None:
    whole = block_bytes([], [(ORIGINS[0], "too short a past")])

    assert block_content(whole, TARGET) == ((), [(ORIGINS[0], "too short a past")])
    assert block_content(whole[:-30], TARGET) is None
