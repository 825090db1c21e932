"""What imputation records, and that it looks at nothing but its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from macrotrade.errors import DataError
from macrotrade.numerics.principal_components import fill_by_components_plainly
from macrotrade.panel.imputation import impute
from macrotrade.sources.fred_md import load_fred_md


def test_what_was_filled_is_told() -> None:
    values = np.random.default_rng(0).normal(size=(40, 6))
    values[:4, 1] = values[30, 2] = np.nan

    imputation = impute(values)

    assert imputation.filled.sum() == 5
    assert not np.isnan(imputation.complete).any()
    assert imputation.note.startswith("5 missing values (2.08%) in 2 series filled by 3 principal components")
    assert impute(imputation.complete).note == ""


def test_a_series_with_one_value_is_refused() -> None:
    values = np.ones((10, 2))
    values[1:, 1] = np.nan

    with pytest.raises(DataError, match="Column 1 of 2 has 1 known values"):
        impute(values)


def test_fred_md_is_filled_as_by_the_plain_writing(shared_data: Path) -> None:
    history = load_fred_md(shared_data / "fredmd" / "2019-10_as_downloaded_2019-11-05.csv.gz")
    levels = history.as_of("2019-12-31").monthly
    growth = np.log(levels.where(levels > 0)).diff().iloc[1:].loc["1990":]
    values = growth.loc[:, growth.notna().mean() > 0.5].to_numpy()

    filled = impute(values)
    plain = fill_by_components_plainly(values, 8, tolerance=1e-4)

    assert filled.n_rounds == plain.n_iterations
    np.testing.assert_allclose(filled.complete, plain.values, atol=1e-9)
