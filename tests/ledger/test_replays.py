"""What was said comes out again, and where it does not the cause is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from macrotrade.ledger import Ledger, entries_of, refusal, replay
from macrotrade.ledger import ledger as ledger_module
from macrotrade.ledger.entries import data_hash
from macrotrade.ledger.environment import environment
from macrotrade.ledger.settings import settings_text, strategy_of
from macrotrade.panel.vintages import History
from macrotrade.sources.synthetic import synthetic_economy
from macrotrade.strategy.decide import decide
from macrotrade.strategy.spec import Strategy

DAYS = ("2014-01-31", "2014-02-28")


def prices(folder: Path, wobble: float = 0.0) -> Path:
    """Prices of a note on weekdays, to be revised by hand."""
    sessions = pd.bdate_range("2000-01-03", "2014-06-30")
    moves = 0.004 * np.random.default_rng(3).standard_normal(len(sessions))
    closes = 100.0 * np.exp(np.cumsum(moves))
    closes[-200:] *= 1.0 + wobble
    file = folder / "zn.csv"
    pd.DataFrame({"date": sessions.strftime("%Y-%m-%d"), "close": closes}).to_csv(file, index=False)
    return file


@pytest.fixture
def strategy(tmp_path: Path) -> Strategy:
    """On prices of one's own: the note is its own driver's instrument, the stocks are embedded."""
    return Strategy(
        name="list",
        providers=("naive", {"name": "autoregression", "label": "AR(2)", "n_lags": 2}),
        instruments=("ZN", "SPX"),
        periods_ahead=(1, 2),
        start="2010-01-31",
        data={"prices": {"SPX": str(prices(tmp_path))}},
    )


@pytest.fixture
def written(path: Path, strategy: Strategy) -> Path:
    history = strategy.data.load()
    with Ledger.open(path) as ledger:
        for day in DAYS:
            ledger.append(entries_of(strategy, decide(strategy, history, day), history))
    return path


def test_every_bit_comes_out_again(written: Path) -> None:
    again = replay(written)

    assert again.same
    assert again.rows == 2 * 2 * 2 * 2 * 2
    assert (again.revised, again.table().empty) == ((), True)


def test_revised_data_are_named_as_the_cause(written: Path, tmp_path: Path) -> None:
    prices(tmp_path, wobble=0.01)

    again = replay(written, provider="AR(2)", since=DAYS[1])

    assert not again.same
    assert set(again.table()["instrument"]) <= {"ZN", "SPX"}
    assert {"origin", "point"} <= set(again.table()["field"])
    assert all(cause.startswith("data: ") for cause in again.table()["cause"])
    assert len(again.revised) == again.rows == 8


def test_another_version_is_named_as_the_cause(path: Path, strategy: Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    history = strategy.data.load()
    entry = entries_of(strategy, decide(strategy, history, DAYS[0]), history)[-1]
    then: dict[str, Any] = environment()
    then["packages"]["numpy"] = "1.0"
    with Ledger.open(path) as ledger:
        monkeypatch.setattr(ledger_module, "environment", lambda: then)
        ledger.append([replace(entry, point=(entry.point or 0.0) + 1e-9)])

    (difference,) = replay(path).differences

    assert difference.field == "point"
    assert difference.cause.startswith("versions: numpy 1.0 -> ")
    assert replay(path, tolerance=1e-8).same


def test_what_no_version_explains_is_said_to_be_unexplained(path: Path, strategy: Strategy) -> None:
    history = strategy.data.load()
    entry = entries_of(strategy, decide(strategy, history, DAYS[0]), history)[0]
    with Ledger.open(path) as ledger:
        ledger.append([replace(entry, position=-1.0)])

    (difference,) = replay(path).differences

    assert (difference.row, difference.field, difference.then, difference.now) == (1, "position", -1.0, 0.0)
    assert difference.cause.startswith("unexplained: ")


def test_a_refusal_is_refused_again_with_the_same_words(path: Path, strategy: Strategy) -> None:
    history = strategy.data.load()
    late = pd.Timestamp("2014-12-31")
    with pytest.raises(Exception, match="was last quoted") as refused:
        decide(strategy, history, late)
    with Ledger.open(path) as ledger:
        ledger.append(refusal(strategy, late, str(refused.value), history=history))
        ledger.append(refusal(strategy, DAYS[0], "the moon was wrong", history=history))

    again = replay(path)

    rows = {each.row for each in again.differences}
    assert rows == set(range(17, 33))
    assert ("refusal", "decision") in {(each.then, each.now) for each in again.differences if each.field == "kind"}


def test_what_was_refused_before_any_data_could_be_read_has_nothing_to_come_out_again(
    path: Path, strategy: Strategy
) -> None:
    history = strategy.data.load()
    with Ledger.open(path) as ledger:
        ledger.append(refusal(strategy, DAYS[0], "the cache holds no live data yet"))
        ledger.append(entries_of(strategy, decide(strategy, history, DAYS[0]), history))

    again = replay(path)

    assert again.same
    assert (again.rows, again.without_data) == (16, tuple(range(1, 17)))


def test_data_that_are_gone_are_named_with_the_rows(written: Path, tmp_path: Path) -> None:
    (tmp_path / "zn.csv").unlink()

    again = replay(written)

    assert not again.same
    assert again.rows == 0
    assert [numbers[0] for numbers, _ in again.not_computed] == [1, 17]
    assert all("zn.csv" in reason for _, reason in again.not_computed)


def test_settings_are_complete_and_read_back(strategy: Strategy) -> None:
    text = settings_text(strategy)
    again = strategy_of(text, 1)

    assert json.loads(text)["providers"][1]["conversion"] == "auto"
    assert [choice.load() for choice in again.providers] == [choice.load() for choice in strategy.providers]
    assert settings_text(again) == text
    assert text.isascii()


def test_the_fingerprint_of_the_data_is_blind_to_the_future_and_sees_what_was_known() -> None:
    history: History = synthetic_economy().history
    driver = next(name for name, info in history.series.items() if info.kind == "yield")
    symbol = next(name for name, info in history.series.items() if info.kind == "price")
    strategy = Strategy(
        name="list", providers=("naive",), instruments=(symbol,), drivers={symbol: driver}, periods_ahead=(1, 2)
    )
    days = history.market.index
    day = pd.Timestamp(days[int(len(days) * 0.8)]) + pd.offsets.MonthEnd(0)

    def changed_at(moment: pd.Timestamp) -> History:
        market = history.market.copy()
        market.loc[market.index[market.index.searchsorted(moment)], driver] += 0.5
        return history.with_tables(history.releases, market)

    then = data_hash(strategy, history, day)

    assert data_hash(strategy, history.truncated(day), day) == then
    assert data_hash(strategy, changed_at(day + pd.Timedelta(days=1)), day) == then
    assert data_hash(strategy, changed_at(day - pd.Timedelta(days=400)), day) != then
