"""Systems built a moment ago, for providers that read the same numbers with the same settings.

A study judges several members of one system, and an explanation builds last month's system again. A system is known by
everything that it is built from, so what is remembered is what building would give.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.system import System, build_system

__all__ = ["MOST_REMEMBERED", "forget_systems", "remembered_system"]

MOST_REMEMBERED = 40
"""Systems kept, those used last: three years of months, about 1.5 MB each for the series of FRED-MD."""

_systems: OrderedDict[bytes, System] = OrderedDict()
_lock = Lock()


def remembered_system(
    values: FloatArray, names: Sequence[str], settings: SystemSettings, *, first_season: int = 0, start: int = 0
) -> System:
    """What :func:`macrotrade.providers.bma.system.build_system` gives, built once in a process while it is kept.

    Parameters
    ----------
    values, names, settings, first_season, start
        As there; a system is built anew where any of them differs.
    """
    key = _fingerprint(values, names, settings, first_season, start)
    with _lock:
        known = _systems.get(key)
        if known is not None:
            _systems.move_to_end(key)
    if known is None:
        known = build_system(values, names, settings, first_season=first_season, start=start)
        with _lock:
            _systems[key] = known
            while len(_systems) > MOST_REMEMBERED:
                _systems.popitem(last=False)
    return replace(known)  # a copy, so that what is worked out from it later is not kept with it


def forget_systems() -> None:
    """Build anew from here on: for timing, or to free the memory."""
    with _lock:
        _systems.clear()


def _fingerprint(
    values: FloatArray, names: Sequence[str], settings: SystemSettings, first_season: int, start: int
) -> bytes:
    digest = hashlib.sha256(repr((values.shape, tuple(names), settings, first_season, start)).encode())
    digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
    return digest.digest()
