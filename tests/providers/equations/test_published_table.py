"""The published exercise: what the paper prints, and what least squares and our search make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.providers.equations.published_table import (
    PUBLISHED,
    PublishedTable,
    published_table,
    rank_within_base,
)
from macrotrade.providers.equations.settings import DiscoverySettings

QUICK = DiscoverySettings(max_terms=1, n_filtered=8, n_members=2, n_origins=4, n_refined=0, n_verified=0)


@pytest.fixture(scope="module")
def found(euro_area: pd.DataFrame) -> PublishedTable:
    return published_table(euro_area, QUICK, QUICK)


def row(found: PublishedTable, name: str) -> list[float]:
    return found.table.loc[name].tolist()


def test_the_paper_is_quoted_as_printed(found: PublishedTable) -> None:
    assert row(found, "equation 7, published") == list(PUBLISHED[7])


def test_equation_7_refitted_is_as_good_as_is_known(found: PublishedTable) -> None:
    rmse = [row(found, "equation 7, refitted")[place] for place in (0, 2, 4)]

    assert rmse[0] <= 0.4330
    assert rmse[1] <= 0.1975
    assert rmse[2] <= 0.2480


def test_the_autoregression_is_ordinary_least_squares(found: PublishedTable, euro_area: pd.DataFrame) -> None:
    values = euro_area.loc["1971Q1":"2007Q1", "pi"].to_numpy()
    n = 137
    lags = np.column_stack([np.ones(n - 2), values[1 : n - 1], values[: n - 2]])
    constants = np.linalg.lstsq(lags, values[2:n], rcond=None)[0]
    path = values[:n].tolist()
    for _ in range(8):
        path.append(constants @ [1.0, path[-1], path[-2]])
    one_step = [constants @ [1.0, values[t - 1], values[t - 2]] - values[t] for t in range(n, n + 8)]

    figures = row(found, "AR(2), least squares")

    assert figures[0] == pytest.approx(np.sqrt(np.mean((values[2:n] - lags @ constants) ** 2)), rel=1e-9)
    assert figures[2] == pytest.approx(np.sqrt(np.mean(np.square(one_step))), rel=1e-9)
    assert figures[5] == pytest.approx(np.mean(np.abs(np.array(path[n:]) - values[n : n + 8])), rel=1e-9)


def test_printed_constants_come_near_what_the_paper_reports(found: PublishedTable) -> None:
    np.testing.assert_allclose(row(found, "equation 7, as printed"), row(found, "equation 7, published"), atol=0.02)


def test_what_is_selected_sees_nothing_after_2005q1(euro_area: pd.DataFrame, found: PublishedTable) -> None:
    changed = euro_area.copy()
    changed.loc["2005Q2":] += 3.0

    again = published_table(changed, QUICK, QUICK)

    assert again.equations == found.equations
    assert again.table["in sample"].equals(found.table["in sample"])
    assert not again.table["recursive"].equals(found.table["recursive"])


def test_the_structure_of_equation_10_is_among_the_three_best_of_its_base(euro_area: pd.DataFrame) -> None:
    place, n_structures = rank_within_base(euro_area)

    assert place <= 3
    assert n_structures == 84 * 85 // 2
