"""The key of the FRED API: read from the environment, and kept out of every text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from macrotrade.errors import SettingsError

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = ["KEY_VARIABLE", "fred_key", "has_fred_key", "scrubbed"]

KEY_VARIABLE = "FRED_API_KEY"
"""Environment variable that holds the key; it is read nowhere else."""

_HIDDEN = "**********"


def fred_key() -> SecretStr:
    """The FRED API key, from the environment alone.

    Raises
    ------
    SettingsError
        If the variable is absent or empty.
    """
    from pydantic import SecretStr

    key = _key()
    if not key:
        raise SettingsError(
            f"No FRED API key: the environment variable {KEY_VARIABLE} is not set. A key is free: ask for one at "
            f"https://fredaccount.stlouisfed.org/apikeys, then set it with: export {KEY_VARIABLE}=your-key "
            "(never write it into a strategy or watchlist file)."
        )
    return SecretStr(key)


def has_fred_key() -> bool:
    """Whether the environment holds a key."""
    return bool(_key())


def scrubbed(text: str) -> str:
    """The text with the key of the environment, wherever it stands, replaced by asterisks."""
    key = _key()
    return text.replace(key, _HIDDEN) if key else text


def _key() -> str:
    return os.environ.get(KEY_VARIABLE, "").strip()
