"""What the summary of a study says of providers against its base."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.horse_race import HorseRace, horse_race
from macrotrade.report.study_verdicts import verdicts


def _race(errors: dict[str, tuple[float, float]]) -> HorseRace:
    """Providers whose errors at horizons 1 and 2 have these sizes, about outcomes that have one of 1."""
    generator = np.random.default_rng(3)
    periods = pd.period_range("2000-01", periods=80, freq="M")
    rows = []
    for place, horizon in enumerate((1, 2)):
        outcome = generator.normal(size=len(periods))
        for provider, sizes in errors.items():
            cell = {
                "provider": provider,
                "as_of": (periods - horizon).to_timestamp(how="end").normalize(),
                "series": "S0",
                "measure": "change",
                "horizon": horizon,
                "period": periods.astype(str),
                "point": outcome - sizes[place] * generator.normal(size=len(periods)),
                "outcome": outcome,
            }
            rows.append(pd.DataFrame(cell))
    return horse_race(pd.concat(rows, ignore_index=True), "historical-mean", n_draws=50)


@pytest.fixture(scope="module")
def lost() -> HorseRace:
    return _race({"historical-mean": (1.0, 1.0), "network": (1.6, 1.7), "regression": (1.5, 1.4)})


def test_providers_that_never_beat_the_base_are_named_as_such(lost: HorseRace) -> None:
    assert verdicts(lost) == (
        "S0: Network and Regression beat Historical mean at no horizon. "
        "Worse than it beyond luck at 5%: Network 1 and 2 ahead; Regression 1 and 2 ahead",
    )


def test_horizons_won_are_told_with_what_is_beyond_luck() -> None:
    (told,) = verdicts(_race({"historical-mean": (1.0, 1.0), "network": (0.3, 0.3), "regression": (1.5, 1.4)}))

    assert told == (
        "S0: Network 1 and 2 ahead had smaller errors than Historical mean, beyond luck at 5%: Network 1 and 2 ahead. "
        "At no horizon: Regression. Worse than it beyond luck at 5%: Regression 1 and 2 ahead"
    )


def test_a_lead_that_may_be_luck_is_called_so() -> None:
    race = _race({"historical-mean": (1.0, 1.0), "network": (1.0, 1.7)})
    table = race.table.copy()
    figures = ["rmse_ratio", "diebold_mariano_p_value"]
    table.loc[(table["provider"] == "network") & (table["horizon"] == 1), figures] = (0.99, 0.4)
    table.loc[(table["provider"] == "network") & (table["horizon"] == 2), figures] = (1.01, 0.6)

    (told,) = verdicts(HorseRace(table, race.base))

    assert told == "S0: Network 1 ahead had smaller errors than Historical mean, none of it beyond luck at 5%"


@pytest.mark.parametrize(("n_series", "sentences"), [(3, 3), (4, 0)])
def test_many_series_are_left_to_the_tables(lost: HorseRace, n_series: int, sentences: int) -> None:
    table = pd.concat([lost.table.assign(series=f"S{number}") for number in range(n_series)], ignore_index=True)

    assert len(verdicts(HorseRace(table, lost.base))) == sentences
