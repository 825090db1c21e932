"""Which series an LSTM's factors go with: squared correlations, by series and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError
from macrotrade.providers.neural.factors import Factors

__all__ = ["loadings_by_group", "most_loaded", "squared_correlations"]


def squared_correlations(factors: Factors) -> pd.DataFrame:
    """Squared correlation of each series with each factor and principal component: series in rows.

    A series or factor that never moves is correlated with nothing: 0.
    """
    read, both = factors.read, factors.beside_components
    scaled = [np.nan_to_num((frame - frame.mean()).to_numpy() / _length(frame), posinf=0.0) for frame in (read, both)]
    return pd.DataFrame((scaled[0].T @ scaled[1]) ** 2, read.columns, both.columns).rename_axis("series")


def loadings_by_group(factors: Factors, apart: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
    """Squared correlations averaged over the series of each group, as in table 1 of Paranhos (2023).

    Parameters
    ----------
    factors
        A row of the answer for each factor and principal component.
    apart
        Name to series that are taken out of their groups and make one of their own, the last columns; the paper's last
        column is ``{"CPI/PCE": [...]}`` beside the other prices.

    Raises
    ------
    SettingsError
        If a series named in `apart` is not among those read.
    """
    groups = factors.groups.copy()
    for label, names in (apart or {}).items():
        missing = [name for name in names if name not in groups.index]
        if missing:
            raise SettingsError(f"{', '.join(missing)} not among the {len(groups)} series read; leave them out.")
        groups[list(names)] = label
    means = squared_correlations(factors).groupby(groups).mean().T
    ordered = [*(name for name in means if name not in (apart or {})), *(apart or {})]
    return means[ordered].rename_axis(index="factor", columns="group")


def most_loaded(factors: Factors | Sequence[Factors], n_series: int = 20) -> pd.DataFrame:
    """Series with the largest squared correlations, averaged over factors, architectures and horizons.

    As in figure 4 of Paranhos (2023); principal components do not count.

    Returns
    -------
    pandas.DataFrame
        Index series; columns group and loading, falling.
    """
    several = [factors] if isinstance(factors, Factors) else list(factors)
    each = [squared_correlations(one)[list(one.states)].mean(axis=1) for one in several]
    loading = pd.concat(each, axis=1).mean(axis=1).nlargest(n_series)
    groups = pd.concat([one.groups for one in several])
    groups = groups[~groups.index.duplicated()]
    return pd.DataFrame({"group": groups.reindex(loading.index), "loading": loading}).rename_axis("series")


def _length(frame: pd.DataFrame) -> np.ndarray:
    """Root of the sum of squares of each column about its mean; infinite where it is nothing."""
    lengths = np.sqrt(((frame - frame.mean()) ** 2).sum().to_numpy())
    return np.where(lengths > 0.0, lengths, np.inf)
