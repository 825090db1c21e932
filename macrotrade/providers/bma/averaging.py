"""Bayesian averages of the machine-built system with its companions.

Weights follow Ripley's approximation of a model's posterior probability, with BIC_i = ln(RSS_i/n) + k_i ln(n)/n from
tenfold cross-validation: w_i = exp(-BIC_i/2) / sum_j exp(-BIC_j/2). With BIC per observation, as printed in the
paper, weights stay near (0.44, 0.28, 0.28); with BIC times n, the textbook posterior, one member takes nearly all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError
from macrotrade.providers.bma.equation import Equation
from macrotrade.providers.bma.forecasting import SystemForecast, forecast
from macrotrade.providers.bma.system import System

__all__ = [
    "MA",
    "MACHINE",
    "MAS",
    "AveragedForecast",
    "Member",
    "Weighting",
    "average",
    "member_equations",
    "posterior_weights",
]

Member = Literal["machine", "autoregression", "seasonal_autoregression"]
Weighting = Literal["per_observation", "n_scaled"]

MACHINE: tuple[Member, ...] = ("machine",)
MA: tuple[Member, ...] = ("machine", "autoregression")
MAS: tuple[Member, ...] = ("machine", "autoregression", "seasonal_autoregression")


@dataclass(frozen=True, eq=False)
class AveragedForecast:
    """Members' forecasts, their weights, and the weighted mean.

    Parameters
    ----------
    names : (n_series,) series.
    members : (n_members,) names of the members.
    weights : (n_members, n_series); each column sums to one.
    forecasts : one `SystemForecast` a member.
    """

    names: tuple[str, ...]
    members: tuple[Member, ...]
    weights: FloatArray
    forecasts: tuple[SystemForecast, ...]

    @property
    def member_levels(self) -> FloatArray:
        """(n_members, n_horizons, n_series) reported levels."""
        return np.stack([each.levels for each in self.forecasts])

    @property
    def member_scales(self) -> FloatArray:
        """(n_members, n_horizons, n_series) standard deviations in reported units."""
        return np.stack([each.scales for each in self.forecasts])

    @property
    def levels(self) -> FloatArray:
        """(n_horizons, n_series) weighted mean of the members' reported levels."""
        return np.asarray(np.einsum("mj,mhj->hj", self.weights, self.member_levels))


def average(
    system: System,
    values: FloatArray,
    n_horizons: int,
    *,
    members: Sequence[Member] = MAS,
    weighting: Weighting = "per_observation",
) -> AveragedForecast:
    """Forecast with each member and weight them series by series.

    Parameters
    ----------
    system, values, n_horizons : as for `forecasting.forecast`.
    members : which members take part; `MACHINE`, `MA` and `MAS` name the published combinations.
    weighting : ``"per_observation"`` or ``"n_scaled"``.
    """
    forecasts = tuple(
        forecast(system, values, n_horizons, equations=member_equations(system, member)) for member in members
    )
    weights = posterior_weights([each.equations for each in forecasts], weighting)
    return AveragedForecast(system.names, tuple(members), weights, forecasts)


def member_equations(system: System, member: Member) -> tuple[Equation, ...]:
    """The equations of one member."""
    match member:
        case "machine":
            return system.equations
        case "autoregression":
            return system.autoregressions
        case "seasonal_autoregression":
            return system.seasonal_autoregressions
        case _:
            raise SettingsError(f"A member is one of {', '.join(MAS)}; got {member!r}.")


def posterior_weights(members: Sequence[Sequence[Equation]], weighting: Weighting = "per_observation") -> FloatArray:
    """Weights (n_members, n_series) from each member's tenfold residuals.

    A member that fits without error takes the whole weight; several such members share it.
    """
    if weighting not in ("per_observation", "n_scaled"):
        raise SettingsError(f"weighting is 'per_observation' or 'n_scaled'; got {weighting!r}.")
    bic = np.array([[_bic(equation) for equation in equations] for equations in members])
    if weighting == "n_scaled":
        bic = bic * np.array([[equation.n_observations for equation in equations] for equations in members])
    least = bic.min(axis=0)
    with np.errstate(invalid="ignore"):
        above = np.where(bic == least, 0.0, bic - least)
    relative = np.exp(-above / 2.0)
    return np.asarray(relative / relative.sum(axis=0))


def _bic(equation: Equation) -> float:
    n, k = equation.n_observations, equation.n_parameters
    if equation.rss_tenfold <= 0.0:
        return -float("inf")
    return float(np.log(equation.rss_tenfold / n) + k * np.log(n) / n)
