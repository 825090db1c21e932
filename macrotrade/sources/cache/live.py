"""A History from the cache, without the network, which says how old it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from macrotrade.errors import DataError
from macrotrade.panel.vintages import History
from macrotrade.sources.cache.age import age_notes
from macrotrade.sources.cache.plan import LivePlan
from macrotrade.sources.cache.store import Cache
from macrotrade.sources.live.assemble import history_of

__all__ = ["load_live"]


def load_live(
    folder: str | Path | None = None, plan: LivePlan | None = None, *, now: datetime | None = None
) -> History:
    """The live history as the cache holds it; nothing is fetched.

    Parameters
    ----------
    folder
        Of the cache; see :func:`macrotrade.sources.cache.folder.cache_folder`.
    plan
        Which tables to use; all by default. Tables of the plan that are not in the cache are named in the notes.
    now
        The moment, UTC, from which ages count; the clock's by default.

    Returns
    -------
    History
        Its notes say of each source when it was fetched and how many days ago.

    Raises
    ------
    DataError
        If the cache holds none of the tables, or a table is damaged.
    """
    cache = Cache.at(folder)
    held = cache.manifest()
    wanted = plan.tables if plan is not None else tuple(held.tables)
    tables = cache.tables(name for name in wanted if name in held.tables)
    if not tables:
        raise DataError(
            f"{cache.folder}: holds no live data{' of the plan' if held.tables else ''} yet; fetch them with "
            "'macrotrade data update'."
        )
    history = history_of({name: table.frame for name, table in tables.items()})
    notes = age_notes((held.tables[name] for name in tables), now or datetime.now(UTC))
    absent = [name for name in wanted if name not in tables]
    lacking = (f"not in the cache: {', '.join(absent)}",) if absent else ()
    return replace(history, notes=(*notes, *lacking, *history.notes))
