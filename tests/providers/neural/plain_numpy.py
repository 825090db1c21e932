"""One network's loss and gradient by the formulas as they are written, in float64: no engine's arithmetic is in it."""

from __future__ import annotations

import numpy as np

from macrotrade.providers.neural.network import Network
from macrotrade.providers.neural.sample import Sample

Arrays = dict[str, np.ndarray]


def loss_and_gradient(network: Network, sample: Sample, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean squared error over the sample's rows and its gradient, (n_parameters,); no convolution."""
    given = network.split(weights.astype(np.float64))
    gradient = {name: np.zeros_like(values) for name, values in given.items()}
    loss = 0.0
    for end, outcome in zip(sample.ends, sample.outcome.astype(np.float64), strict=True):
        at_once = sample.at_once[end - network.at_once.n_lags + 1 : end + 1][::-1].astype(np.float64).ravel()
        window = sample.in_order[end - network.in_order.n_lags + 1 : end + 1].astype(np.float64)
        steps = _run(given, window, network.factors) if network.factors else []
        entering = np.concatenate([at_once, steps[-1]["h"] if steps else np.empty(0)])
        output, layers = _answer(given, entering, network.layers)
        loss += (output - outcome) ** 2 / sample.n_rows
        slope = _head_back(given, gradient, layers, 2.0 * (output - outcome) / sample.n_rows)
        if steps:
            _run_back(given, gradient, window, steps, slope[network.at_once.size :])
    return loss, np.concatenate([values.ravel() for values in gradient.values()])


def _answer(given: Arrays, entering: np.ndarray, n_layers: int) -> tuple[float, list[np.ndarray]]:
    layers = [entering]
    for number in range(1, n_layers + 1):
        layers.append(np.maximum(layers[-1] @ given[f"head.{number}.weight"] + given[f"head.{number}.bias"], 0.0))
    last = f"head.{n_layers + 1}"
    return float((layers[-1] @ given[f"{last}.weight"] + given[f"{last}.bias"])[0]), layers


def _head_back(given: Arrays, gradient: Arrays, layers: list[np.ndarray], by_output: float) -> np.ndarray:
    slope = np.array([by_output])
    for number in range(len(layers), 0, -1):
        gradient[f"head.{number}.weight"] += np.outer(layers[number - 1], slope)
        gradient[f"head.{number}.bias"] += slope
        slope = given[f"head.{number}.weight"] @ slope
        if number > 1:
            slope = slope * (layers[number - 1] > 0.0)
    return slope


def _run(given: Arrays, window: np.ndarray, p: int) -> list[Arrays]:
    h, c, steps = np.zeros(p), np.zeros(p), []
    for x in window:
        z = x @ given["lstm.input"] + h @ given["lstm.recurrent"] + given["lstm.bias"]
        i, f, o = (1.0 / (1.0 + np.exp(-z[gate * p : (gate + 1) * p])) for gate in (0, 1, 3))
        g = np.tanh(z[2 * p : 3 * p])
        step = {"i": i, "f": f, "g": g, "o": o, "c_before": c, "h_before": h}
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append({**step, "c": c, "h": h})
    return steps


def _run_back(given: Arrays, gradient: Arrays, window: np.ndarray, steps: list[Arrays], by_h: np.ndarray) -> None:
    by_c = np.zeros_like(by_h)
    for x, s in zip(window[::-1], reversed(steps), strict=True):
        bent = np.tanh(s["c"])
        by_c = by_c + by_h * s["o"] * (1.0 - bent**2)
        by_z = np.concatenate(
            [
                by_c * s["g"] * s["i"] * (1.0 - s["i"]),
                by_c * s["c_before"] * s["f"] * (1.0 - s["f"]),
                by_c * s["i"] * (1.0 - s["g"] ** 2),
                by_h * bent * s["o"] * (1.0 - s["o"]),
            ]
        )
        gradient["lstm.input"] += np.outer(x, by_z)
        gradient["lstm.recurrent"] += np.outer(s["h_before"], by_z)
        gradient["lstm.bias"] += by_z
        by_h, by_c = given["lstm.recurrent"] @ by_z, by_c * s["f"]
