"""Keys stay out of the ledger, whatever a message or a setting carries."""

from __future__ import annotations

import os
import re

__all__ = ["without_secrets"]

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD)$", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"\b((?:api[_-]?key|access[_-]?token|token|password|secret)=)[^\s&\"'\\]+", re.IGNORECASE)
_SHORTEST = 8


def without_secrets(text: str) -> str:
    """The text without keys: without values of variables such as ``FRED_API_KEY``, or ``api_key=...`` in addresses.

    Values shorter than eight characters are left, since they stand in ordinary words.

    >>> without_secrets("GET https://example.org/series?api_key=0123456789abcdef&id=GDP failed")
    'GET https://example.org/series?api_key=(withheld)&id=GDP failed'
    """
    text = _IN_ADDRESS.sub(r"\1(withheld)", text)
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_NAME.search(name) and value in text:
            text = text.replace(value, f"({name} withheld)")
    return text
