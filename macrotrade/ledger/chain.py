"""The chain: each row holds the hash of the row before it, so that no row can be changed without all that follow.

    hash = SHA-256 of the JSON list [form, sequence, ..., previous]: every column but the hash, in the order of COLUMNS

The JSON is compact and ASCII, its numbers in the shortest form that reads back to the same bits, so that any language
can check it. The first row's `previous` is the hash of the ledger's own name and time of birth: rows of one ledger do
not fit another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

__all__ = ["COLUMNS", "FORM", "canonical", "digest", "genesis", "row_hash"]

FORM = 1
"""Form of a row, the first of its columns: a row is checked by the columns that its form had."""

COLUMNS = (
    "form", "sequence", "written", "as_of", "strategy", "kind", "instrument", "provider", "provider_name", "rule",
    "ahead", "driver", "measure", "origin", "point", "low", "high", "spread", "probability_up", "score", "position",
    "reasons", "source", "vintages", "data_hash", "data_until", "settings", "environment", "seed", "corrects",
    "previous", "hash",
)  # fmt: skip
"""Columns of form 1."""

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), check_circular=False).encode


def row_hash(row: Sequence[Any]) -> str:
    """Hash of a row given without its last column."""
    return hashlib.sha256(_encode(row).encode("ascii")).hexdigest()


def genesis(identifier: str, created: str) -> str:
    """What the first row names as the row before it."""
    return row_hash(["macrotrade ledger", identifier, created])


def canonical(value: Any) -> str:
    """Value as JSON in one form only: keys sorted, compact, ASCII."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
