"""The trading exercise on the contract itself: facts that no forecast can change, and the rows of its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.treasury_bond_exercise import less_published, real_strategy
from macrotrade import Sensitivity, sensitivity

ROWS = {
    "as run": ["as run"],
    "price": ["unadjusted nearby price, roll gaps in it"],
    "forecast": [
        f"every forecast {shift}"
        for shift in ("5 basis points lower", "1 basis point lower", "1 basis point higher", "5 basis points higher")
    ],
    "execution": ["daily sessions", "a session later"],
    "cost": ["costs as stated", "costs doubled", "costs five times as high"],
    "months": ["best 2 months out", "worst 2 months out", "until June 2009", "after June 2009"],
    "yield": [
        "month-average yield, against the last average",
        "the same on the unadjusted nearby price",
        "month-average yield, against the last close",
    ],
    "chance": ["5% of bootstrap draws are below", "95% of bootstrap draws are below"],
    "published": ["published"],
}


@pytest.fixture(scope="module")
def found(shared_data: Path) -> Sensitivity:
    """The exercise on an autoregression, which is quick and reads no macro series."""
    strategy = real_strategy(shared_data).changed(providers=[{"name": "autoregression", "label": "bma"}])
    return sensitivity(strategy, strategy.data.load(), nearby=strategy.data.nearby())


def test_the_table_has_its_rows(found: Sensitivity) -> None:
    table = found.table("ZB", "bma")

    for topic, assumptions in ROWS.items():
        assert table.loc[topic].index.tolist() == assumptions
    assert set(table.index.get_level_values("topic")) == set(ROWS)


def test_the_bond_earned_seventeen_per_cent_and_its_unadjusted_price_rose_by_five(found: Sensitivity) -> None:
    held = found.table("ZB", "bma")["growth", "buy and hold"]

    assert held["as run", "as run"] == pytest.approx(1.169, abs=5e-4)
    # Closes of 116.375 on 2007-12-31 and 122.125 on 2010-12-31: what was published as 1.05.
    assert held["price", "unadjusted nearby price, roll gaps in it"] == pytest.approx(1.049, abs=5e-4)
    assert round(held["price", "unadjusted nearby price, roll gaps in it"], 2) == held["published", "published"]


def test_what_is_published_is_told_apart_from_what_is_ours(found: Sensitivity) -> None:
    differences = less_published(found)

    assert list(differences.columns) == ["buy and hold", "long_flat", "long_short"]
    assert differences.loc["price", "buy and hold"].abs().max() < 0.005
