"""Squared correlations of factors and series, against numpy's, and their averages over groups."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.factors import Factors
from macrotrade.providers.neural.loadings import loadings_by_group, most_loaded, squared_correlations


@pytest.fixture
def factors() -> Factors:
    """Two factors: the first is A itself, turned over."""
    generator = np.random.default_rng(0)
    months = pd.period_range("2000-01", periods=80, freq="M")
    read = pd.DataFrame(generator.normal(size=(80, 4)), months, list("ABCD"))
    return Factors(
        series="A",
        label="LSTM-pool",
        step=1,
        member=1,
        states=pd.DataFrame({"f1": -3.0 * read["A"] + 2.0, "f2": read["B"] + read["C"]}),
        components=pd.DataFrame({"PC1": read.mean(axis=1)}),
        read=read,
        groups=pd.Series({"A": "prices", "B": "prices", "C": "labor", "D": "labor"}),
        over_a_year=read["A"],
    )


def test_they_are_the_squares_of_correlations(factors: Factors) -> None:
    found = squared_correlations(factors)

    both = pd.concat([factors.read, factors.beside_components], axis=1)
    expected = np.corrcoef(both.to_numpy().T)[:4, 4:] ** 2
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.loc["A", "f1"] == pytest.approx(1.0)


def test_a_series_that_never_moves_goes_with_nothing(factors: Factors) -> None:
    still = dataclasses.replace(factors, read=factors.read.assign(D=1.0))

    assert (squared_correlations(still).loc["D"] == 0.0).all()


def test_a_group_has_the_average_of_its_series(factors: Factors) -> None:
    each, by_group = squared_correlations(factors), loadings_by_group(factors)

    assert by_group.loc["f2", "labor"] == pytest.approx(each.loc[["C", "D"], "f2"].mean())
    assert list(by_group.index) == ["f1", "f2", "PC1"]


def test_series_taken_apart_leave_their_group_and_stand_last(factors: Factors) -> None:
    found = loadings_by_group(factors, {"headline": ["A"]})

    assert list(found.columns) == ["labor", "prices", "headline"]
    assert found.loc["f1", "headline"] == pytest.approx(1.0)
    assert found.loc["f1", "prices"] == pytest.approx(squared_correlations(factors).loc["B", "f1"])


def test_a_series_taken_apart_must_be_read(factors: Factors) -> None:
    with pytest.raises(SettingsError, match="Q not among the 4 series"):
        loadings_by_group(factors, {"headline": ["Q"]})


def test_the_most_loaded_series_are_averages_over_factors_and_models(factors: Factors) -> None:
    other = dataclasses.replace(factors, states=pd.DataFrame({"f1": factors.read["D"]}))

    found = most_loaded([factors, other], 2)

    each = squared_correlations(factors)
    first = each[["f1", "f2"]].mean(axis=1)
    second = squared_correlations(other)["f1"]
    expected = (0.5 * (first + second)).sort_values(ascending=False)
    assert list(found.index) == list(expected.index[:2])
    np.testing.assert_allclose(found["loading"], expected[:2])
    assert list(found["group"]) == [factors.groups[name] for name in found.index]
