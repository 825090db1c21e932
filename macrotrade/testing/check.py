"""check_provider: try to break each law that a provider must obey.

The steps, and where each lives:

1. choose a target and origins where none are given (``defaults.py``);
2. forecast at each origin, early to late (``trial.py``);
3. confront the provider with other futures, revisions, pasts and labels (``altered.py``), law by law
   (``laws_of_time.py``, ``laws_of_contract.py``);
4. read its source (``source.py``); report (``report.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import pandas as pd

from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Provider, Target
from macrotrade.panel.vintages import History
from macrotrade.testing.case import Case, state_of
from macrotrade.testing.defaults import default_origins, default_target
from macrotrade.testing.laws import LAWS
from macrotrade.testing.report import CheckReport, LawResult
from macrotrade.testing.trial import Factory, as_factory, attempt

__all__ = ["check_provider"]


def check_provider(
    provider_or_factory: Provider | type[Provider] | Factory,
    history: History,
    target: Target | None = None,
    origins: Sequence[str | pd.Timestamp] | None = None,
    *,
    waive: Collection[str] = (),
    warm_up: int = 12,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> CheckReport:
    """What each law of point-in-time forecasting found out about a provider.

    Every law forecasts twice what should come out the same (or should not), and compares means, scales, weights and
    origins bit for bit. Truncating the future and overwriting it catch different leaks, so both are done.

    Parameters
    ----------
    provider_or_factory
        A provider, a class that needs no settings, or a function from a History to a provider. Give the function where
        the provider holds data of its own: it is built again on each altered history, as its author would have built it
        on that data.
    history
        Data to forecast from, with years after the last origin. Where its vintages are ``pseudo``, revisions are made
        up.
    target
        What to forecast; by default those of one yield, one price and one macro series that the provider takes, 1, 2
        and 6 months ahead.
    origins
        Days to forecast at; by default three month ends in the later half of the target's history.
    waive
        Laws that are reported and not judged, such as ``horizons alone`` for a model of all horizons at once.
    warm_up
        Periods cut from the start of each series to see how much the forecast depends on them.
    seed
        Of the noise.
    progress
        Called with 1 after each law.

    Raises
    ------
    SettingsError
        If a waived law does not exist, or the origins leave no data after them to change.
    """
    for law in waive:
        if law not in LAWS:
            raise SettingsError(f"There is no law {law!r} to waive. {near_misses(law, LAWS)}")
    factory = as_factory(provider_or_factory)
    wanted = target or default_target(history)
    days = sorted(pd.Timestamp(origin).normalize() for origin in origins or default_origins(history, wanted))
    if not days or days[-1] >= history.last_day:
        raise SettingsError(
            f"check_provider needs origins before the history's last day {history.last_day:%Y-%m-%d}, so that there is "
            "a future to change."
        )
    provider = factory(history)
    state = state_of(provider)
    target = target or _taken(factory, history, days[0], wanted)  # the first day: no later one may be seen before it
    base = tuple(attempt(factory, history, history.as_of(day), target) for day in days)
    case = Case(factory, history, target, tuple(days), provider, state, base, warm_up, seed)
    results = []
    for name, judged in LAWS.items():
        results.append(_waived(judged(case)) if name in waive else judged(case))
        if progress is not None:
            progress(1)
    return CheckReport(_name(provider), history.name, history.vintages, target, tuple(days), tuple(results))


def _taken(factory: Factory, history: History, day: pd.Timestamp, target: Target) -> Target:
    """The series of a target that the provider forecasts one by one; the whole target where it takes none."""
    panel = history.as_of(day)
    pairs = [
        (name, measure)
        for name, measure in zip(target.names, target.measures, strict=True)
        if attempt(factory, history, panel, replace(target, series=name, measure=measure)).forecast is not None
    ]
    if not pairs:
        return target
    return replace(target, series=tuple(name for name, _ in pairs), measure=tuple(measure for _, measure in pairs))


def _waived(result: LawResult) -> LawResult:
    if result.outcome != "failed":
        return result
    return replace(result, outcome="information", detail=f"waived; {result.detail}")


def _name(provider: Provider) -> str:
    return repr(provider) if len(repr(provider)) < 80 else type(provider).__name__
