"""A user's own modules are trained as ensembles, together or one by one, and told what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from macrotrade.errors import SettingsError
from macrotrade.numerics.threads import at_most_threads
from macrotrade.providers.neural.module_network import ModuleNetwork, register_module, registered_modules
from macrotrade.providers.neural.modules import (
    built_module,
    initial_modules,
    respond_modules,
    train_modules,
    trains_together,
)
from macrotrade.providers.neural.network import Window
from macrotrade.providers.neural.sample import Sample
from macrotrade.providers.neural.training import Training, row_order

READS = Window(3, 5)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Arithmetic this small only waits for a second thread."""
    with at_most_threads(1):
        yield


@register_module("test-dense")
class Dense(nn.Module):
    """Two layers; one more buffer and one frozen parameter, which are part of the state."""

    def __init__(self, n_series: int, n_lags: int, nodes: int = 6) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(n_series * n_lags, nodes), nn.Tanh(), nn.Linear(nodes, 1))
        self.offset = nn.Parameter(torch.rand(1), requires_grad=False)
        self.register_buffer("unit", torch.full((1,), 2.0))

    def forward(self, windows: Tensor) -> Tensor:
        return (self.unit * self.layers(windows) + self.offset).squeeze(-1)


@register_module("test-lazy-filters")
class LazyFilters(nn.Module):
    def __init__(self, n_series: int, n_lags: int) -> None:
        super().__init__()
        self.filters, self.output = nn.Conv1d(n_series, 2, 3), nn.LazyLinear(1)

    def forward(self, windows: Tensor) -> Tensor:
        return self.output(torch.relu(self.filters(windows.mT)).flatten(1)).squeeze(-1)


@register_module("test-recurrent")
class Recurrent(nn.Module):
    def __init__(self, n_series: int, n_lags: int) -> None:
        super().__init__()
        self.lstm, self.output = nn.LSTM(n_series, 2, batch_first=True), nn.Linear(2, 1)

    def forward(self, windows: Tensor) -> Tensor:
        return self.output(self.lstm(windows)[0][:, -1]).squeeze(-1)


@register_module("test-dropout")
class WithDropout(Dense):
    def __init__(self, n_series: int, n_lags: int) -> None:
        super().__init__(n_series, n_lags)
        self.layers.insert(1, nn.Dropout(0.3))


@register_module("test-normalised")
class Normalised(Dense):
    def __init__(self, n_series: int, n_lags: int) -> None:
        super().__init__(n_series, n_lags)
        self.layers.insert(2, nn.BatchNorm1d(6))


@register_module("test-two-axes")
class TwoAxes(Dense):
    def forward(self, windows: Tensor) -> Tensor:
        return self.layers(windows)


@register_module("test-nothing-to-train")
class NothingToTrain(nn.Module):
    def __init__(self, n_series: int, n_lags: int) -> None:
        super().__init__()

    def forward(self, windows: Tensor) -> Tensor:
        return windows.mean((1, 2))


@register_module("test-breaks")
class Breaks(NothingToTrain):
    def forward(self, windows: Tensor) -> Tensor:
        return windows @ torch.zeros(99, 1)


@register_module("test-no-module")
class NoModule:
    pass


TOGETHER = ["test-dense", "test-lazy-filters"]
ONE_BY_ONE = ["test-recurrent", "test-dropout", "test-normalised"]


def network(name: str) -> ModuleNetwork:
    return ModuleNetwork(name, READS)


@pytest.fixture(scope="module")
def sample() -> Sample:
    generator = np.random.default_rng(0)
    table = generator.uniform(-1.0, 1.0, (44, 3)).astype(np.float32)
    ends = np.arange(4, 44)
    return Sample(np.zeros((44, 0), np.float32), table, ends, np.tanh(2.0 * table[ends, 0] - table[ends - 4, 1]))


@pytest.mark.parametrize(("name", "together"), [*((n, True) for n in TOGETHER), *((n, False) for n in ONE_BY_ONE)])
def test_modules_are_trained_together_where_torch_can(name: str, together: bool) -> None:
    assert trains_together(built_module(network(name)), torch.zeros(3, 5, 3)) is together


@pytest.mark.parametrize("name", [*TOGETHER, *ONE_BY_ONE])
@pytest.mark.parametrize("batch", [None, 16], ids=["all-rows", "batches"])
def test_a_module_learns_and_its_member_is_the_same_in_any_company(
    name: str, batch: int | None, sample: Sample
) -> None:
    weights = initial_modules(network(name), 7, range(3))
    training = Training(epochs=25, batch=batch, learning_rate=0.02)
    given = weights.copy()

    together = train_modules(network(name), sample, weights, training)
    alone = train_modules(network(name), sample, weights[2:], training)

    np.testing.assert_array_equal(weights, given)
    np.testing.assert_array_equal(alone.weights[0], together.weights[2])
    np.testing.assert_array_equal(alone.losses[0], together.losses[2])
    assert together.losses.shape == (3, 25)
    assert (together.losses[:, -1] < 0.7 * together.losses[:, 0]).all()


