"""The decision at one origin: the same run as a backtest, read at its last row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError
from macrotrade.forecast import Forecast
from macrotrade.instruments import Instrument
from macrotrade.panel.panel import Panel
from macrotrade.panel.vintages import History
from macrotrade.strategy.freshness import refuse_stale
from macrotrade.strategy.pool import linear_pool
from macrotrade.strategy.result import Decision
from macrotrade.strategy.run import POOL, Signals, origins_of, rule_label, signals
from macrotrade.strategy.spec import Strategy
from macrotrade.strategy.walk_forward import Progress

__all__ = ["decide", "decisions", "signals_at"]

_LOOK_BACK = 13


def decide(
    strategy: Strategy,
    history: History,
    as_of: str | pd.Timestamp | None = None,
    *,
    look_back: int = _LOOK_BACK,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[Decision, ...]:
    """Decisions at the last decision day on or before `as_of`: one for each provider, rule and instrument.

    The positions are those of a backtest at that origin, to the bit: both are :func:`macrotrade.strategy.run.signals`.

    Parameters
    ----------
    strategy, history, as_of, look_back, n_jobs, store, progress
        See :func:`signals_at`.
    """
    run = signals_at(strategy, history, as_of, look_back=look_back, n_jobs=n_jobs, store=store, progress=progress)
    return decisions(run, history)


def signals_at(
    strategy: Strategy,
    history: History,
    as_of: str | pd.Timestamp | None = None,
    *,
    look_back: int = _LOOK_BACK,
    n_jobs: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> Signals:
    """Signals up to the last decision day on or before `as_of`, and at a few origins before it.

    Parameters
    ----------
    strategy, history
        What to run, on what.
    as_of
        Day of the decision; the last decision day that the data cover by default.
    look_back
        Origins run, the decision's own included, so that the page can say since when a position is held.
    n_jobs, store, progress
        See :func:`macrotrade.strategy.walk_forward.walk_forward`; each origin is kept by itself, so that the next
        decision does only its own.

    Raises
    ------
    StaleDataError
        If the last value of a driver, or of a series that a provider cannot do without, is too old at the decision
        day; see :func:`macrotrade.strategy.freshness.refuse_stale`.
    """
    until = pd.Timestamp(as_of) if as_of is not None else None
    covered = origins_of(strategy, history, until)
    wanted = strategy.schedule.origins(covered[0], until) if until is not None else covered
    refuse_stale(strategy, history, wanted[-1])
    if look_back < 1:
        raise SettingsError(f"look_back counts origins from 1, not {look_back}.")
    return signals(strategy, history, wanted, rows=look_back, n_jobs=n_jobs, store=store, block=1, progress=progress)


def decisions(run: Signals, history: History) -> tuple[Decision, ...]:
    """Decisions at the last origin of a run, the pooled vote's included; baselines are not decisions."""
    panel = history.as_of(run.origins[-1])
    return tuple(
        _decision(run, panel, provider, rule, ahead, item, said[item.driver])
        for provider in run.scores.columns.unique("provider")
        for ahead, said in ((ahead, _said(run, provider, ahead)) for ahead in run.strategy.periods_ahead)
        for rule in run.strategy.rules
        for item in run.strategy.traded
    )


@dataclass(frozen=True)
class _Said:
    """One provider's forecast of one driver, as a decision quotes it."""

    origin: float = float("nan")
    point: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    measure: str = ""
    members: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()


def _decision(
    run: Signals, panel: Panel, provider: str, rule: str, ahead: int, item: Instrument, said: _Said
) -> Decision:
    held = run.positions[provider, rule_label(rule, ahead), item.symbol]
    value = float(run.scores[provider, ahead, item.symbol].iloc[-1])
    return Decision(
        provider=provider,
        rule=rule_label(rule, ahead),
        instrument=item.symbol,
        as_of=run.origins[-1],
        position=float(held.iloc[-1]),
        score=value,
        probability_up=0.5 * (value + 1.0),
        driver=item.driver,
        origin=said.origin,
        point=said.point,
        low=said.low,
        high=said.high,
        measure=said.measure,
        horizon=ahead,
        since=_since(held),
        previous=float(held.iloc[-2]) if len(held) > 1 else None,
        members=said.members,
        reasons=said.reasons,
        data_until=_data_until(panel, (item.driver, item.symbol)),
        vintages=panel.vintages,
    )


def _said(run: Signals, provider: str, ahead: int) -> Mapping[str, _Said]:
    """Driver to what stands behind its last score: the forecast made `ahead` - 1 origins before, or the refusal."""
    forecast, reasons = _pooled(run, ahead) if provider == POOL else _own(run, provider, ahead)
    drivers = dict.fromkeys(item.driver for item in run.strategy.traded)
    if forecast is None:
        return {driver: _Said(reasons=reasons) for driver in drivers}
    horizons, names, table = forecast.target.horizons, forecast.target.names, forecast.frame()
    row, said = (horizons.index(ahead) if ahead in horizons else 0), {}
    for driver in drivers:
        column = names.index(driver)
        quoted = table.iloc[row * len(names) + column]
        said[driver] = _Said(
            origin=float(quoted["origin"]),
            point=float(quoted["point"]),
            low=float(quoted["low"]),
            high=float(quoted["high"]),
            measure=str(quoted["measure"]),
            members=_members(forecast, row, column),
            reasons=reasons,
        )
    return said


def _own(run: Signals, provider: str, ahead: int) -> tuple[Forecast | None, tuple[str, ...]]:
    """A provider's forecast with its reasons, or why there is none."""
    made_at, walk = run.made_at[ahead], run.walks[provider][_part(ahead)]
    forecast = walk.at(made_at) if made_at is not None else None
    if forecast is not None:
        return forecast, forecast.reasons
    return None, tuple(refusal.reason for refusal in walk.refusals if refusal.as_of == made_at)


def _pooled(run: Signals, ahead: int) -> tuple[Forecast | None, tuple[str, ...]]:
    """The mixture of all forecasts, whose scores are voted on."""
    each = {title: _own(run, title, ahead)[0] for title in run.walks}
    spoken = {title: forecast for title, forecast in each.items() if forecast is not None}
    return linear_pool(spoken) if spoken else None, (f"{run.strategy.vote} of the scores of {', '.join(spoken)}",)


def _part(ahead: int) -> int:
    """Which of a provider's walks: see :func:`macrotrade.strategy.run.targets_of`."""
    return -1 if ahead > 1 else 0


def _members(forecast: Forecast, row: int, column: int) -> tuple[Mapping[str, Any], ...]:
    """Members by falling weight."""
    weights = forecast.weights[:, row, column]
    return tuple(
        {
            "member": forecast.members[member],
            "weight": float(weights[member]),
            "mean": float(forecast.mean[member, row, column]),
            "scale": float(forecast.scale[member, row, column]),
        }
        for member in np.argsort(-weights, kind="stable")
    )


def _since(held: pd.Series) -> pd.Timestamp | None:
    """Origin since which the position has had its present sign, if the run goes back that far."""
    signs = np.sign(held.to_numpy())
    changes = np.flatnonzero(signs != signs[-1])
    return pd.Timestamp(held.index[changes[-1] + 1]) if changes.size else None


def _data_until(panel: Panel, names: tuple[str, ...]) -> dict[str, str]:
    """Last known session or period of each series."""
    until = {}
    for name in dict.fromkeys(names):
        for frequency in ("D", "M", "Q"):
            if frequency in panel.frames and name in panel.frames[frequency].columns:
                until[name] = str(panel.values(name, frequency).index[-1]).removesuffix(" 00:00:00")
                break
    return until
