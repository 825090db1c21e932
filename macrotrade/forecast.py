"""The contract a provider author reads: Target, Provider, Forecaster, Forecast.

A provider is settings; fitting it to a panel gives a forecaster; a forecaster reads a panel and gives a forecast::

    class Provider:    fit(panel, target) -> Forecaster
    class Forecaster:  forecast(panel)    -> Forecast

Laws, each checked by :func:`macrotrade.testing.check_provider`:

- A forecast depends on nothing but the panels given to ``fit`` and ``forecast``: two equal panels, two equal forecasts.
- ``fit`` changes neither the provider nor the panel; calling it on other panels before or after changes nothing.
- Horizon h means h periods after ``panel.period(target.frequency)``, the last complete period at ``panel.as_of``, also
  for a series whose last number is older than that.
- Renaming or reordering series the provider was not told about changes no forecast.
- Randomness comes from a field ``seed`` of the provider, if it has one.

Two offers are optional: a forecaster may show what it looks like inside (:class:`Exhibits`), and a provider may say why
its forecast changed from one panel to the next (:class:`Explains`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal, Protocol, cast, get_args, runtime_checkable

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray, Frequency, Measure
from macrotrade.errors import DataError, SettingsError, near_misses
from macrotrade.numerics.mixture import mixture_cdf, mixture_quantile
from macrotrade.panel.panel import Panel

__all__ = [
    "Exhibit",
    "Exhibits",
    "Explains",
    "Explanation",
    "Forecast",
    "Forecaster",
    "Provider",
    "Target",
    "provider_settings",
    "tidy",
    "with_seed",
]

_ADDITIVE: dict[Measure, int] = {"level": 0, "change": 1}


@dataclass(frozen=True)
class Target:
    """What is asked of a provider: series, horizons, and the measure of each series.

    Attributes
    ----------
    series
        Names, as in the panel; a single name may be given as a string.
    horizons
        Periods ahead, each at least 1, rising.
    measure
        One :data:`macrotrade._typing.Measure` for all series, or one each.
    frequency
        Of the periods: ``M`` by default.

    Examples
    --------
    >>> Target("DGS10").measure
    ('change',)
    >>> Target(("DGS10", "SPX"), (1, 2), ("change", "log_change")).horizons
    (1, 2)
    """

    series: tuple[str, ...] | str
    horizons: tuple[int, ...] = (1,)
    measure: tuple[Measure, ...] | Measure = "change"
    frequency: Frequency = "M"

    def __post_init__(self) -> None:
        series = (self.series,) if isinstance(self.series, str) else tuple(self.series)
        measure = (self.measure,) * len(series) if isinstance(self.measure, str) else tuple(self.measure)
        object.__setattr__(self, "series", series)
        object.__setattr__(self, "measure", measure)
        object.__setattr__(self, "horizons", tuple(int(h) for h in self.horizons))
        if not series or len(set(series)) != len(series):
            raise SettingsError(f"Target.series must name each series once, not {series}.")
        if not self.horizons or min(self.horizons) < 1 or list(self.horizons) != sorted(set(self.horizons)):
            raise SettingsError(f"Target.horizons must rise from 1 or more without repeats, not {self.horizons}.")
        if len(measure) != len(series):
            raise SettingsError(f"Target.measure needs one measure or {len(series)}, not {len(measure)}.")
        for one in measure:
            if one not in get_args(Measure):
                raise SettingsError(f"measure={one!r} is not known. {near_misses(one, get_args(Measure))}")

    @property
    def names(self) -> tuple[str, ...]:
        """Series, typed as the tuple it is after construction."""
        return tuple(self.series)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Measure of each series, typed as the tuple it is after construction."""
        return cast("tuple[Measure, ...]", self.measure)


@runtime_checkable
class Forecaster(Protocol):
    """What has been fitted: reads a panel, gives a forecast; holds no later data than its fit's panel."""

    def forecast(self, panel: Panel) -> Forecast:
        """Forecast from what `panel` shows, at horizons counted from its last complete period."""
        ...


@runtime_checkable
class Provider(Protocol):
    """What can be fitted: a frozen dataclass of settings, complete when built."""

    def fit(self, panel: Panel, target: Target) -> Forecaster:
        """Forecaster fitted to what `panel` shows; raises FitError where the panel cannot carry it."""
        ...