@pytest.mark.parametrize("name", TOGETHER)
def test_members_trained_together_are_those_of_a_plain_loop(name: str, sample: Sample) -> None:
    training = Training(epochs=6, batch=16, seed=2)
    weights = initial_modules(network(name), 7, range(3))

    trained = train_modules(network(name), sample, weights, training)

    seed = int(np.random.default_rng([7, 1]).integers(2**63))
    model = built_module(network(name), seed)
    optimiser = torch.optim.Adam([one for one in model.parameters() if one.requires_grad], lr=1e-3)
    read = torch.tensor(np.stack([sample.in_order[end - 4 : end + 1] for end in sample.ends]))
    for epoch in range(6):
        for rows in torch.tensor(row_order(training, epoch, 40)).split(16):
            optimiser.zero_grad()
            torch.mean((model.train()(read[rows]) - torch.tensor(sample.outcome)[rows]) ** 2).backward()
            optimiser.step()
    plain = torch.cat([one.reshape(-1) for one in model.state_dict().values()]).numpy()
    np.testing.assert_allclose(trained.weights[1], plain, atol=1e-6)


def test_buffers_and_frozen_parameters_are_kept_with_the_weights(sample: Sample) -> None:
    first = initial_modules(network("test-dense"), 7, range(2))

    trained = train_modules(network("test-dense"), sample, first, Training(epochs=3, learning_rate=0.1)).weights

    assert first.shape == (2, (15 * 6 + 6) + (6 + 1) + 1 + 1)
    frozen = np.flatnonzero((trained == first).all(axis=0))
    names = list(built_module(network("test-dense")).state_dict())
    assert names[0] == "offset"
    assert frozen.tolist() == [0, names.index("unit")]
    assert first[0, 0] != first[1, 0]


def test_what_normalisation_learned_of_the_rows_is_used_in_responding(sample: Sample) -> None:
    weights = initial_modules(network("test-normalised"), 7, range(2))
    trained = train_modules(network("test-normalised"), sample, weights, Training(epochs=60, learning_rate=0.02))

    said = respond_modules(network("test-normalised"), trained.weights, sample)
    one_row = respond_modules(network("test-normalised"), trained.weights, sample.rows(np.array([3])))

    assert said.outputs.shape == (2, 40)
    assert said.factors.shape == (2, 40, 0)
    np.testing.assert_allclose(one_row.outputs[:, 0], said.outputs[:, 3], atol=1e-6)
    np.testing.assert_allclose(np.mean((said.outputs - sample.outcome) ** 2, axis=1), trained.losses[:, -1], rtol=0.5)


def test_windows_are_read_oldest_period_first(sample: Sample) -> None:
    @register_module("test-newest")
    class Newest(NothingToTrain):
        def __init__(self, n_series: int, n_lags: int) -> None:
            super().__init__(n_series, n_lags)
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, windows: Tensor) -> Tensor:
            return self.weight * windows[:, -1, 0]

    said = respond_modules(network("test-newest"), np.ones((1, 1), np.float32), sample)

    np.testing.assert_array_equal(said.outputs[0], sample.in_order[sample.ends, 0])


def test_a_member_starts_from_the_same_weights_in_any_company_and_torchs_generator_is_left_alone() -> None:
    before = torch.get_rng_state()

    together, some = (initial_modules(network("test-lazy-filters"), 5, members) for members in (range(4), [3, 1]))

    np.testing.assert_array_equal(some, together[[3, 1]])
    assert len(np.unique(together[:, 0])) == 4
    assert torch.equal(torch.get_rng_state(), before)


def test_a_class_is_found_by_its_path_and_built_with_its_settings() -> None:
    path = ModuleNetwork("torch.nn:Module", READS)
    sized = ModuleNetwork("test-dense", READS, settings=(("nodes", 2),))

    with pytest.raises(SettingsError, match=r"torch.nn:Module\(n_series=3, n_lags=5\) failed: TypeError"):
        built_module(path)
    assert initial_modules(sized, 0, [0]).shape == (1, (15 * 2 + 2) + (2 + 1) + 1 + 1)
    assert "test-dense" in registered_modules()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("test-dens", "Did you mean 'test-dense'"),
        ("nowhere.at_all:Thing", "there is no module nowhere"),
        ("torch.nn:Lineer", "could not be imported: AttributeError"),
        ("math:pi", "is float, not a class"),
        ("test-no-module", "is not a torch.nn.Module"),
        ("test-nothing-to-train", "nothing to train"),
        ("test-two-axes", r"gave \(3, 1\) for 3 rows.*squeeze"),
        ("test-breaks", r"could not answer for windows of shape \(3, 5, 3\)"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_why(name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        built_module(network(name))


def test_weights_of_another_module_are_refused(sample: Sample) -> None:
    with pytest.raises(SettingsError, match=r"Dense holds 105 numbers, the weights given 104"):
        respond_modules(network("test-dense"), np.zeros((1, 104), np.float32), sample)


def test_a_module_must_read_something() -> None:
    with pytest.raises(SettingsError, match="must read something"):
        ModuleNetwork("test-dense", Window())
