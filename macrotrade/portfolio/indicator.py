"""Scores of any provider as a vectorbt indicator: position, entries and exits on the bars of the prices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

from macrotrade._typing import BoolArray, FloatArray
from macrotrade.portfolio.returns import instrument_of
from macrotrade.portfolio.simulate import ordered
from macrotrade.signals.rules import Rule

__all__ = ["MACROSIGNAL"]


def _signals(
    close: FloatArray, score: FloatArray, threshold: float, hysteresis: float, short: bool
) -> tuple[FloatArray, BoolArray, BoolArray, BoolArray, BoolArray]:
    """Position after each bar's close and the orders that lead to it; shapes as `score`, (n_bars, n_columns)."""
    del close
    position = _positions(score, Rule("long_short" if short else "long_flat", float(threshold), float(hysteresis)))
    before = np.vstack([np.zeros_like(position[:1]), position[:-1]])
    return (
        position,
        (position > 0) & (before <= 0),
        (position <= 0) & (before > 0),
        (position < 0) & (before >= 0),
        (position >= 0) & (before < 0),
    )


def _positions(score: FloatArray, rule: Rule) -> FloatArray:
    """The rule read only where a score is new: a repeated score repeats the position."""
    filled = np.nan_to_num(score, nan=2.0)  # scores lie in [-1, 1]
    new = np.ones(len(score), dtype=np.bool_)
    new[1:] = (filled[1:] != filled[:-1]).any(axis=1)
    held = rule.positions(score[new])
    return np.asarray(held[np.cumsum(new) - 1])


_Factory: Any = vbt.IndicatorFactory(
    class_name="MACROSIGNAL",
    module_name=__name__,
    short_name="macrosignal",
    input_names=["close", "score"],
    param_names=["threshold", "hysteresis", "short"],
    output_names=["position", "entries", "exits", "short_entries", "short_exits"],
    attr_settings={name: {"dtype": np.bool_} for name in ("entries", "exits", "short_entries", "short_exits")},
).from_apply_func(_signals, threshold=0.0, hysteresis=0.0, short=True)


class MACROSIGNAL(_Factory):  # type: ignore[misc]
    """Positions, entries and exits from scores, for ``vbt.Portfolio.from_signals`` or ``from_orders``.

    >>> import pandas as pd
    >>> days = pd.bdate_range("2020-01-01", "2020-03-31")
    >>> close = pd.DataFrame({"ZN": 100.0}, index=days)
    >>> score = pd.DataFrame({"ZN": [0.3, -0.2]}, index=pd.to_datetime(["2020-01-31", "2020-02-29"]))
    >>> signal = MACROSIGNAL.run(close, score, threshold=0.1)
    >>> list(signal.entries.index[signal.entries.to_numpy()[:, 0]].strftime("%Y-%m-%d"))
    ['2020-01-31']
    >>> list(signal.short_entries.index[signal.short_entries.to_numpy()[:, 0]].strftime("%Y-%m-%d"))
    ['2020-02-28']
    """

    @classmethod
    def run(cls, close: pd.DataFrame | pd.Series, score: pd.DataFrame | pd.Series, *args: Any, **kwargs: Any) -> Any:
        """Indicator on the bars of `close`, with outputs position, entries, exits, short_entries and short_exits.

        An order stands on the bar at whose close vectorbt fills it, the last before the first session after the
        decision, so it goes into ``from_signals`` without a shift, and is then carried as in
        :func:`macrotrade.portfolio.simulate.carried`.

        Parameters
        ----------
        close
            Sessions x instrument.
        score
            Origins x column, 2 P(price up) - 1 in [-1, 1]; a MultiIndex of columns is matched with those of `close`
            by the level ``instrument``. NaN is no view, and no position.
        threshold
            Size of score beyond which there is a position; a list gives a column for each.
        hysteresis
            How far the score must fall below the threshold before a position is left.
        short
            Whether a score below -threshold goes short, or flat.
        **kwargs
            Passed to vectorbt; ``param_product=True`` combines lists of parameters.
        """
        return super().run(*_aligned(close, score), *args, **kwargs)


def _aligned(close: pd.DataFrame | pd.Series, score: pd.DataFrame | pd.Series) -> tuple[Any, Any]:
    """Closes and scores on the same sessions and columns, those of the score; Series where both are."""
    closes = close.to_frame() if isinstance(close, pd.Series) else close
    scores = ordered(score, closes.index, missing=np.nan)
    column = instrument_of(scores.columns, closes.columns)
    matched = pd.DataFrame(closes.to_numpy()[:, column], index=closes.index, columns=scores.columns)
    if isinstance(close, pd.Series) and isinstance(score, pd.Series):
        return matched.iloc[:, 0], scores.iloc[:, 0]
    return matched, scores
