"""Past decisions computed again, from their own settings and the data as of then."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade.errors import DataError, FitError, MacrotradeError
from macrotrade.ledger.chain import canonical
from macrotrade.ledger.entries import entries_of, refusal
from macrotrade.ledger.entry import SAID, Entry
from macrotrade.ledger.environment import environment
from macrotrade.ledger.ledger import Ledger
from macrotrade.ledger.settings import strategy_of
from macrotrade.panel.vintages import History
from macrotrade.strategy.decide import decide
from macrotrade.strategy.spec import Strategy

__all__ = ["Difference", "Histories", "Replay", "replay"]

_KEY = ("as_of", "strategy", "instrument", "provider", "rule", "ahead")


@dataclass(frozen=True)
class Difference:
    """A field of a row that comes out otherwise today.

    Attributes
    ----------
    row, as_of, instrument, provider, rule
        Which row.
    field
        Which of its columns; ``kind`` alone where a refusal became a decision or a decision a refusal.
    then, now
        What was said, and what comes out; None for nothing.
    cause
        Likely cause, in words.
    """

    row: int
    as_of: pd.Timestamp
    instrument: str
    provider: str
    rule: str
    field: str
    then: Any
    now: Any
    cause: str


@dataclass(frozen=True)
class Replay:
    """What came out when decisions were computed again.

    Attributes
    ----------
    rows
        Rows computed again.
    differences
        Fields that came out otherwise, in the order of the rows.
    revised
        Rows whose data are not those of then, whether or not it made a difference.
    not_computed
        Row numbers and why, where it could not be done: data that are gone, settings that are not known any more.
    without_data
        Rows refused before any data could be read: there is nothing to compute again.
    """

    rows: int
    differences: tuple[Difference, ...]
    revised: tuple[int, ...]
    not_computed: tuple[tuple[tuple[int, ...], str], ...]
    without_data: tuple[int, ...] = ()

    @property
    def same(self) -> bool:
        """Whether every row that had data came out as it was said."""
        return not self.differences and not self.not_computed

    def table(self) -> pd.DataFrame:
        """Differences, a row each."""
        return pd.DataFrame([vars(each) for each in self.differences], columns=list(Difference.__dataclass_fields__))


def replay(
    path: str | Path | None = None,
    *,
    tolerance: float = 0.0,
    data: str | Path | None = None,
    instrument: str | None = None,
    provider: str | None = None,
    strategy: str | None = None,
    since: str | pd.Timestamp | None = None,
    until: str | pd.Timestamp | None = None,
    last: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Replay:
    """Compute past decisions again and compare every field.

    Each decision is that of :func:`macrotrade.strategy.decide.decide` on its own day, with the settings of its row and
    the source that they name. A row that was corrected is compared too: where its data were revised it differs, as
    it should.

    Parameters
    ----------
    path
        File; see :func:`macrotrade.ledger.place.ledger_path` for the default.
    tolerance
        Largest absolute difference of numbers that is none; 0 asks for equal bits.
    data
        Where the data lie now, in place of the path in the settings.
    instrument, provider, strategy, since, until, last
        Which rows; see :meth:`macrotrade.ledger.ledger.Ledger.frame`.
    progress
        Told how many rows were just done.
    """
    with Ledger.read(path) as ledger:
        rows = ledger.frame(
            instrument=instrument, provider=provider, strategy=strategy, since=since, until=until, last=last
        )
        settings, environments = ledger.texts("settings"), ledger.texts("environments")
    blind = rows["data_hash"] == ""
    without_data, rows = tuple(int(number) for number in rows.loc[blind, "sequence"]), rows[~blind]
    histories = Histories(data)
    differences: list[Difference] = []
    revised: list[int] = []
    not_computed: list[tuple[tuple[int, ...], str]] = []
    for (key, day), group in rows.groupby(["settings", rows["as_of"].dt.strftime("%Y-%m-%d")], sort=False):
        numbers = tuple(int(number) for number in group["sequence"])
        try:
            run = histories.moved(strategy_of(settings[str(key)], numbers[0]))
            again = {entry.key: entry for entry in _again(run, histories.of(run), pd.Timestamp(str(day)))}
        except (MacrotradeError, OSError) as error:
            not_computed.append((numbers, str(error)))
        else:
            for each in group.to_dict("records"):
                row = {str(name): value for name, value in each.items()}
                found = again.get((f"{row['as_of']:%Y-%m-%d}", *(row[name] for name in _KEY[1:])))
                if found is None or found.data_hash != row["data_hash"]:
                    revised.append(row["sequence"])
                differences += _differences(row, found, tolerance, environments[row["environment"]])
        if progress is not None:
            progress(len(numbers))
    return Replay(
        len(rows) - sum(len(numbers) for numbers, _ in not_computed),
        tuple(sorted(differences, key=lambda each: each.row)),
        tuple(sorted(revised)),
        tuple(not_computed),
        without_data,
    )


class Histories:
    """Histories of strategies, each source loaded once; `data` is where it lies now, if it has moved."""

    def __init__(self, data: str | Path | None = None) -> None:
        self._data = data
        self._loaded: dict[str, History] = {}

    def moved(self, strategy: Strategy) -> Strategy:
        """The strategy with its data where they lie now."""
        if self._data is None:
            return strategy
        return strategy.changed(data={**strategy.data.model_dump(), "path": str(self._data)})

    def of(self, strategy: Strategy) -> History:
        """The history that the strategy names."""
        key = canonical(strategy.data.model_dump(mode="json"))
        if key not in self._loaded:
            self._loaded[key] = strategy.data.load()
        return self._loaded[key]


def _again(strategy: Strategy, history: History, day: pd.Timestamp) -> tuple[Entry, ...]:
    """What is said of that day today, a refusal included."""
    try:
        return entries_of(strategy, decide(strategy, history, day, look_back=1), history)
    except (DataError, FitError) as error:
        return refusal(strategy, day, str(error), history=history)


def _differences(row: dict[str, Any], again: Entry | None, tolerance: float, then: str) -> list[Difference]:
    changed = list(_changed_fields(row, again, tolerance))
    if not changed:
        return []
    cause = _cause(row, again, json.loads(then))
    place = (row["sequence"], row["as_of"], row["instrument"], row["provider"], row["rule"])
    return [Difference(*place, *each, cause) for each in changed]


def _changed_fields(row: dict[str, Any], again: Entry | None, tolerance: float) -> Sequence[tuple[str, Any, Any]]:
    kind = "refusal" if pd.isna(row["score"]) else "decision"
    if again is None or kind != again.kind:
        return [("kind", kind, None if again is None else again.kind)]
    changed: list[tuple[str, Any, Any]] = []
    for name in SAID:
        before, after = row[name], getattr(again, name)
        before = None if isinstance(before, float) and pd.isna(before) else before
        if before != after and not _near(before, after, tolerance):
            changed.append((name, before, after))
    if kind == "refusal" and tuple(row["reasons"]) != again.reasons:
        changed.append(("reasons", "; ".join(row["reasons"]), "; ".join(again.reasons)))
    return changed


def _near(before: Any, after: Any, tolerance: float) -> bool:
    return isinstance(before, float) and isinstance(after, float) and abs(before - after) <= tolerance


def _cause(row: dict[str, Any], again: Entry | None, then: dict[str, Any]) -> str:
    """The likeliest cause: other data come first, since they change numbers whatever the code is."""
    if again is None:
        return "the same settings no longer give a decision of that day: the data or the calendar end elsewhere"
    if again.data_hash != row["data_hash"]:
        return "data: numbers of that day arrived, were revised, replaced or lost since"
    now = environment()
    moved = [
        f"{name} {then['packages'].get(name, 'absent')} -> {now['packages'].get(name, 'absent')}"
        for name in sorted(then["packages"].keys() & now["packages"].keys())
        if then["packages"][name] != now["packages"][name]
    ]
    moved += [f"{name} {then[name]} -> {now[name]}" for name in ("python", "platform") if then[name] != now[name]]
    if moved:
        return f"versions: {', '.join(moved)}"
    if then["revision"] != now["revision"]:
        return f"code: revision {str(then['revision'])[:10]} -> {str(now['revision'])[:10]}"
    return "unexplained: data, settings and versions are the same; uncommitted code, or a forecast that does not repeat"