@dataclass(frozen=True, eq=False)
class Forecast:
    """A weighted mixture of Gaussian member forecasts, by horizon and series.

    Attributes
    ----------
    target
        What was asked; series, horizons and measures label the axes below.
    as_of
        Origin: the day of the panel it was made from.
    period
        Last complete period at the origin; horizon h is h periods later.
    mean, scale
        Shape (n_members, n_horizons, n_series), each member's mean and standard deviation in the target's measure.
    weights
        Shape (n_members, n_horizons, n_series), summing to 1 over members. Given as (n_members,) or
        (n_members, n_series) it is spread over the rest.
    origin
        Shape (n_series,), last known value of each series in reported units.
    members
        Name of each member.
    reasons
        What is behind the forecast, in words, most important first; fallbacks and repairs are named here.
    extra
        Anything else a provider wants to show, by name; nothing downstream depends on it.
    """

    target: Target
    as_of: pd.Timestamp
    period: pd.Period
    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    origin: FloatArray
    members: tuple[str, ...] = ("",)
    reasons: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        shape = (len(self.members), len(self.target.horizons), len(self.target.names))
        weights = np.asarray(self.weights, dtype=np.float64)
        if weights.ndim == 1:
            weights = weights[:, None, None]
        elif weights.ndim == 2:
            weights = weights[:, None, :]
        arrays = {
            "mean": np.asarray(self.mean, dtype=np.float64),
            "scale": np.asarray(self.scale, dtype=np.float64),
            "weights": np.broadcast_to(weights, shape) if weights.shape[0] == shape[0] else weights,
            "origin": np.asarray(self.origin, dtype=np.float64),
        }
        for name, array in arrays.items():
            wanted = shape if name != "origin" else shape[2:]
            if array.shape != wanted:
                raise DataError(
                    f"Forecast.{name} must have shape {wanted} (members, horizons, series), not {array.shape}."
                )
            if not np.isfinite(array).all():
                raise DataError(
                    f"Forecast.{name} holds a value that is not finite; a provider must raise FitError instead."
                )
            frozen = np.array(array)
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)
        if (self.scale < 0).any():
            raise DataError("Forecast.scale holds a negative standard deviation.")
        if (self.weights < 0).any() or not np.allclose(self.weights.sum(axis=0), 1.0, atol=1e-9):
            raise DataError("Forecast.weights must be >= 0 and sum to 1 over members.")

    def point(self) -> FloatArray:
        """Mixture mean, shape (n_horizons, n_series), in the target's measure: sum_k w_k mean_k."""
        return np.asarray((self.weights * self.mean).sum(axis=0))

    def spread(self) -> FloatArray:
        """Mixture standard deviation, shape (n_horizons, n_series): sqrt(sum_k w_k (s_k^2 + m_k^2) - m^2)."""
        centre = self.point()
        variance = (self.weights * (self.scale**2 + (self.mean - centre) ** 2)).sum(axis=0)
        return np.asarray(np.sqrt(variance))

    def quantile(self, probability: float) -> FloatArray:
        """Mixture quantile, shape (n_horizons, n_series), in the target's measure."""
        if not 0.0 < probability < 1.0:
            raise SettingsError(f"A quantile needs a probability inside (0, 1), not {probability}.")
        return mixture_quantile(self.weights, self.mean, self.scale, probability)

    def cdf(self, value: FloatArray | float) -> FloatArray:
        """Mixture distribution function at `value`, broadcast to (n_horizons, n_series)."""
        return mixture_cdf(self.weights, self.mean, self.scale, np.broadcast_to(value, self.mean.shape[1:]))

    def probability_up(self) -> FloatArray:
        """P(rise) of the series since the origin, or over the last period of the horizon; shape (n_horizons, n_series).

        For the measure ``level`` the rise is from `origin`. A degenerate mixture at no change gives 0.5.
        """
        threshold = np.where([measure == "level" for measure in self.target.measures], self.origin, 0.0)
        return np.asarray(1.0 - self.cdf(threshold[None, :]))

    def to(self, measure: Measure) -> Forecast:
        """The same forecast of every series as a ``level`` or a ``change``; these two differ by the origin only.

        Raises
        ------
        SettingsError
            For log and one-period measures, whose levels are not Gaussian: use :meth:`level_quantile`.
        """
        shift = np.empty(len(self.target.names))
        for column, own in enumerate(self.target.measures):
            if own == measure:
                shift[column] = 0.0
            elif own in _ADDITIVE and measure in _ADDITIVE:
                shift[column] = self.origin[column] * (_ADDITIVE[own] - _ADDITIVE[measure])
            else:
                raise SettingsError(
                    f"A forecast of {self.target.names[column]} as {own!r} has no Gaussian form as {measure!r}. "
                    "Use level_quantile, or ask the provider for that measure in the Target."
                )
        target = dataclasses.replace(self.target, measure=measure)
        return dataclasses.replace(self, target=target, mean=self.mean + shift)

    def level_quantile(self, probability: float) -> FloatArray:
        """Quantile of the level in reported units, shape (n_horizons, n_series); exact where the measure allows it.

        Raises
        ------
        SettingsError
            For one-period measures: the path between origin and horizon is not part of the forecast.
        """
        quantile = np.array(self.quantile(probability))
        for column, measure in enumerate(self.target.measures):
            if measure == "change":
                quantile[:, column] += self.origin[column]
            elif measure == "log_change":
                quantile[:, column] = self.origin[column] * np.exp(quantile[:, column])
            elif measure != "level":
                raise SettingsError(
                    f"The level of {self.target.names[column]} does not follow from its {measure!r} at a horizon; "
                    "ask for 'change' or 'log_change' in the Target."
                )
        return quantile

    def sample(self, n_draws: int, seed: int | np.random.Generator) -> FloatArray:
        """Draws, shape (n_draws, n_horizons, n_series); independent across horizons and series."""
        generator = np.random.default_rng(seed)
        uniform = generator.random((n_draws, *self.mean.shape[1:]))
        edges = np.cumsum(self.weights, axis=0)
        member = (
            (uniform[None] > edges[:-1, None]).sum(axis=0) if len(self.members) > 1 else np.zeros(uniform.shape, int)
        )
        mean = np.take_along_axis(self.mean, member, axis=0) if n_draws else self.mean[:0]
        scale = np.take_along_axis(self.scale, member, axis=0) if n_draws else self.scale[:0]
        return np.asarray(mean + scale * generator.standard_normal(uniform.shape))

    def frame(self) -> pd.DataFrame:
        """Tidy table, a row for each (horizon, series); see :func:`tidy`."""
        return tidy((self,))


