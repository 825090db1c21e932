"""Honest providers pass, and the check says what it did."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from macrotrade import History, Target
from macrotrade.errors import SettingsError
from macrotrade.panel.vintages import Releases
from macrotrade.providers.benchmarks.naive import Naive
from macrotrade.providers.registry import load
from macrotrade.testing import check_provider
from macrotrade.testing.altered import future_overwritten, later_revised, past_altered

BENCHMARKS = ["naive", "historical-mean", "autoregression", "seasonal-autoregression", "direct-autoregression"]


@pytest.mark.parametrize("name", BENCHMARKS)
@pytest.mark.parametrize("data", ["history", "revised_history"])
def test_honest_providers_pass_on_final_and_on_revised_data(
    name: str, data: str, request: pytest.FixtureRequest
) -> None:
    history = request.getfixturevalue(data)

    report = check_provider(
        load(name), history, Target(("DGS10", "SPX", "CPI"), (1, 3), ("change", "log_change", "level"))
    )

    report.raise_for_failures()
    assert {result.outcome for result in report.laws} == {"passed", "information"}


def test_daily_horizons_are_checked_as_well(history: History) -> None:
    report = check_provider(load("autoregression"), history, Target("SPX", (1, 5), "log_change", frequency="D"))

    assert report.passed, str(report)


def test_a_class_and_a_factory_are_taken_like_a_provider(history: History) -> None:
    assert check_provider(Naive, history).laws == check_provider(lambda _: Naive(), history).laws


def test_progress_is_told_law_by_law(history: History) -> None:
    told: list[int] = []

    report = check_provider(Naive, history, progress=told.append)

    assert told == [1] * len(report.laws)


def test_target_and_origins_are_chosen_where_none_are_given(history: History) -> None:
    report = check_provider(Naive(), history)

    assert report.target.names == ("DGS10", "SPX", "CPI")
    assert report.target.measures == ("change", "log_change", "one_period_change")
    assert all(day.is_month_end for day in report.origins)
    assert max(report.origins) < history.last_day


def test_origins_without_a_future_are_refused(history: History) -> None:
    with pytest.raises(SettingsError, match="a future to change"):
        check_provider(Naive(), history, origins=[history.last_day])


def test_a_law_that_does_not_exist_cannot_be_waived(history: History) -> None:
    with pytest.raises(SettingsError, match="'horizons alone'"):
        check_provider(Naive(), history, waive=["horizon alone"])


def test_the_report_reads_as_a_table(history: History) -> None:
    lines = str(check_provider(Naive(), history)).splitlines()

    assert lines[0].startswith("Naive(window=None) on small economy (pseudo vintages)")
    assert len(lines) == 17
    assert "passed       future truncated" in "\n".join(lines)


@pytest.mark.parametrize("name", ["FMEAN", "FSTD", "FMIN", "FMAX", "FIXLB", "MEANLB", "LEXLB", "TRENDLB", "BOLB"])
def test_indicators_that_look_ahead_by_design_are_refused(
    name: str, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"peeking_{name.lower()}"
    (tmp_path / f"{module}.py").write_text(
        "from macrotrade.providers.benchmarks.naive import Naive\n"
        "class Peeking(Naive):\n"
        "    def label(self, close):\n"
        "        import vectorbt as vbt\n"
        f"        return vbt.{name}.run(close)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    report = check_provider(load(f"{module}:Peeking"), history)

    failure = next(result for result in report.failures if result.law == "source code")
    assert f"{name} ({module}.py, line 5)" in failure.detail


def test_later_revisions_leave_the_panel_and_change_the_final_data(history: History) -> None:
    day = pd.Timestamp("2003-08-31")

    other = later_revised(history, day, seed=0)

    assert other.as_of(day).fingerprint() == history.as_of(day).fingerprint()
    assert not other.as_of(history.last_day).monthly["CPI"].equals(history.as_of(history.last_day).monthly["CPI"])


def test_an_altered_past_changes_the_panel_and_leaves_the_final_macro_data(history: History) -> None:
    day = pd.Timestamp("2003-08-31")

    other = past_altered(history, day, seed=0)

    assert not other.as_of(day).monthly["CPI"].equals(history.as_of(day).monthly["CPI"])
    assert other.as_of(history.last_day).monthly["CPI"].equals(history.as_of(history.last_day).monthly["CPI"])


def test_an_overwritten_future_leaves_every_earlier_panel(revised_history: History) -> None:
    day = pd.Timestamp("2003-08-31")

    other = future_overwritten(revised_history, day, seed=0)

    for earlier in ("1995-03-10", "2001-01-31", "2003-08-31"):
        assert other.as_of(earlier).fingerprint() == revised_history.as_of(earlier).fingerprint()
    assert other.as_of("2003-12-31").fingerprint() != revised_history.as_of("2003-12-31").fingerprint()


def test_a_history_of_prices_alone_says_that_nothing_could_be_revised(history: History) -> None:
    prices = dataclasses.replace(history, releases=dict[str, Releases]())

    report = check_provider(Naive(), prices)

    assert report.passed
    assert next(result for result in report.laws if result.law == "later revisions").outcome == "information"
