"""Why a forecast is not what it was at the decision before, for any provider."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from macrotrade import __version__
from macrotrade._files import atomically
from macrotrade.errors import FitError
from macrotrade.forecast import Explains, Explanation, Target, with_seed
from macrotrade.numerics.threads import one_blas_thread
from macrotrade.panel.vintages import History
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.walk_forward import derived_seed

__all__ = ["Cause", "Change", "changes"]


@dataclass(frozen=True)
class Cause:
    """One part of a change.

    Attributes
    ----------
    kind
        ``new data`` or ``re-estimation``; a provider that explains itself gives its own, such as ``release``.
    series, period
        What was released or revised, where it is one number; empty otherwise.
    amount
        In the units of the change.
    """

    kind: str
    series: str
    period: str
    amount: float


@dataclass(frozen=True)
class Change:
    """Change of the forecast of one series at one horizon from one decision to the next.

    Attributes
    ----------
    provider, series, horizon
        Whose forecast, of what, how many periods ahead of either decision.
    units
        Of `before`, `after` and the causes.
    before, after
        The forecast at the earlier and the later decision.
    causes
        Parts that sum to `after` - `before`, largest first.
    """

    provider: str
    series: str
    horizon: int
    units: str
    before: float
    after: float
    causes: tuple[Cause, ...]


def changes(
    choice: ProviderChoice,
    history: History,
    target: Target,
    days: tuple[pd.Timestamp, pd.Timestamp],
    fits: tuple[pd.Timestamp, pd.Timestamp],
    *,
    seed: int = 0,
    store: Path | None = None,
) -> tuple[Change, ...]:
    """Changes of one provider's forecasts between two decisions; none where it could not forecast at both.

    A provider that explains itself is asked, and fits anew on both days. Of any other the change splits exactly into
    what the forecaster of the earlier decision says of the new panel, and what fitting again then adds.

    Parameters
    ----------
    choice, history, target
        Who forecast what, from what.
    days
        The earlier and the later decision.
    fits
        The days at which the forecasters of either were fitted.
    seed
        Of the run.
    store
        Folder in which the answer is kept; it is known by the panels it was made from.
    """
    file = None if store is None else store / _file_name(choice, history, target, days, fits, seed)
    kept = None if file is None else _read(file)
    if kept is not None:
        return kept
    try:
        with one_blas_thread():
            found = _changes(choice, history, target, days, fits, seed)
    except FitError:
        found = ()
    if file is not None:
        with atomically(file) as temporary:
            temporary.write_text(json.dumps([asdict(change) for change in found]), encoding="utf-8")
    return found


def _changes(
    choice: ProviderChoice,
    history: History,
    target: Target,
    days: tuple[pd.Timestamp, pd.Timestamp],
    fits: tuple[pd.Timestamp, pd.Timestamp],
    seed: int,
) -> tuple[Change, ...]:
    provider = choice.load()
    if isinstance(provider, Explains):
        told = provider.explain(history.as_of(days[0]), history.as_of(days[1]), target)
        return tuple(_as_told(choice.title, each) for each in told)
    fitted = [
        with_seed(provider, derived_seed(seed, choice.title, fit)).fit(history.as_of(fit), target)
        for fit in dict.fromkeys(fits)
    ]
    before = fitted[0].forecast(history.as_of(days[0])).point()
    heard = fitted[0].forecast(history.as_of(days[1])).point()
    after = fitted[-1].forecast(history.as_of(days[1])).point() if len(fitted) > 1 else heard
    return tuple(
        Change(
            choice.title,
            name,
            horizon,
            target.measures[column],
            float(before[row, column]),
            float(after[row, column]),
            _ranked(
                [
                    Cause("new data", "", "", float(heard[row, column] - before[row, column])),
                    Cause("re-estimation", "", "", float(after[row, column] - heard[row, column])),
                ]
            ),
        )
        for row, horizon in enumerate(target.horizons)
        for column, name in enumerate(target.names)
    )


def _as_told(title: str, explanation: Explanation) -> Change:
    table = explanation.table()
    causes = [
        Cause(str(row["kind"]), _words(row["series"]), _words(row["period"]), float(row["amount"]))
        for row in table.to_dict("records")
    ]
    return Change(
        title,
        explanation.series,
        explanation.horizon,
        explanation.units,
        explanation.before,
        explanation.after,
        _ranked(causes),
    )


def _ranked(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    return tuple(sorted(causes, key=lambda cause: -abs(cause.amount)))


def _words(value: object) -> str:
    return "" if value is None or value is pd.NaT or value != value else str(value)


def _file_name(
    choice: ProviderChoice,
    history: History,
    target: Target,
    days: tuple[pd.Timestamp, pd.Timestamp],
    fits: tuple[pd.Timestamp, pd.Timestamp],
    seed: int,
) -> str:
    panels = [history.panel_fingerprint(day) for day in (*days, *fits)]
    what = [__version__, choice.title, repr(choice.load()), repr(target), seed, *days, *panels]
    return f"change-{hashlib.sha256('|'.join(map(str, what)).encode()).hexdigest()[:24]}.json"


def _read(file: Path) -> tuple[Change, ...] | None:
    """Changes as they were kept, or None where there are none or the file is not whole."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Change(**{**row, "causes": tuple(Cause(**cause) for cause in row["causes"])}) for row in rows)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
