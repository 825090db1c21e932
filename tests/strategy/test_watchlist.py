from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from macrotrade.errors import SettingsError
from macrotrade.strategy.watchlist import read_watchlist, watchlist_of

ROOT = Path(__file__).resolve().parents[2]
TABLE: dict[str, Any] = {
    "name": "watched",
    "providers": ["naive", "autoregression"],
    "rule": "long_short",
    "watch": [{"instruments": ["ZN", "ZB"]}, {"instrument": "SPX", "provider": "naive", "horizons": [1, 3]}],
}


def test_each_group_takes_what_is_common_and_replaces_what_it_names() -> None:
    bonds, stocks = watchlist_of(TABLE).strategies

    assert (bonds.instruments, [each.name for each in bonds.providers]) == (("ZN", "ZB"), ["naive", "autoregression"])
    assert (stocks.instruments, [each.name for each in stocks.providers]) == (("SPX",), ["naive"])
    assert (bonds.horizons, stocks.horizons) == ((1,), (1, 3))
    assert bonds.rules == stocks.rules == ("long_short",)


def test_several_voices_are_pooled_unless_the_list_says_no() -> None:
    assert [strategy.pool for strategy in watchlist_of(TABLE).strategies] == [True, False]
    assert not any(strategy.pool for strategy in watchlist_of(TABLE | {"pool": False}).strategies)


def test_a_strategy_file_is_a_watchlist_of_its_instruments() -> None:
    watchlist = read_watchlist(ROOT / "strategies" / "treasury_autoregression.toml")

    assert len(watchlist.strategies) == 1
    assert watchlist.instruments == watchlist.strategies[0].instruments


def test_the_shipped_watchlist_watches_five_instruments() -> None:
    assert read_watchlist(ROOT / "strategies" / "watchlist.toml").instruments == ("ZT", "ZF", "ZN", "ZB", "SPX")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"watch": [{"instrument": "ZN"}, {"instruments": ["ZB", "ZN"]}]}, "ZN is watched in several groups"),
        ({"watch": [{"instrument": "ZN", "data": {"source": "synthetic"}}]}, "'data' is common to the whole list"),
        ({"watch": {"instrument": "ZN"}}, r"as a table \[\[watch\]\]"),
        ({"watch": []}, "at least one"),
        ({"watch": [{"instrument": "ZN"}, {"instrument": "SPY"}]}, "watch 2.*SPY"),
        ({"watch": [{"instrument": "ZN", "horizon": 3}]}, "unknown key 'horizon'. Did you mean 'horizons'"),
        ({"clock": "17:00"}, r"clock is a table; write \[clock\]"),
        ({"clock": {"att": "17:00"}}, "clock: unknown key 'att'"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_with_the_group_and_the_remedy(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        watchlist_of(TABLE | changes)
