"""Who beat the base on a series, and who did not, in words."""

from __future__ import annotations

import pandas as pd

from macrotrade.evaluation.horse_race import HorseRace
from macrotrade.report.words import cardinal, name_of, span

__all__ = ["MOST_SERIES", "verdicts"]

MOST_SERIES = 3
"""Of so many series at most each has its sentence; of more the tables tell."""


def verdicts(race: HorseRace) -> tuple[str, ...]:
    """For each series, over the first window: who beat the base at which horizons, whether beyond luck, and who never.

    None where a race has more than :data:`MOST_SERIES` series.
    """
    series = list(dict.fromkeys(map(str, race.table["series"])))
    window = str(race.table["window"].iloc[0])
    if len(series) > MOST_SERIES:
        return ()
    ratios, stars = race.wide(), race.stars()
    return tuple(_verdict(name, window, ratios[name][window], stars[name][window], race.base) for name in series)


def _verdict(series: str, window: str, ratios: pd.DataFrame, stars: pd.DataFrame, base: str) -> str:
    others = ratios.drop(index=base).dropna(how="all")
    better = {str(who): [int(h) for h in others.columns if others.loc[who, h] < 1.0] for who in others.index}
    never = [name_of(who) for who, horizons in better.items() if not horizons]
    place, below = f"{series}{span(window)}", name_of(base)
    if not any(better.values()):
        return f"{place}: {cardinal(never)} beat {below} at no horizon" if never else f"{place}: no outcome yet"
    parts = [f"{name_of(who)} {_ahead(horizons)}" for who, horizons in better.items() if horizons]
    sure = [
        f"{name_of(who)} {_ahead(certain)}"
        for who, horizons in better.items()
        if (certain := [h for h in horizons if len(str(stars.loc[who, h])) > 1])
    ]
    beyond = f"beyond luck at 5%: {cardinal(sure)}" if sure else "none of it beyond luck at 5%"
    told = f"{place}: {'; '.join(parts)} had smaller errors than {below}, {beyond}"
    return f"{told}. At no horizon: {cardinal(never)}" if never else told


def _ahead(horizons: list[int]) -> str:
    return f"{cardinal(list(map(str, horizons)))} ahead"
