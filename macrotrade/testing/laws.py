"""Every law by name, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable

from macrotrade.testing import law_of_foresight, laws_of_contract, laws_of_time
from macrotrade.testing.case import Case
from macrotrade.testing.report import LawResult

__all__ = ["LAWS"]

LAWS: dict[str, Callable[[Case], LawResult]] = {
    "form of the forecast": laws_of_contract.form_of_the_forecast,
    "future truncated": laws_of_time.future_truncated,
    "future overwritten": laws_of_time.future_overwritten,
    "later revisions": laws_of_time.later_revisions,
    "data of the time": laws_of_time.data_of_the_time,
    "same twice": laws_of_contract.same_twice,
    "order of calls": laws_of_contract.order_of_calls,
    "nothing changed": laws_of_contract.nothing_changed,
    "column order": laws_of_contract.column_order,
    "names of others": laws_of_contract.names_of_others,
    "horizons alone": laws_of_contract.horizons_alone,
    "series alone": laws_of_contract.series_alone,
    "one origin later": laws_of_time.one_origin_later,
    "foresight": law_of_foresight.foresight,
    "warm-up": laws_of_time.warm_up,
    "source code": laws_of_time.source_code,
}
