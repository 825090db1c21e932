"""Laws of time: a forecast depends on what was known at its origin, and on nothing later."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from macrotrade.forecast import Forecast
from macrotrade.panel.vintages import History
from macrotrade.testing import altered
from macrotrade.testing.case import ABSURD, Case, broken, problem_with
from macrotrade.testing.report import LawResult
from macrotrade.testing.source import look_ahead_names, provider_sources
from macrotrade.testing.trial import compare, guarded

__all__ = [
    "data_of_the_time",
    "future_overwritten",
    "future_truncated",
    "later_revisions",
    "one_origin_later",
    "source_code",
    "warm_up",
]


def future_truncated(case: Case) -> LawResult:
    """A forecast is the same where everything later is gone."""
    return _unmoved(case, "future truncated", lambda day: case.history.truncated(day))


def future_overwritten(case: Case) -> LawResult:
    """A forecast is the same where everything later is noise."""
    return _unmoved(case, "future overwritten", lambda day: altered.future_overwritten(case.history, day, case.seed))


def later_revisions(case: Case) -> LawResult:
    """A forecast is the same where every number known then is revised the day after."""
    if not any(table.released.size for table in case.history.releases.values()):
        return LawResult("later revisions", "information", "the history has no macro numbers that could be revised")
    return _unmoved(case, "later revisions", lambda day: altered.later_revised(case.history, day, case.seed))


def data_of_the_time(case: Case) -> LawResult:
    """A forecast moves where the numbers known then were others, although the final numbers are the same."""
    law = "data of the time"
    for day, _, one in case.made():
        two = case.on_history(altered.past_altered(case.history, day, case.seed), day).forecast
        if two is not None and np.array_equal(one.mean, two.mean) and np.array_equal(one.scale, two.scale):
            detail = "every number known at the origin was changed and the forecast did not move: it reads other data"
            return LawResult(law, "failed", detail, day, None, 0.0)
    return LawResult(law, "passed", "the forecast follows the numbers of its panel")


def one_origin_later(case: Case) -> LawResult:
    """A forecaster reads a later panel without a new fit, and then too nothing later still."""
    law = "one origin later"
    for day, _, _ in case.made():
        later = _next_period_end(day, case.target.frequency)
        if later >= case.history.last_day:
            continue
        overwritten = altered.future_overwritten(case.history, later, case.seed)
        first = guarded(partial(_forecast_later, case, case.history, day, later))
        second = guarded(partial(_forecast_later, case, overwritten, day, later))
        problem = first.error or problem_with(first.forecast, case.history.as_of(later), case.target)
        if problem:
            return LawResult(law, "failed", f"fitted the period before: {problem}", later, None, np.inf)
        gap = compare(first, second)
        if gap is not None:
            return broken(law, later, gap, "when what came after the later origin was overwritten")
    return LawResult(law, "passed", "a fitted forecaster reads the next panel")


def warm_up(case: Case) -> LawResult:
    """How much the forecast depends on the first periods of the data; only an absurd answer breaks the law."""
    law = "warm-up"
    shorter = altered.start_dropped(case.history, case.warm_up)
    largest, short = 0.0, 0
    for day, trial, _ in case.made():
        other = case.on_history(shorter, day)
        if other.forecast is None:
            short += 1
            continue
        gap = compare(trial, other)
        if gap is not None and not gap.relative < ABSURD:
            return broken(law, day, gap, f"without the first {case.warm_up} periods: {gap.relative:.3g} spreads")
        largest = max(largest, gap.relative if gap else 0.0)
    words = f"without the first {case.warm_up} periods it moves by up to {largest:.3g} spreads (absurd: {ABSURD:g})"
    return LawResult(law, "information", words + (f"; {short} origins had too few left" if short else ""))


def source_code(case: Case) -> LawResult:
    """The provider's source names none of vectorbt's indicators that look ahead by design."""
    law = "source code"
    if not provider_sources(case.provider):
        return LawResult(law, "information", "no source file to read")
    uses = look_ahead_names(case.provider)
    if uses:
        listed = ", ".join(f"{name} ({file}, line {line})" for name, file, line in uses)
        detail = f"uses {listed}, which read future prices; use past prices only"
        return LawResult(law, "failed", detail, difference=np.inf)
    return LawResult(law, "passed", "no indicator that looks ahead by design")


def _unmoved(case: Case, law: str, other_history: Callable[[pd.Timestamp], History]) -> LawResult:
    for day, trial, _ in case.made():
        gap = compare(trial, case.on_history(other_history(day), day))
        if gap is not None:
            return broken(law, day, gap, "though nothing known at the origin had changed")
    return LawResult(law, "passed", "no forecast moved")


def _forecast_later(case: Case, history: History, day: pd.Timestamp, later: pd.Timestamp) -> Forecast:
    return case.factory(history).fit(history.as_of(day), case.target).forecast(history.as_of(later))


def _next_period_end(day: pd.Timestamp, frequency: str) -> pd.Timestamp:
    if frequency == "D":
        return day + pd.offsets.BDay(1)
    return (pd.Period(day, freq=frequency) + 1).end_time.normalize()
