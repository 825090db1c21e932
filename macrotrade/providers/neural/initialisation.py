"""Where training starts: each member's weights, drawn from its own stream of random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from macrotrade._typing import AnyArray
from macrotrade.errors import SettingsError, near_misses
from macrotrade.providers.neural.network import GATES, Network, Parameter

__all__ = ["Initialisation", "Start", "initial_weights"]

Start: TypeAlias = Literal["glorot", "glorot_by_gate", "torch"]
"""How weights are drawn.

``glorot``
    Uniform within sqrt(6 / (fan_in + fan_out)), biases zero (Glorot and Bengio, 2010). An LSTM's four gates are one
    matrix, so its fan-out is 4 p.
``glorot_by_gate``
    The same with each gate a matrix of its own, so with a fan-out of p.
``torch``
    As torch's own layers start: uniform within 1 / sqrt(p) for all of an LSTM, its two biases of a gate added, and
    within 1 / sqrt(fan_in) for weights and biases of other layers.
"""


@dataclass(frozen=True)
class Initialisation:
    """How weights are drawn.

    Attributes
    ----------
    start
        See :data:`Start`.
    forget_bias
        Added to the bias of the forget gate; 1 keeps more of the past from the first epoch (Jozefowicz, Zaremba and
        Sutskever, 2015).
    orthogonal
        Whether the recurrent weights of each gate are an orthogonal matrix (Saxe, McClelland and Ganguli, 2014).
    """

    start: Start = "glorot"
    forget_bias: float = 0.0
    orthogonal: bool = False

    def __post_init__(self) -> None:
        if self.start not in get_args(Start):
            raise SettingsError(f"start={self.start!r} is not known. {near_misses(self.start, get_args(Start))}")
        if not np.isfinite(self.forget_bias):
            raise SettingsError(f"forget_bias must be a finite number, not {self.forget_bias}.")


def initial_weights(
    network: Network, initialisation: Initialisation, seed: int, members: Sequence[int]
) -> npt.NDArray[np.float32]:
    """Weights of these members before training, shape (len(members), n_parameters).

    Member k draws from a stream of its own, named by `seed` and k, so its weights do not depend on which members it is
    drawn with.
    """
    weights = np.empty((len(members), network.n_parameters), np.float32)
    for row, member in enumerate(members):
        generator = np.random.default_rng([seed, member])
        for parameter in network.parameters:
            weights[row, parameter.start : parameter.stop] = _drawn(
                parameter, network, initialisation, generator
            ).ravel()
    return weights


def _drawn(
    parameter: Parameter, network: Network, initialisation: Initialisation, generator: np.random.Generator
) -> AnyArray:
    p = network.factors
    is_bias = parameter.name.endswith(".bias")
    if parameter.name == "lstm.recurrent" and initialisation.orthogonal:
        return np.hstack([_orthogonal(p, generator) for _ in GATES])
    if initialisation.start == "torch":
        reach = 1.0 / np.sqrt(p if parameter.name.startswith("lstm.") else parameter.fan_in)
        values = generator.uniform(-reach, reach, parameter.shape)
        if parameter.name == "lstm.bias":
            values = values + generator.uniform(-reach, reach, parameter.shape)
    elif is_bias:
        values = np.zeros(parameter.shape)
    else:
        is_gate = parameter.name.startswith("lstm.") and initialisation.start == "glorot_by_gate"
        fan_out = parameter.fan_out // len(GATES) if is_gate else parameter.fan_out
        reach = np.sqrt(6.0 / (parameter.fan_in + fan_out))
        values = generator.uniform(-reach, reach, parameter.shape)
    if parameter.name == "lstm.bias":
        forget = GATES.index("forget")
        values[forget * p : (forget + 1) * p] += initialisation.forget_bias
    return values


def _orthogonal(size: int, generator: np.random.Generator) -> AnyArray:
    """Orthogonal matrix drawn evenly from all of them (Mezzadri, 2007)."""
    q, r = np.linalg.qr(generator.standard_normal((size, size)))
    return np.asarray(q * np.sign(np.diag(r)))
