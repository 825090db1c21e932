"""How names, numbers and dates are written for a reader."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from macrotrade.report.parts import Column

__all__ = [
    "MINUS",
    "cardinal",
    "count",
    "day",
    "name_of",
    "number",
    "p_value",
    "percent",
    "rule_of",
    "sentence",
    "signed",
    "span",
    "with_error",
    "written",
]

MISSING = "–"
MINUS = "−"

_ABBREVIATIONS = frozenset({"cnn", "ff", "lstm"})
_RULES = {"long_flat": "long/flat", "long_short": "long/short", "baseline": "benchmark"}


def written(value: Any, column: Column) -> str:
    """A table cell in words; a dash where there is no number."""
    if value is None or (not isinstance(value, (str, tuple, list)) and pd.isna(value)):
        return MISSING
    if isinstance(value, float) and math.isinf(value):
        return MISSING
    match column.kind:
        case "percent":
            return percent(value, column.digits)
        case "signed_percent":
            return signed(100.0 * value, column.digits) + "%"
        case "number":
            return _minus(f"{value:,.{column.digits}f}")
        case "signed":
            return signed(value, column.digits)
        case "integer":
            return _minus(f"{round(value):,d}")
        case "p_value":
            return p_value(value)
        case "date":
            return day(value)
        case _:
            return str(value)


def with_error(row: Mapping[str, Any], column: Column) -> str:
    """A table cell with its marks and its standard error after it, where the column has them."""
    text, error = written(row[column.key], column), row.get(column.error)
    if text == MISSING:
        return text
    known = error is not None and not pd.isna(error)
    return f"{text}{row.get(column.mark) or ''}" + (f" ±{error:.{column.digits}f}" if known else "")


def percent(value: float, digits: int = 1) -> str:
    """A decimal as a percentage.

    >>> percent(0.0345)
    '3.5%'
    """
    return _minus(f"{100.0 * value:.{digits}f}") + "%"


def p_value(value: float) -> str:
    """A probability of a test.

    >>> p_value(0.0004), p_value(0.04)
    ('<0.001', '0.040')
    """
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def signed(value: float, digits: int = 2) -> str:
    """A number that always shows its sign.

    >>> signed(0.25)
    '+0.25'
    """
    text = f"{value:+,.{digits}f}"
    return _minus(text if float(text.replace(",", "")) != 0.0 else text[1:])


def day(value: Any) -> str:
    """A date.

    >>> day("2008-01-31")
    '31 Jan 2008'
    """
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {stamp:%b %Y}"


def name_of(code: str) -> str:
    """A provider or benchmark as a reader calls it.

    >>> name_of("buy_and_hold")
    'Buy and hold'
    >>> name_of("direct-autoregression"), name_of("momentum 12-1")
    ('Direct autoregression', 'Momentum 12-1')
    >>> name_of("cnn-lstm")
    'CNN-LSTM'
    """
    if _ABBREVIATIONS.issuperset(code.split("-")):
        return code.upper()
    plain = re.sub(r"(?<=[a-z])[-_](?=[a-z])", " ", code)
    return plain.upper() if len(plain) <= 4 else plain[:1].upper() + plain[1:]


def rule_of(code: str) -> str:
    """A rule as a reader calls it.

    >>> rule_of("long_flat"), rule_of("long_short, 2 ahead")
    ('long/flat', 'long/short, 2 ahead')
    """
    name, comma, ahead = code.partition(",")
    return _RULES.get(name, name.replace("_", " ")) + comma + ahead


def count(number: int, noun: str) -> str:
    """A count with its noun.

    >>> count(1, "trial"), count(8, "trial")
    ('1 trial', '8 trials')
    """
    return f"{number:,d} {noun if number == 1 else noun + 's'}"


def cardinal(names: list[str]) -> str:
    """Names in a row.

    >>> cardinal(["ZN", "ZB", "SPX"])
    'ZN, ZB and SPX'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def sentence(text: str) -> str:
    """Words as a sentence.

    >>> sentence("yields end in 2017")
    'Yields end in 2017.'
    """
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def span(window: str) -> str:
    """A window as the end of a title; nothing for the whole.

    >>> span("all"), span("1993-2006")
    ('', ', 1993-2006')
    """
    return "" if window == "all" else f", {window}"


def number(value: float, digits: int = 2) -> str:
    """A number, or a dash where there is none."""
    return MISSING if math.isnan(value) else _minus(f"{value:,.{digits}f}")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
