"""What a position earns and what holding it costs, in arrays of shape (n_sessions, n_columns)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from macrotrade._typing import FloatArray, IntArray

__all__ = ["decision_rows", "drifted_exposure", "net_of_trading", "roll_drag", "traded", "value_after_trading"]


def decision_rows(origins: IntArray, sessions: IntArray, delay: int) -> npt.NDArray[np.intp]:
    """Row of the decision carried through each session: the last whose origin is strictly before session j - delay.

    Shape (n_sessions,); -1 where there is none yet. `origins` and `sessions` are ordinals of the same calendar, rising.

    >>> decision_rows(np.array([0, 3]), np.array([0, 1, 3, 4, 5]), 0).tolist()
    [-1, 0, 0, 1, 1]
    """
    rows = np.full(sessions.size, -1, dtype=np.intp)
    rows[delay:] = np.searchsorted(origins, sessions[: sessions.size - delay], side="left") - 1
    return rows


def roll_drag(exposure: FloatArray, roll: FloatArray) -> FloatArray:
    """Cost of holding through each session, as a return of the portfolio: |e| x roll."""
    return np.asarray(np.abs(exposure) * roll)


def drifted_exposure(exposure: FloatArray, held: FloatArray) -> FloatArray:
    """Exposure at the close, before trading: d = e (1 + h) / (1 + e h).

    A position of e times the portfolio has grown by h, the return of a unit held, and the portfolio by e h. A long
    position of the whole portfolio does not drift; a short one does.
    """
    return np.asarray(exposure * (1.0 + held) / (1.0 + exposure * held))


def traded(drifted: FloatArray, target: FloatArray, rate: FloatArray) -> FloatArray:
    """Turnover at the close, as a fraction of the portfolio before it: |e' v - d|, v as :func:`value_after_trading`."""
    return np.asarray(np.abs(target * value_after_trading(drifted, target, rate) - drifted))


def value_after_trading(drifted: FloatArray, target: FloatArray, rate: FloatArray) -> FloatArray:
    """Portfolio after trading from d to e' at cost c per unit traded, as a fraction of it before.

    The new position is e' of what is left after the cost, v = 1 - c |e' v - d|, hence

        v = (1 + c d) / (1 + c e')   when buying,  e' > d
        v = (1 - c d) / (1 - c e')   when selling, e' <= d
    """
    signed = np.where(target > drifted, rate, -rate)
    return np.asarray((1.0 + signed * drifted) / (1.0 + signed * target))


def net_of_trading(grown: FloatArray, left: FloatArray) -> FloatArray:
    """Net return: (1 + growth through the session) x (what trading at its close leaves) - 1."""
    return np.asarray((1.0 + grown) * left - 1.0)
