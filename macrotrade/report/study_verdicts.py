"""Who beat the base on a series, and who did not, in words."""

from __future__ import annotations

import pandas as pd

from macrotrade.evaluation.horse_race import HorseRace
from macrotrade.report.words import cardinal, name_of, span

__all__ = ["MOST_SERIES", "verdicts"]

MOST_SERIES = 3
"""Of so many series at most each has its sentence; of more the tables tell."""


_LEVEL = 0.05


def verdicts(race: HorseRace) -> tuple[str, ...]:
    """For each series, over the first window: who beat the base, at which horizons, and what of it is beyond luck.

    Better is told by the tests behind the stars, worse by that of Diebold and Mariano, each at 5 per cent and for
    itself. None where a race has more than :data:`MOST_SERIES` series.
    """
    series = list(dict.fromkeys(map(str, race.table["series"])))
    if len(series) > MOST_SERIES:
        return ()
    window = str(race.table["window"].iloc[0])
    tables = race.wide(), race.stars(), race.wide("diebold_mariano_p_value")
    return tuple(
        _verdict(f"{name}{span(window)}", race.base, *(each[name][window] for each in tables)) for name in series
    )


def _verdict(place: str, base: str, ratios: pd.DataFrame, stars: pd.DataFrame, p_values: pd.DataFrame) -> str:
    others = ratios.drop(index=base).dropna(how="all")
    stars, p_values = stars.loc[others.index], p_values.loc[others.index]
    below = name_of(base)
    better, surely_better = _told(others < 1.0), _told((others < 1.0) & (stars.map(len) > 1))
    never = [name_of(str(who)) for who in others.index[~(others < 1.0).any(axis=1)]]
    surely_worse = _told((others > 1.0) & (p_values > 1.0 - _LEVEL))
    if better:
        beyond = f"beyond luck at 5%: {surely_better}" if surely_better else "none of it beyond luck at 5%"
        told = f"{place}: {better} had smaller errors than {below}, {beyond}"
        told += f". At no horizon: {cardinal(never)}" if never else ""
    else:
        told = f"{place}: {cardinal(never)} beat {below} at no horizon" if never else f"{place}: no outcome yet"
    return f"{told}. Worse than it beyond luck at 5%: {surely_worse}" if surely_worse else told


def _told(where: pd.DataFrame) -> str:
    """Providers and the horizons at which something holds, such as ``AR 1 and 3 ahead; Ridge 12 ahead``."""
    return "; ".join(
        f"{name_of(str(who))} {cardinal([str(horizon) for horizon in row.index[row]])} ahead"
        for who, row in where.iterrows()
        if row.any()
    )
