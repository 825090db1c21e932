"""What networks read of a panel: which series, in which order, over which periods, and scaled by what."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade import History, Target
from macrotrade.errors import FitError, SettingsError
from macrotrade.inputs.predictors import predictors
from macrotrade.providers.neural.architecture import Architecture, Filters
from macrotrade.providers.neural.inputs import Inputs, Outcome, inputs_of

DAY = "2005-06-30"


@pytest.fixture
def inputs(history: History) -> Inputs:
    return inputs_of(predictors(history.as_of(DAY), Target("SPX"), None), own=("DGS10",))


def test_the_pool_is_every_series_but_the_own_group(inputs: Inputs) -> None:
    assert set(inputs.names("own")) == {"SPX", "DGS10"}
    assert set(inputs.names("pool")) == {"OUTPUT", "GAPPED", "BALANCE"}
    assert inputs.names("all") == (*inputs.names("pool"), *inputs.names("own"))
    assert inputs.names(None) == ()


def test_a_pool_can_be_named(history: History) -> None:
    found = predictors(history.as_of(DAY), Target("SPX"), None)

    assert inputs_of(found, pool=("OUTPUT", "SPX")).names("pool") == ("OUTPUT",)  # its own group is never in the pool


def test_a_series_that_is_not_there_is_named_with_its_neighbours(history: History) -> None:
    found = predictors(history.as_of(DAY), Target("SPX"), None)

    with pytest.raises(FitError, match=r"OUTPUTS is not among the 5 series that can be read.*OUTPUT"):
        inputs_of(found, pool=("OUTPUTS",))


def test_a_reading_without_series_is_refused(history: History) -> None:
    found = predictors(history.as_of(DAY), Target("SPX"), None)
    everything = inputs_of(found, own=tuple(found.names))

    with pytest.raises(FitError, match="No series is left to read as 'pool'"):
        everything.network(Architecture(in_order="pool"))


def test_numbers_in_sample_lie_between_minus_one_and_one(inputs: Inputs) -> None:
    at_once, in_order = inputs.tables(Architecture("own", "pool"), inputs.found.stationary)

    for table in (at_once, in_order):
        np.testing.assert_allclose(table.min(axis=0), -1.0, atol=1e-6)
        np.testing.assert_allclose(table.max(axis=0), 1.0, atol=1e-6)
        assert table.dtype == np.float32


def test_a_row_ends_where_its_outcome_is_counted_from(inputs: Inputs) -> None:
    levels = inputs.found.levels[:, 0]
    outcome = Outcome.of(levels, "log_change", 3)
    sample = inputs.sample(Architecture(in_order="all", in_order_lags=12), outcome)

    assert sample.ends[0] == 11
    assert sample.ends[-1] == len(levels) - 4
    row = 40
    said = float(outcome.scaling.reported(sample.outcome[row : row + 1])[0])
    end = sample.ends[row]
    assert said == pytest.approx(np.log(levels[end + 3] / levels[end]), abs=1e-6)


def test_the_newest_row_is_what_the_panel_shows_last(history: History, inputs: Inputs) -> None:
    architecture = Architecture(in_order="all", in_order_lags=6)
    panel = history.as_of(DAY)

    recent = inputs.newest(architecture, inputs.found.recent(panel, "M", 9))

    _, in_order = inputs.tables(architecture, inputs.found.stationary)
    np.testing.assert_array_equal(recent.in_order, in_order[-6:])
    assert recent.ends.tolist() == [5]


def test_too_few_rows_are_refused_with_what_is_needed(inputs: Inputs) -> None:
    outcome = Outcome.of(inputs.found.levels[:, 0], "change", 1)

    with pytest.raises(FitError, match=r"SPX has .* rows with 280 periods before.*need 36"):
        inputs.sample(Architecture(in_order="all", in_order_lags=280), outcome)


def test_groups_are_neighbours(inputs: Inputs) -> None:
    network = inputs.network(Architecture(in_order="pool", filters=Filters()))

    assert network.convolution is not None
    assert sum(network.convolution.groups) == 3


def test_an_architecture_must_read_something() -> None:
    with pytest.raises(SettingsError, match="at_once, in_order or both"):
        Architecture()
    with pytest.raises(SettingsError, match=r"reads='pol' is not known.*pool"):
        Architecture(in_order="pol")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="Filters come before an LSTM"):
        Architecture(at_once="own", filters=Filters())
    with pytest.raises(SettingsError, match="nodes must be at least 1"):
        Architecture(at_once="own", nodes=0)
