"""What a network's forecasts rest on: series moved to another time, and gradients along a path of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from macrotrade._typing import AnyArray
from macrotrade.providers.neural.ensemble import Ensemble
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.held_out import HeldOut, fitted_ensemble
from macrotrade.providers.neural.inputs import Inputs
from macrotrade.providers.neural.sample import Sample

__all__ = ["GradientAttribution", "gradient_attribution", "permutation_attribution"]

_ROWS_AT_ONCE = 512


def permutation_attribution(
    held_out: HeldOut, by: Literal["series", "group"] = "series", n_repeats: int = 10, seed: int = 0
) -> pd.DataFrame:
    """How much worse the mean of the members forecasts when a series, or a group, is moved to another time.

    Over the periods that the unseen rows read, the columns of the series are turned round in time, as on a circle, by a
    number of periods drawn at random: no shorter than a window, so that no row reads a number it read before. What a
    series did from period to period stays, its values stay, and what it knew of the outcome goes: the permutation
    importance of Breiman (2001) for windows. With l the mean squared error on the unseen rows and l_b that of repeat b,
    the change is l_b / l - 1. Series that say the same stand in for each other: each of them can be of little weight
    where their group is of much.

    Parameters
    ----------
    held_out
        Members and the rows they have not seen.
    by
        What is moved at once: one series, or all of a group as the publisher has it.
    n_repeats
        Times that it is moved; all series are moved by the same numbers of periods.
    seed
        Of these numbers.

    Returns
    -------
    pandas.DataFrame
        Index series or group, largest first; columns group and n_series (for series, 1), loss_change, the mean over the
        repeats, and deviation, the standard deviation over them.
    """
    sample, n_lags = held_out.sample(), held_out.ensemble.network.n_lags
    names, groups = _names(held_out.inputs, held_out.ensemble), _groups(held_out.inputs)
    units = _units(names, groups, by)
    places = np.arange(sample.ends[0] - n_lags + 1, sample.ends[-1] + 1)
    turns = _turns(places.size, n_lags, n_repeats, seed)
    loss = _loss(held_out, sample)
    changes = np.empty((n_repeats, len(units)))
    for column, members in enumerate(units.values()):
        masks = [np.isin(each, members) for each in names]
        for repeat, turn in enumerate(turns):
            changes[repeat, column] = _loss(held_out, _turned(sample, places, masks, turn)) / loss - 1.0
    found = pd.DataFrame(
        {
            "group": list(units) if by == "group" else [groups[name] for name in units],
            "n_series": [len(members) for members in units.values()],
            "loss_change": changes.mean(axis=0),
            "deviation": changes.std(axis=0),
        },
        index=pd.Index(list(units), name=by),
    )
    return found.sort_values("loss_change", ascending=False)


@dataclass(frozen=True, eq=False)
class GradientAttribution:
    """Parts that sum to the difference between forecasts and the forecast of average inputs.

    Attributes
    ----------
    series, label, step
        What is forecast, by which architecture, and how many periods from its last known value.
    forecast
        Mean of the members by period of the inputs, in the measure's units.
    of_averages
        The same where every series stands at its mean over the sample throughout the window.
    parts
        A row for each period, a column for each series read, in the measure's units.
    groups
        Group of each of these series.
    """

    series: str
    label: str
    step: int
    forecast: pd.Series
    of_averages: float
    parts: pd.DataFrame
    groups: pd.Series

    @property
    def by_group(self) -> pd.DataFrame:
        """Parts summed by group: a row for each period, a column for each group."""
        return self.parts.T.groupby(self.groups[self.parts.columns].to_numpy()).sum().T.rename_axis(columns="group")

    @property
    def remainder(self) -> pd.Series:
        """What the parts leave, since the path is walked in steps: forecast less of_averages less their sum."""
        return self.forecast - self.of_averages - self.parts.sum(axis=1)


def gradient_attribution(
    forecaster: NeuralForecaster,
    series: str | None = None,
    step: int | None = None,
    label: str | None = None,
    n_periods: int = 1,
    n_points: int = 128,
) -> GradientAttribution:
    """Integrated gradients (Sundararajan, Taly and Yan, 2017) of the mean of an ensemble's members.

    From a window in which every series stands at its mean, x', to the window of a period, x, the part of a series sums
    over its lags::

        (x_i - x'_i) * integral over a in [0, 1] of d forecast / d x_i at x' + a (x - x')

    Parts sum to forecast(x) - forecast(x'). They say what a network did with its inputs, not what caused the outcome.

    Parameters
    ----------
    forecaster
        As fitted. Its last periods have been trained on where their outcomes were known.
    series, step, label
        As in :func:`macrotrade.providers.neural.held_out.held_out`.
    n_periods
        Last periods of the fit's inputs for which forecasts are told apart.
    n_points
        Points of the path at which gradients are taken, each in the middle of its piece.
    """
    from macrotrade.providers.neural.torch_gradients import window_gradients

    fitted = fitted_ensemble(forecaster, series, step, label)
    inputs, ensemble, device = fitted.inputs, fitted.ensemble, forecaster.settings.device
    n_lags = ensemble.network.n_lags
    n_periods = min(n_periods, len(fitted.periods) - n_lags + 1)
    rows = np.arange(len(fitted.periods) - n_periods, len(fitted.periods))
    at_once, in_order = inputs.tables(ensemble.architecture, inputs.found.stationary)
    windows = _Windows.of(Sample(at_once, in_order, rows, np.zeros(rows.size, np.float32)), n_lags)
    averages = _Windows(
        *(
            np.broadcast_to(table.mean(axis=0), window.shape)
            for table, window in zip((at_once, in_order), windows.arrays, strict=True)
        )
    )
    names = _names(inputs, ensemble)
    parts = pd.DataFrame(0.0, fitted.periods[rows], list(dict.fromkeys(np.concatenate(names))))
    middles = (np.arange(n_points) + 0.5) / n_points
    for points in np.array_split(middles, -(-n_points * n_periods // _ROWS_AT_ONCE)):
        gradients = window_gradients(
            ensemble.network, ensemble.weights, windows.on_path_from(averages, points).sample(), device
        )
        for each, gradient, end, start in zip(names, gradients, windows.arrays, averages.arrays, strict=True):
            summed = gradient.reshape(points.size, *end.shape).sum(axis=0)
            parts[list(each)] += (summed * (end - start)).sum(axis=1) / n_points
    unit = float(ensemble.outcome_scaling.half_range[0])
    said = ensemble.says(windows.sample(), device).mean(axis=0)
    return GradientAttribution(
        fitted.series,
        fitted.label,
        ensemble.step,
        pd.Series(said, fitted.periods[rows], name="forecast"),
        float(ensemble.says(averages.sample(), device)[:, 0].mean()),
        unit * parts,
        _groups(inputs),
    )


@dataclass(frozen=True, eq=False)
class _Windows:
    """Windows of both tables laid out row by row, shapes (n_rows, n_lags, n_columns), the oldest period first."""

    at_once: npt.NDArray[np.float32]
    in_order: npt.NDArray[np.float32]

    @classmethod
    def of(cls, sample: Sample, n_lags: int) -> _Windows:
        places = sample.ends[:, None] - np.arange(n_lags)[::-1]
        return cls(sample.at_once[places], sample.in_order[places])

    @property
    def arrays(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return self.at_once, self.in_order

    def sample(self) -> Sample:
        """The windows one after another as tables of periods."""
        n_rows, n_lags, _ = self.at_once.shape
        at_once, in_order = (each.reshape(n_rows * n_lags, each.shape[2]) for each in self.arrays)
        return Sample(at_once, in_order, n_lags * np.arange(1, n_rows + 1) - 1, np.zeros(n_rows, np.float32))

    def on_path_from(self, start: _Windows, shares: AnyArray) -> _Windows:
        """Windows these shares of the way from `start` to these, all rows at the first share, then at the next."""
        paths = (
            np.concatenate([first + share * (last - first) for share in shares]).astype(np.float32)
            for last, first in zip(self.arrays, start.arrays, strict=True)
        )
        return _Windows(*paths)


def _turns(n_periods: int, n_lags: int, n_repeats: int, seed: int) -> list[int]:
    """Periods by which series are turned: a window or more, either way round, where there are enough periods."""
    least = min(n_lags, n_periods // 2)
    return [int(turn) for turn in np.random.default_rng(seed).integers(least, n_periods - least + 1, n_repeats)]


def _turned(sample: Sample, places: AnyArray, masks: Sequence[AnyArray], turn: int) -> Sample:
    """Some columns of both tables turned round in time within these places."""
    at_once, in_order = sample.at_once.copy(), sample.in_order.copy()
    for table, mask in zip((at_once, in_order), masks, strict=True):
        table[np.ix_(places, mask)] = np.roll(table[np.ix_(places, mask)], turn, axis=0)
    return Sample(at_once, in_order, sample.ends, sample.outcome)


def _loss(held_out: HeldOut, sample: Sample) -> float:
    return float(np.square(held_out.answers(sample).mean(axis=0) - sample.outcome).mean())


def _names(inputs: Inputs, ensemble: Ensemble) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
    """Series in the columns of each table."""
    architecture = ensemble.architecture
    return tuple(  # type: ignore[return-value]
        np.array(inputs.names(reads), dtype=object) for reads in (architecture.at_once, architecture.in_order)
    )


def _groups(inputs: Inputs) -> pd.Series:
    return pd.Series(inputs.found.groups, list(inputs.found.names), name="group")


def _units(names: Sequence[AnyArray], groups: pd.Series, by: str) -> dict[str, list[str]]:
    """What is moved at once, by name: its series, in the order of the columns."""
    read = list(dict.fromkeys(np.concatenate(names)))
    if by == "series":
        return {name: [name] for name in read}
    return {str(group): [name for name in read if groups[name] == group] for group in dict.fromkeys(groups[read])}