def tidy(forecasts: Sequence[Forecast]) -> pd.DataFrame:
    """Tidy table of forecasts of one target, a row for each (as_of, horizon, series).

    Columns: as_of, series, measure, horizon, period (the period forecast), origin (last known value, reported units);
    and in the measure's units point, spread, low and high (10 and 90 per cent quantiles); probability_up.
    """
    if not forecasts:
        return pd.DataFrame(columns=_TIDY_COLUMNS)
    parts = []
    for _, group in groupby(forecasts, key=lambda forecast: forecast.mean.shape):
        parts.append(_tidy_alike(tuple(group)))
    return pd.concat(parts, ignore_index=True)


def _tidy_alike(forecasts: tuple[Forecast, ...]) -> pd.DataFrame:
    """Tidy table of forecasts with equally many members: one pass over all of them, horizons stacked."""
    first, n_forecasts = forecasts[0], len(forecasts)
    names, horizons = first.target.names, np.array(first.target.horizons)
    weights, mean, scale = (
        np.concatenate([getattr(forecast, part) for forecast in forecasts], axis=1)
        for part in ("weights", "mean", "scale")
    )
    origin = np.repeat(np.stack([forecast.origin for forecast in forecasts]), len(horizons), axis=0)
    levels = np.array([measure == "level" for measure in first.target.measures])
    point = (weights * mean).sum(axis=0)
    variance = (weights * (scale**2 + (mean - point) ** 2)).sum(axis=0)
    rows = n_forecasts * len(horizons)
    ordinals = np.add.outer([forecast.period.ordinal for forecast in forecasts], horizons).ravel()
    periods = pd.PeriodIndex.from_ordinals(ordinals, freq=first.period.freq).astype(str)  # type: ignore[attr-defined]
    return pd.DataFrame(
        {
            "as_of": np.repeat(pd.DatetimeIndex([f.as_of for f in forecasts]), len(horizons) * len(names)),
            "series": np.tile(np.array(names, dtype=object), rows),
            "measure": np.tile(np.array(first.target.measures, dtype=object), rows),
            "horizon": np.repeat(np.tile(horizons, n_forecasts), len(names)),
            "period": np.repeat(periods, len(names)),
            "origin": origin.ravel(),
            "point": point.ravel(),
            "spread": np.sqrt(variance).ravel(),
            "low": mixture_quantile(weights, mean, scale, 0.1).ravel(),
            "high": mixture_quantile(weights, mean, scale, 0.9).ravel(),
            "probability_up": (1.0 - mixture_cdf(weights, mean, scale, np.where(levels, origin, 0.0))).ravel(),
        },
        columns=_TIDY_COLUMNS,
    )


