"""One small network of each kind, and numbers to train it on."""

from __future__ import annotations

import numpy as np

from macrotrade.providers.neural.network import Convolution, Network, Window
from macrotrade.providers.neural.sample import Sample

KINDS = {
    "feed-forward": Network(at_once=Window(3, 4), nodes=5, layers=2),
    "LSTM": Network(in_order=Window(4, 6), nodes=5, layers=2, factors=3),
    "feed-forward LSTM": Network(at_once=Window(3, 4), in_order=Window(4, 6), nodes=5, layers=1, factors=2),
    "CNN-LSTM": Network(
        in_order=Window(5, 11), nodes=5, layers=2, factors=3, convolution=Convolution((2, 3), 3, 2, 4, 2)
    ),
    "feed-forward CNN-LSTM": Network(
        at_once=Window(2, 3),
        in_order=Window(4, 8),
        nodes=4,
        layers=1,
        factors=2,
        convolution=Convolution((4,), 1, 3, 2, 3),
    ),
}


def random_sample(network: Network, n_rows: int = 40, seed: int = 0) -> Sample:
    """Consecutive rows of uniform numbers, an outcome that depends on the newest of them."""
    generator = np.random.default_rng(seed)
    n_periods = n_rows + network.n_lags - 1
    at_once = generator.uniform(-1.0, 1.0, (n_periods, network.at_once.n_series)).astype(np.float32)
    in_order = generator.uniform(-1.0, 1.0, (n_periods, network.in_order.n_series)).astype(np.float32)
    ends = np.arange(network.n_lags - 1, n_periods)
    newest = np.hstack([at_once, in_order])[ends]
    return Sample(at_once, in_order, ends, np.tanh(newest.sum(axis=1)).astype(np.float32))
