"""Every provider of a strategy or a study, walked over the same origins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from macrotrade.errors import FitError
from macrotrade.forecast import Target
from macrotrade.panel.vintages import History
from macrotrade.schedule import Schedule
from macrotrade.strategy.engines import Engine, engine_for
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.walk_forward import Itinerary, Progress, Walk, fit_days, walks_of

__all__ = ["Plan", "walk_all"]


class Plan(Protocol):
    """Who forecasts, when each is fitted, the seed, and where it is computed: a strategy or a study."""

    @property
    def providers(self) -> tuple[ProviderChoice, ...]:
        """Who forecasts."""
        ...

    @property
    def schedule(self) -> Schedule:
        """When providers are fitted, where they do not say so themselves."""
        ...

    @property
    def seed(self) -> int:
        """Of the run."""
        ...

    @property
    def engine(self) -> Engine | None:
        """What carries the blocks; this process by default."""
        ...


def walk_all(
    plan: Plan,
    history: History,
    targets: Sequence[Target],
    origins: pd.DatetimeIndex,
    *,
    rows: int | None = None,
    n_jobs: int = 1,
    store: str | Path | None = None,
    block: int | None = None,
    progress: Progress | None = None,
) -> dict[str, tuple[Walk, ...]]:
    """Label of each provider to its walks, one for each target.

    Parameters
    ----------
    plan, history, targets
        Who forecasts, from what, and what.
    origins
        Of the whole run, since they fix the days at which providers are fitted again.
    rows
        How many of the last origins to forecast at; all by default.
    n_jobs, store, progress
        The blocks of all walks are one pool of work, on the plan's engine if it names one; otherwise as in
        :func:`macrotrade.strategy.walk_forward.walk_forward`.
    block
        Origins kept together in one file; as many as the engine says by default.

    Raises
    ------
    FitError
        If a provider forecasts at no origin.
    """
    last = slice(0 if rows is None else len(origins) - rows, None)
    engine = engine_for(plan.engine, n_jobs)
    itineraries = [
        Itinerary(
            choice.load(),
            target,
            tuple(origins[last]),
            tuple(fit_days(origins, choice.fitted_every(plan.schedule))[last]),
            name=choice.title,
            seed=plan.seed,
            block=block or (engine or Engine()).block,
        )
        for choice in plan.providers
        for target in targets
    ]
    found = iter(walks_of(itineraries, history, engine=engine, store=store, progress=progress))
    walks = {choice.title: tuple(next(found) for _ in targets) for choice in plan.providers}
    for title, parts in walks.items():
        if not any(walk.forecasts for walk in parts):
            raise FitError(f"Provider {title!r} forecast at no origin. The first said: {parts[0].refusals[0].reason}")
    return walks