_TIDY_COLUMNS = [
    "as_of", "series", "measure", "horizon", "period", "origin", "point", "spread", "low", "high", "probability_up",
]  # fmt: skip


def provider_settings(provider: Provider) -> dict[str, Any]:
    """Settings of a provider as plain values, for strategy files and the ledger."""
    settings: Any = provider
    return {name: getattr(settings, name) for name in _setting_names(settings)}


def with_seed(provider: Provider, seed: int) -> Provider:
    """The same provider drawing from `seed`, where it has a setting of that name; otherwise itself."""
    settings: Any = provider
    if "seed" not in _setting_names(settings):
        return provider
    seeded: Provider = dataclasses.replace(settings, seed=seed)
    return seeded


def _setting_names(settings: Any) -> list[str]:
    if not dataclasses.is_dataclass(settings):
        return []
    return [item.name for item in dataclasses.fields(settings) if item.init]


@dataclass(frozen=True, eq=False)
class Exhibit:
    """Something that a forecaster shows of itself, for a report to print or draw.

    Attributes
    ----------
    title
        Heading.
    kind
        ``text`` (read `text`), ``table`` (read `frame` as it is), ``graph`` (`frame` has a row for each edge, with
        columns source and target), ``lines`` (a line for each column of `frame` along its index), ``bars`` (a bar for
        each row of `frame`, the first on top: its column value and, where known, low and high), or ``heatmap`` (a
        cell for each number of `frame`).
    frame, text
        What is shown; of lines and bars, `text` names what their axis counts.
    note
        What to know about it.
    recessions
        Whether lines stand before the recessions of the United States.
    marked
        Of a heatmap: true for the cells that stand out, in the shape of `frame`.
    """

    title: str
    kind: Literal["text", "table", "graph", "lines", "bars", "heatmap"]
    frame: pd.DataFrame | None = None
    text: str = ""
    note: str = ""
    recessions: bool = False
    marked: pd.DataFrame | None = None


@runtime_checkable
class Exhibits(Protocol):
    """A forecaster that can show what it looks like inside."""

    def exhibits(self) -> tuple[Exhibit, ...]:
        """What is worth seeing, most telling first."""
        ...


class Explanation(Protocol):
    """Why the forecast of one series at one horizon changed between two panels: parts that sum to the change."""

    @property
    def series(self) -> str:
        """Whose forecast."""
        ...

    @property
    def horizon(self) -> int:
        """Periods ahead of each panel's last complete period."""
        ...

    @property
    def units(self) -> str:
        """In which the forecasts and the parts are counted."""
        ...

    @property
    def before(self) -> float:
        """The earlier forecast."""
        ...

    @property
    def after(self) -> float:
        """The later forecast."""
        ...

    def table(self) -> pd.DataFrame:
        """A row for each part, largest first; columns kind, series, period and amount are always there."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A provider that can say why its forecast changed."""

    def explain(self, before: Panel, after: Panel, target: Target) -> tuple[Explanation, ...]:
        """One explanation for each series and horizon, series by series; ``str()`` of one can be read by a person."""
        ...
