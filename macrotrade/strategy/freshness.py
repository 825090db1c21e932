"""Whether the data are fresh enough to decide on."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.errors import DataError, StaleDataError, near_misses
from macrotrade.forecast import Provider, provider_settings
from macrotrade.panel.panel import Panel
from macrotrade.panel.staleness import Stale, days_in_words, stale
from macrotrade.panel.vintages import History
from macrotrade.strategy.spec import Strategy

__all__ = ["essential_series", "refuse_stale"]

_WORDS: dict[Frequency, str] = {"M": "monthly", "Q": "quarterly"}


def refuse_stale(strategy: Strategy, history: History, origin: pd.Timestamp) -> None:
    """Refuse a decision at the end of the day `origin` on data that are too old for it.

    Looked at are the driver of every instrument (`max_age_days` of the strategy); series that a provider cannot do
    without (:func:`essential_series`) or that the strategy gives an age of their own (`series_max_age_days`); and,
    where a provider may read the whole panel, whether most of its monthly or quarterly numbers have stopped. Any limit
    that is not given follows from the frequency and the publication delay of the series
    (:func:`macrotrade.panel.staleness.max_age_days`).

    Raises
    ------
    StaleDataError
        Naming the series, the day of its last value, its age, the limit and what to do.
    DataError
        If `series_max_age_days` names a series that the history does not have.
    """
    panel = history.as_of(origin)
    limits = strategy.series_max_age_days
    _require_known(limits, history)
    _refuse_stale_drivers(strategy, panel)
    providers = [choice.load() for choice in strategy.providers]
    named = [name for provider in providers for name in essential_series(provider, panel) or ()]
    found = stale(panel, [*named, *limits], origin, limits)
    if found:
        raise StaleDataError(f"{found[0].reason}. {_remedy(found[0])}")
    if any(essential_series(provider, panel) is None for provider in providers):
        _refuse_a_stopped_panel(panel, limits)


def essential_series(provider: Provider, panel: Panel) -> tuple[str, ...] | None:
    """Series without fresh values of which a provider has nothing to say; None where that may be the whole panel.

    A provider says so by an attribute `essential_series`, empty if it reads nothing but the series it forecasts.
    Otherwise they are those series of the panel that its settings name; where they name none, the whole panel.
    """
    told: tuple[str, ...] | None = getattr(provider, "essential_series", None)
    if told is not None:
        return tuple(told)
    words = [value for setting in provider_settings(provider).values() for value in _texts(setting)]
    return tuple(name for name in dict.fromkeys(words) if name in panel.series) or None


def _require_known(limits: Mapping[str, int], history: History) -> None:
    unknown = [name for name in limits if name not in history.series]
    if unknown:
        near = near_misses(unknown[0], history.series)
        raise DataError(
            f"[series_max_age_days] names {', '.join(unknown)}, of which history {history.name!r} has nothing. {near}"
        )


def _texts(setting: object) -> list[str]:
    if isinstance(setting, str):
        return [setting]
    return [each for each in setting if isinstance(each, str)] if isinstance(setting, tuple | list) else []


def _refuse_stale_drivers(strategy: Strategy, panel: Panel) -> None:
    origin = panel.as_of
    for item in strategy.traded:
        limit = strategy.series_max_age_days.get(item.driver, strategy.max_age_days)
        last = _last_day(panel, item.driver, strategy.forecast_frequency)
        age = (origin - last).days
        if age > limit:
            raise StaleDataError(
                f"{item.driver}, which drives {item.symbol}, was last quoted on {last:%Y-%m-%d}, {days_in_words(age)} "
                f"before the decision of {origin:%Y-%m-%d}; max_age_days is {limit}. Update the data, or ask for "
                f"--as-of {last:%Y-%m-%d}."
            )


def _refuse_a_stopped_panel(panel: Panel, limits: Mapping[str, int]) -> None:
    """Refuse where more than half of the macro series of a frequency have stopped: the source was not brought up."""
    for frequency, words in _WORDS.items():
        if frequency not in panel.frames:
            continue
        names = [name for name in panel.names("macro", frequency) if panel.series[name].frequency == frequency]
        found = stale(panel, names, panel.as_of, limits)
        if 2 * len(found) > len(names):
            newest = min(found, key=lambda each: (each.age is None, each.age))
            raise StaleDataError(
                f"{len(found)} of {len(names)} {words} series are too old, {newest.series} among them: "
                f"{newest.reason}. {_remedy(newest)}"
            )


def _remedy(found: Stale) -> str:
    earlier = "" if pd.isna(found.last) else f" (the value is of {found.last:%Y-%m-%d}), or ask for an earlier --as-of"
    return (
        "Update the data (live data: 'macrotrade data update'), or allow more days for it in [series_max_age_days]"
        f"{earlier}."
    )


def _last_day(panel: Panel, name: str, frequency: Frequency) -> pd.Timestamp:
    """Last session of a market series, or the end of the last period of a macro one."""
    if "D" in panel.frames and name in panel.frames["D"].columns:
        return pd.Timestamp(panel.values(name, "D").index[-1])
    return pd.Timestamp(panel.values(name, frequency).index[-1].end_time.normalize())
