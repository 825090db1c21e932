"""A named pool: what is read is what was named, and what is absent is told."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade import History, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.inputs.pool import Pool
from macrotrade.inputs.predictors import predictors
from macrotrade.providers.benchmarks.shrinkage import Lasso, Ridge
from macrotrade.providers.neural.provider import LSTM
from macrotrade.strategy.freshness import essential_series

DAY = "2005-06-30"


def test_only_the_series_named_are_read_with_those_forecast(history: History) -> None:
    found = predictors(history.as_of(DAY), Target("SPX"), None, Pool(("OUTPUT", "BALANCE")))

    assert set(found.names) == {"SPX", "OUTPUT", "BALANCE"}


def test_an_optional_series_joins_where_it_is_known_and_is_told_where_not(history: History) -> None:
    found = predictors(history.as_of(DAY), Target("SPX"), None, Pool(("OUTPUT",), ("BALANCE", "NOWHERE")))

    assert set(found.names) == {"SPX", "OUTPUT", "BALANCE"}
    assert "The panel does not have NOWHERE, which would join the pool." in found.notes


def test_a_series_of_the_pool_that_is_absent_is_an_error_with_the_nearest_name(history: History) -> None:
    with pytest.raises(FitError, match=r"OUTPUTS of the pool .* Did you mean 'OUTPUT'.* name it as optional"):
        predictors(history.as_of(DAY), Target("SPX"), None, Pool(("OUTPUTS",)))


def test_a_series_of_the_pool_that_cannot_be_used_is_an_error(history: History) -> None:
    table = history.releases["M"]
    stopped = table.subset(~((table.series == table.names.index("OUTPUT")) & (table.period > 380)))  # from 2001-10
    shorter = history.with_tables({**history.releases, "M": stopped}, history.market).as_of(DAY)

    with pytest.raises(FitError, match="OUTPUT of the pool has ended"):
        predictors(shorter, Target("SPX"), None, Pool(("OUTPUT", "BALANCE")))
    assert "OUTPUT" in predictors(shorter, Target("SPX"), None, Pool(("BALANCE",), ("OUTPUT",))).notes[1]


def test_a_regression_on_a_pool_is_that_on_a_panel_of_the_same_series(history: History) -> None:
    panel, target = history.as_of(DAY), Target("SPX", (1, 3), "log_change")

    named = Ridge(n_lags=2, n_penalties=20, pool=("OUTPUT", "DGS10")).fit(panel, target).forecast(panel)
    small = panel.select(["OUTPUT", "DGS10", "SPX"])
    whole = Ridge(n_lags=2, n_penalties=20).fit(small, target).forecast(small)

    np.testing.assert_array_equal(named.mean, whole.mean)
    assert not np.array_equal(named.mean, Ridge(n_lags=2, n_penalties=20).fit(panel, target).forecast(panel).mean)


def test_optional_series_need_a_pool_to_join() -> None:
    with pytest.raises(SettingsError, match="name the series of the pool too"):
        Lasso(optional=("OUTPUT",))


def test_a_live_signal_rests_on_the_pool_and_not_on_what_is_optional(history: History) -> None:
    panel = history.as_of(DAY)

    assert essential_series(Ridge(pool=("OUTPUT",), optional=("BALANCE",)), panel) == ("OUTPUT",)
    assert essential_series(LSTM(own=("GAPPED",), pool=("OUTPUT",), optional=("BALANCE",)), panel) == (
        "GAPPED",
        "OUTPUT",
    )
    assert essential_series(Ridge(), panel) is None
    assert essential_series(LSTM(), panel) is None
