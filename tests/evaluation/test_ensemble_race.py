"""Members of ensembles: cell by cell the statistics of one ensemble; those that cannot be followed say why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.evaluation.ensemble_race import MemberPoints, ensemble_race, member_points
from macrotrade.evaluation.initialisation import initialisation_uncertainty
from macrotrade.evaluation.losses import Window
from macrotrade.forecast import Forecast, Target

TARGET = Target(("DGS2", "DGS10"), (1, 3))
MONTHS = pd.period_range("2000-01", periods=40, freq="M")


def made(n_members: int, names: str = "m") -> list[Forecast]:
    generator = np.random.default_rng(2)
    return [
        Forecast(
            TARGET,
            month.end_time.normalize(),
            month,
            generator.standard_normal((n_members, 2, 2)),
            np.ones((n_members, 2, 2)),
            np.full(n_members, 1.0 / n_members),
            np.zeros(2),
            tuple(f"{names}{number}" for number in range(n_members)),
        )
        for month in MONTHS
    ]


def outcomes(forecasts: list[Forecast]) -> pd.DataFrame:
    table = pd.concat([forecast.frame() for forecast in forecasts], ignore_index=True)
    outcome = np.random.default_rng(3).standard_normal(len(table))
    return table.assign(provider="networks", outcome=np.where(table["period"] > "2003-03", np.nan, outcome))


def test_each_cell_has_the_statistics_of_its_periods() -> None:
    forecasts = made(12)
    table = outcomes(forecasts)

    race = ensemble_race(
        {"networks": member_points(forecasts)}, table, (Window("all"), Window("early", None, "2002-01"))
    )

    rows = table.query("series == 'DGS10' and horizon == 3 and period <= '2002-01'")
    members = np.stack([forecast.mean[:, 1, 1] for forecast in forecasts])[: len(rows)]
    alone = initialisation_uncertainty(rows["outcome"].to_numpy(), members, 3)
    cell = "series == 'DGS10' and horizon == 3 and window == 'early'"
    found = race.summary.query(cell).set_index("statistic")
    assert found.loc["clark_west", "q75"] == alone.summary.loc["clark_west", "q75"]
    assert found.loc["diebold_mariano", "critical_05"] == alone.critical_values.loc["diebold_mariano", 0.05]
    assert found["n"].unique().tolist() == [len(rows)]
    np.testing.assert_array_equal(race.members.query(cell)["diebold_mariano"], alone.members["diebold_mariano"])
    assert race.members.query(cell)["member"].tolist() == list(range(1, 13))
    assert "periods have no number" in race.summary.query("horizon == 3 and window == 'all'")["note"].iloc[0]


@pytest.mark.parametrize(
    ("forecasts", "reason"),
    [
        (made(1), "it has a single member"),
        ([], "it made no forecast"),
        (
            [*made(3)[:20], *made(3, "other")[20:]],
            "can be compared only where every origin has the same members",
        ),
    ],
)
def test_members_that_cannot_be_followed_say_why(forecasts: list[Forecast], reason: str) -> None:
    points = member_points(forecasts)

    race = ensemble_race({"networks": points}, outcomes(made(2)))

    assert reason in points.note
    assert race.summary["note"].str.contains(reason).all()
    assert race.summary["mean"].isna().all()
    assert race.members.empty


def test_too_few_periods_have_a_reason() -> None:
    forecasts = made(4)

    race = ensemble_race({"networks": member_points(forecasts)}, outcomes(forecasts), (Window("two", None, "2000-03"),))

    assert race.summary.query("horizon == 1")["note"].str.contains("2 periods; at horizon 1 the test needs").all()
    assert isinstance(member_points(forecasts), MemberPoints)
