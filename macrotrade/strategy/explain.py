"""Why a forecast changed from one decision to the next, from the providers that can say."""

from __future__ import annotations

import pandas as pd

from macrotrade.errors import SettingsError, near_misses
from macrotrade.forecast import Explains, Explanation
from macrotrade.instruments import Instrument
from macrotrade.panel.vintages import History
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.run import origins_of, targets_of
from macrotrade.strategy.spec import Strategy

__all__ = ["explain", "explaining_providers"]


def explain(
    strategy: Strategy,
    history: History,
    provider: str | None = None,
    instrument: str | None = None,
    as_of: str | pd.Timestamp | None = None,
    since: str | pd.Timestamp | None = None,
) -> tuple[Explanation, ...]:
    """Why one provider's forecasts of what drives an instrument changed between two decision days.

    Both forecasts are fitted anew on their own day, so that re-estimation and re-selection show, whatever the
    strategy's schedule of fits.

    Parameters
    ----------
    strategy, history
        Whose forecasts, from what.
    provider
        Its label or name in the strategy; by default the first that explains.
    instrument
        Symbol; the strategy's first by default.
    as_of
        The later day: the last decision day on or before it; the last that the data cover by default.
    since
        The earlier day, likewise; by default the decision day before the later one.

    Returns
    -------
    tuple of Explanation
        One for each horizon that the strategy forecasts.

    Raises
    ------
    SettingsError
        If there is no such provider or instrument, the provider does not explain, or there are no two such days.
    """
    choice = _chosen(strategy, provider)
    item = strategy.traded[0] if instrument is None else _traded(strategy, instrument)
    before, after = _days(strategy, history, as_of, since)
    source = choice.load()
    assert isinstance(source, Explains)
    panels = history.as_of(before), history.as_of(after)
    said = [one for target in targets_of(strategy) for one in source.explain(*panels, target)]
    return tuple(one for one in said if one.series == item.driver)


def explaining_providers(strategy: Strategy) -> tuple[str, ...]:
    """Titles of the strategy's providers that can say why their forecasts change."""
    return tuple(choice.title for choice in strategy.providers if isinstance(choice.load(), Explains))


def _chosen(strategy: Strategy, provider: str | None) -> ProviderChoice:
    known = {choice.title: choice for choice in strategy.providers}
    if provider is not None and provider not in known:
        raise SettingsError(f"Strategy {strategy.name!r} has no provider {provider!r}. {near_misses(provider, known)}")
    able = explaining_providers(strategy)
    if not able:
        raise SettingsError(
            f"No provider of strategy {strategy.name!r} can say why its forecasts change; 'bma' and 'machine' can."
        )
    if provider is not None and provider not in able:
        raise SettingsError(f"Provider {provider!r} cannot say why its forecasts change; {', '.join(able)} can.")
    return known[provider or able[0]]


def _traded(strategy: Strategy, symbol: str) -> Instrument:
    for item in strategy.traded:
        if item.symbol == symbol:
            return item
    raise SettingsError(
        f"Strategy {strategy.name!r} does not trade {symbol!r}. {near_misses(symbol, strategy.instruments)}"
    )


def _days(
    strategy: Strategy, history: History, as_of: str | pd.Timestamp | None, since: str | pd.Timestamp | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    if as_of is not None and since is not None and pd.Timestamp(since) > pd.Timestamp(as_of):
        raise SettingsError(
            f"The dates are reversed: since {pd.Timestamp(since):%Y-%m-%d} is later than as of "
            f"{pd.Timestamp(as_of):%Y-%m-%d}; exchange them."
        )
    origins = origins_of(strategy, history, None if as_of is None else pd.Timestamp(as_of))
    earlier = origins[:-1] if since is None else origins[origins <= pd.Timestamp(since)]
    if len(earlier) == 0 or earlier[-1] == origins[-1]:
        raise SettingsError(
            f"There is no decision day before {origins[-1]:%Y-%m-%d}"
            f"{'' if since is None else f' and by {pd.Timestamp(since):%Y-%m-%d}'} to compare with; decisions of "
            f"{strategy.name!r} start on {origins[0]:%Y-%m-%d}."
        )
    return earlier[-1], origins[-1]
