"""The few numbers that an LSTM draws from many series, through time, beside principal components of the same series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.inputs.known import SEASONS
from macrotrade.numerics.principal_components import leading_eigenvectors, moments
from macrotrade.providers.neural.held_out import HeldOut
from macrotrade.providers.neural.training import respond

__all__ = ["Factors", "correlations_with", "lstm_factors"]


@dataclass(frozen=True, eq=False)
class Factors:
    """LSTM factors of one member, through time.

    Attributes
    ----------
    series, label, step
        What is forecast, by which architecture, and how many periods from its last known value.
    member
        Which one of the members held out, counted from 1: that of the least error on rows not trained on.
    states
        Columns f1, f2, ...: last states of the LSTM over the window that ends in each period; the order and the signs
        of factors mean nothing.
    components
        Columns PC1, PC2, ...: principal components of `read` in the same periods.
    read
        All series of the panel, in stationary form, as networks read them; a column for each.
    groups
        Group of each of these series.
    over_a_year
        The series that is forecast: its change over a year, of logarithms where its measure is.
    """

    series: str
    label: str
    step: int
    member: int
    states: pd.DataFrame
    components: pd.DataFrame
    read: pd.DataFrame
    groups: pd.Series
    over_a_year: pd.Series

    @property
    def beside_components(self) -> pd.DataFrame:
        """Factors and principal components, a column for each."""
        return self.states.join(self.components)


def lstm_factors(held_out: HeldOut, n_components: int = 2) -> Factors:
    """Factors of the member with the least error on rows not trained on, over all periods with a whole window.

    As in Paranhos (2023), section 5, footnote 4: one set of factors is that of one set of first weights, chosen by an
    error that its training did not see.

    Raises
    ------
    SettingsError
        If the architecture has no LSTM.
    """
    best = int(held_out.errors().argmin())
    rows = held_out.every_row
    ensemble = held_out.ensemble
    sample = held_out.sample(rows)
    factors = respond(ensemble.network, ensemble.weights[[best]], sample, device=held_out.device).factors[0]
    if not factors.shape[1]:
        raise SettingsError(f"{held_out.label} has no LSTM, so no factors; ask for one that reads in order.")
    found, periods = held_out.inputs.found, held_out.periods[rows]
    read = pd.DataFrame(found.stationary[rows], periods, list(found.names))
    return Factors(
        held_out.series,
        held_out.label,
        ensemble.step,
        best + 1,
        pd.DataFrame(factors.astype(np.float64), periods, _numbered("f", factors.shape[1])),
        pd.DataFrame(_principal_components(read.to_numpy(), n_components), periods, _numbered("PC", n_components)),
        read,
        pd.Series(found.groups, list(found.names), name="group"),
        _over_a_year(held_out)[rows].set_axis(periods),
    )


def correlations_with(factors: Factors, indicators: pd.DataFrame) -> pd.DataFrame:
    """Correlation of each factor and principal component with each indicator, over the periods both have.

    Parameters
    ----------
    factors
        A row of the answer for each, and for each component.
    indicators
        Such as inflation over a year or an output gap: a column for each, the same kind of periods as index.

    Raises
    ------
    SettingsError
        If an indicator shares fewer than three periods with the factors.
    """
    both = factors.beside_components
    found = {}
    for name, indicator in indicators.items():
        known = indicator.dropna()
        shared = both.index.intersection(known.index)
        if len(shared) < 3:
            raise SettingsError(f"{name} shares {len(shared)} periods with the factors; give it by the same periods.")
        found[name] = both.loc[shared].corrwith(known[shared])
    return pd.DataFrame(found).rename_axis("factor")


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{number}" for number in range(1, count + 1)]


def _principal_components(values: FloatArray, count: int) -> FloatArray:
    """F = X V of the standardised columns; see :mod:`macrotrade.numerics.principal_components`."""
    mean, deviation = moments(values)
    X = (values - mean) / deviation
    return np.asarray(X @ leading_eigenvectors(X.T @ X, count))


def _over_a_year(held_out: HeldOut) -> pd.Series:
    found = held_out.inputs.found
    levels = np.log(found.levels[:, 0]) if found.forms[found.own[0]].log else found.levels[:, 0]
    return pd.Series(levels, name=held_out.series).diff(SEASONS[held_out.frequency])
