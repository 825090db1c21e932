"""Rows for the eye: moments in local time, one column a thing."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import pandas as pd

__all__ = ["shown"]


def shown(rows: pd.DataFrame, zone: tzinfo | None = None) -> pd.DataFrame:
    """Rows of :meth:`macrotrade.ledger.ledger.Ledger.frame` as text for a table.

    Parameters
    ----------
    rows
        To show.
    zone
        In which moments are shown, with their offset from UTC, so that the hour that comes twice in autumn is told
        apart; the machine's own by default.
    """
    several = len(set(rows["strategy"])) > 1
    records: list[dict[Any, Any]] = rows.to_dict("records")
    return pd.DataFrame(
        {
            "row": [str(row["sequence"]) for row in records],
            "written": [_local(row["written"], zone) for row in records],
            "as of": [f"{row['as_of']:%Y-%m-%d}" for row in records],
            **({"strategy": list(rows["strategy"])} if several else {}),
            "": list(rows["instrument"]),
            "provider": list(rows["provider"]),
            "rule": list(rows["rule"]),
            "position": [_number(row["position"], "+.2f") for row in records],
            "P(up)": [_number(row["probability_up"], ".0%") for row in records],
            "said": [_said(row) for row in records],
        }
    )


def _local(moment: pd.Timestamp, zone: tzinfo | None) -> str:
    local = moment.to_pydatetime().astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M}{local:%z}"


def _said(row: dict[Any, Any]) -> str:
    """What stands behind it: the forecast, or why there is none; of a correction, of which row."""
    correction = "" if pd.isna(row["corrects"]) else f"corrects {row['corrects']}; "
    if pd.isna(row["point"]):
        return correction + (row["reasons"][0] if row["reasons"] else "")
    return f"{correction}{row['driver']} {row['point']:+.3g} ({row['low']:+.3g}..{row['high']:+.3g})"


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)
