"""Issued signals are judged as a backtest would be, and only where they were issued in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.ledger import Ledger, entries_of, refusal, score
from macrotrade.ledger.scores import issued
from macrotrade.panel.vintages import History
from macrotrade.report import make_report
from macrotrade.strategy.backtest import backtest
from macrotrade.strategy.decide import decide
from macrotrade.strategy.spec import Strategy
from tests.ledger.conftest import Clock, an_entry

NEW_YORK = ZoneInfo("America/New_York")
MONTHS = pd.date_range("2016-01-31", "2016-07-31", freq="ME")


@pytest.fixture(scope="module")
def strategy() -> Strategy:
    return Strategy(
        name="list",
        providers=("naive", "autoregression"),
        instruments=("ZN", "SPX"),
        periods_ahead=(1, 2),
        start="2016-01-31",
        coin_flips=5,
    )


@pytest.fixture(scope="module")
def history(strategy: Strategy) -> History:
    return strategy.data.load()


def evening(day: pd.Timestamp) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=NEW_YORK)


def write(path: Path, clock: Clock, strategy: Strategy, history: History, days: Iterable[pd.Timestamp]) -> None:
    """Decisions, each on the evening of its day."""
    with Ledger.open(path, clock=clock) as ledger:
        for day in days:
            clock.now = evening(day)
            ledger.append(entries_of(strategy, decide(strategy, history, day, look_back=1), history))


def test_signals_issued_in_time_earn_what_the_backtest_earned(
    path: Path, clock: Clock, strategy: Strategy, history: History
) -> None:
    write(path, clock, strategy, history, MONTHS)
    whole = backtest(strategy.changed(end="2016-07-31"), history)

    (found,) = score(path)

    assert found.counts == {"counts": 7 * 2 * 2 * 2 * 2}
    run = found.backtest
    assert run is not None
    # On the last bar the backtest has no session to trade for any more; the ledger's positions go on.
    shared = whole.returns.index[:-1]
    columns = [column for column in whole.positions if column[1] == "baseline" or "2 ahead" not in column[1]]
    # Before the run's second origin a forecast two periods ahead is missing in the backtest alone.
    np.testing.assert_array_equal(run.returns.loc[shared, columns], whole.returns.loc[shared, columns])
    np.testing.assert_array_equal(run.positions[columns], whole.positions[columns])
    np.testing.assert_array_equal(run.coin_flips.loc[shared], whole.coin_flips.loc[shared])
    theirs = whole.forecasts[whole.forecasts["horizon"] == 1].set_index(["provider", "as_of", "series"])
    ours = run.forecasts[run.forecasts["horizon"] == 1].set_index(["provider", "as_of", "series"])
    for name in ("period", "point", "low", "high", "outcome"):
        assert ours[name].equals(theirs[name].reindex(ours.index)), name
    np.testing.assert_allclose(ours["spread"], theirs["spread"].reindex(ours.index), rtol=1e-12)
    np.testing.assert_allclose(ours["probability_up"], theirs["probability_up"].reindex(ours.index), atol=1e-15)


def test_rows_written_later_do_not_pass_as_live(path: Path, clock: Clock, strategy: Strategy, history: History) -> None:
    write(path, clock, strategy, history, MONTHS[:2])
    clock.now = datetime(2017, 3, 1, tzinfo=UTC)
    with Ledger.open(path, clock=clock) as ledger:
        ledger.append(entries_of(strategy, decide(strategy, history, MONTHS[2], look_back=1), history))

    (live,), (later,) = score(path), score(path, later=True)

    assert live.counts == {"counts": 32, "written later": 16}
    assert later.counts == {"live": 32, "counts": 16}
    assert live.backtest is not None
    assert later.backtest is not None
    assert list(live.backtest.positions.index) == list(MONTHS[:2])
    assert list(later.backtest.positions.index) == [MONTHS[2]]
    assert live.backtest.strategy.name == "list, as issued"
    assert later.backtest.strategy.name == "list, written later"
    assert "prove nothing" in later.backtest.source.notes[0]


def test_a_signal_of_the_next_morning_is_carried_a_session_later(path: Path, clock: Clock) -> None:
    """At 00:30 UTC it is still the evening before in New York; at 14:00 UTC it is not."""
    day = pd.Timestamp("2016-01-29")
    with Ledger.open(path, clock=clock) as ledger:
        for hour, symbol in ((datetime(2016, 1, 30, 0, 30), "ZN"), (datetime(2016, 2, 1, 14, 0), "SPX")):
            clock.now = hour.replace(tzinfo=UTC)
            ledger.append([an_entry(as_of=day, instrument=symbol)])
        rows = issued(ledger.frame())

    assert list(rows["held_from"]) == [day, pd.Timestamp("2016-02-01")]
    assert list(rows["days_after"]) == [0, 3]


def test_what_was_first_said_counts_and_a_refusal_without_a_position_is_no_word(path: Path, clock: Clock) -> None:
    day = pd.Timestamp("2016-01-31")
    nothing = dict.fromkeys(("origin", "point", "low", "high", "spread", "probability_up", "score", "position"))
    with Ledger.open(path, clock=clock) as ledger:
        for after, entry in enumerate(
            (an_entry(as_of=day, kind="refusal", **nothing), an_entry(as_of=day), an_entry(as_of=day, position=-1.0))
        ):
            clock.now = evening(day) + timedelta(days=after)
            ledger.append([entry])
        rows = issued(ledger.frame())

    assert list(rows["standing"]) == ["no position", "counts", "said before"]
    assert rows.loc[rows["counts"], "held_from"].item() == pd.Timestamp("2016-02-01")


def test_a_position_stands_through_a_refused_run_and_ends_when_its_provider_is_dropped(
    path: Path, clock: Clock, strategy: Strategy, history: History
) -> None:
    alone = strategy.changed(providers=("autoregression",))
    write(path, clock, strategy, history, MONTHS[:1])
    with Ledger.open(path, clock=clock) as ledger:
        clock.now = evening(MONTHS[1])
        ledger.append(refusal(strategy, MONTHS[1], "stale", history=history))
    write(path, clock, alone, history, MONTHS[2:4])

    (found,) = score(path)

    assert found.backtest is not None
    positions = found.backtest.positions
    assert list(positions.index) == [MONTHS[0], MONTHS[2], MONTHS[3]]
    with Ledger.read(path) as ledger:
        said = ledger.frame(provider="naive", instrument="ZN", last=8)
    assert (positions["naive"].iloc[1:] == 0.0).all(axis=None)
    exposure = found.backtest.exposure["autoregression", "long_short", "ZN"]
    assert (exposure.loc["2016-03-01":"2016-03-31"] == positions["autoregression", "long_short", "ZN"].iloc[0]).all()
    assert len(said) == 4 + 4


@pytest.mark.parametrize(("n_sessions", "n_days"), [(1, 1), (2, 1), (40, 3)])
def test_few_rows_give_a_report_or_a_reason(
    path: Path,
    clock: Clock,
    strategy: Strategy,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    n_sessions: int,
    n_days: int,
) -> None:
    write(path, clock, strategy, history, MONTHS[:n_days])
    sessions = history.market.index
    last = sessions[sessions.searchsorted(MONTHS[0], side="right") + n_sessions - 1]
    monkeypatch.setattr("macrotrade.ledger.replays.Histories.of", lambda *_: history.truncated(last))

    (found,) = score(path)

    if found.backtest is None:
        assert found.reason
    else:
        assert n_sessions > 1
        assert "as issued" in make_report(found.backtest).html


def test_a_signal_whose_session_has_not_come_is_too_early_to_judge(
    path: Path, clock: Clock, strategy: Strategy, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, clock, strategy, history, MONTHS[:1])
    monkeypatch.setattr("macrotrade.ledger.replays.Histories.of", lambda *_: history.truncated(MONTHS[0]))

    (found,) = score(path)

    assert found.backtest is None
    assert found.reason.startswith("Too early to judge")
    assert "2016-01-29" in found.reason


def test_a_ledger_of_refusals_has_nothing_to_judge(path: Path, strategy: Strategy) -> None:
    with Ledger.open(path) as ledger:
        ledger.append(refusal(strategy, "2016-01-31", "stale"))

    (found,) = score(path)

    assert (found.backtest, found.reason) == (
        None,
        "No position was issued live (16 written later): there is nothing to judge.",
    )


def test_groups_of_a_watchlist_are_judged_one_by_one(
    path: Path, clock: Clock, strategy: Strategy, history: History
) -> None:
    for symbol in ("ZN", "SPX"):
        write(path, clock, strategy.changed(instruments=(symbol,)), history, MONTHS[:2])

    assert [each.strategy.instruments for each in score(path)] == [("ZN",), ("SPX",)]
    assert [each.strategy.instruments for each in score(path, strategy="list")] == [("ZN",), ("SPX",)]
    with pytest.raises(SettingsError, match="no row of a strategy 'lists'"):
        score(path, strategy="lists")


def test_votes_of_several_horizons_and_the_pool_are_judged_too(
    path: Path, clock: Clock, strategy: Strategy, history: History
) -> None:
    voting = strategy.changed(horizons=(1, 3), periods_ahead=(1,), pool=True, portfolio={"volatility_target": 0.1})
    write(path, clock, voting, history, MONTHS[:4])
    clock.now = evening(MONTHS[4])
    with Ledger.open(path, clock=clock) as ledger:
        entries = entries_of(voting, decide(voting, history, MONTHS[4]), history)
        ledger.append([replace(entry) for entry in entries])

    (found,) = score(path)

    assert found.backtest is not None
    assert {"vote", "autoregression"} <= set(found.backtest.positions.columns.unique("provider"))
    assert set(found.backtest.forecasts["provider"]) == {"naive", "autoregression"}
    assert found.backtest.forecasts["probability_up"].between(0.0, 1.0).all()
