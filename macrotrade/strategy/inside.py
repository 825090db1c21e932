"""What providers show of themselves at the end of a run: exhibits, and why their last forecast changed."""

from __future__ import annotations

import typing

import numpy as np
import pandas as pd

from macrotrade.errors import FitError
from macrotrade.forecast import Exhibit, Exhibits, Explains, Explanation, Provider, with_seed
from macrotrade.panel.vintages import History
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.run import Signals, targets_of
from macrotrade.strategy.walk_forward import Walk, derived_seed, fit_days

__all__ = ["exhibits_of", "explanations_of"]

_MOST_MEMBERS_SHOWN = 12


def exhibits_of(run: Signals, history: History) -> dict[str, tuple[Exhibit, ...]]:
    """Exhibits of every provider that has any, by its title; the forecaster is that of the last fit of the run.

    It is fitted once more, since a walk keeps forecasts alone. Members' weights through time are drawn for every
    provider that averages a few members.
    """
    shown = {}
    for choice in run.strategy.providers:
        own = _own_exhibits(choice, run, history)
        found = (*own, *_weights_through_time(run.walks[choice.title]))
        if found:
            shown[choice.title] = found
    return shown


def explanations_of(run: Signals, history: History) -> dict[str, tuple[Explanation, ...]]:
    """Why each provider that can say so changed its forecasts at the last origin, by its title.

    Both forecasts are fitted anew on their own day; a provider that cannot be fitted there says nothing.
    """
    said: dict[str, tuple[Explanation, ...]] = {}
    if len(run.origins) < 2:
        return said
    for choice in run.strategy.providers:
        provider = choice.load()
        if not isinstance(provider, Explains):
            continue
        panels = history.as_of(run.origins[-2]), history.as_of(run.origins[-1])
        try:
            said[choice.title] = tuple(
                one for target in targets_of(run.strategy) for one in provider.explain(*panels, target)
            )
        except FitError:
            continue
    return said


def _own_exhibits(choice: ProviderChoice, run: Signals, history: History) -> tuple[Exhibit, ...]:
    provider = choice.load()
    if not _may_show(provider):
        return ()
    fitted_at = fit_days(run.origins, choice.fitted_every(run.strategy.schedule))[-1]
    seeded = with_seed(provider, derived_seed(run.strategy.seed, choice.title, fitted_at))
    try:
        forecaster = seeded.fit(history.as_of(fitted_at), targets_of(run.strategy)[0])
    except FitError as error:
        return (Exhibit("Not shown", "text", text=str(error)),)
    return forecaster.exhibits() if isinstance(forecaster, Exhibits) else ()


def _may_show(provider: Provider) -> bool:
    """Whether what `fit` is declared to give has exhibits; where it does not say, it may."""
    try:
        promised = typing.get_type_hints(type(provider).fit).get("return")
    except NameError:
        return True
    return not isinstance(promised, type) or hasattr(promised, "exhibits") or getattr(promised, "_is_protocol", False)


def _weights_through_time(walks: tuple[Walk, ...]) -> tuple[Exhibit, ...]:
    """Weights of the members at the first horizon, for each series."""
    forecasts = walks[0].forecasts
    members = max((forecast.members for forecast in forecasts), key=len, default=())
    if not 1 < len(members) <= _MOST_MEMBERS_SHOWN or len(forecasts) < 2:
        return ()
    days = pd.DatetimeIndex([forecast.as_of for forecast in forecasts], name="as_of")
    by_series = {
        name: pd.DataFrame([dict(zip(f.members, f.weights[:, 0, place], strict=True)) for f in forecasts], index=days)
        for place, name in enumerate(walks[0].target.names)
    }
    return tuple(
        Exhibit(f"Weights through time, {name}", "lines", weights.reindex(columns=list(members)))
        for name, weights in by_series.items()
        if float(np.ptp(weights.to_numpy(), axis=0).max()) > 0.0
    )
