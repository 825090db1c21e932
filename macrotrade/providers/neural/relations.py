"""Which macro flows carry information for which sectors: what forecasts lose when networks may not read a flow.

1. a sector's series is forecast from its own past and all flows, by an ensemble trained on earlier rows only
2. the same members are trained again with the series of one flow held still, so that nothing can be read from them;
   first weights, order of rows and everything else are the same
3. squared errors of both on rows that neither was trained on are compared, with intervals by a bootstrap that draws
   blocks of rows, and members too, since first weights alone change what is found

This is Granger's question put to networks: he compares forecasts with and without a variable, and so does this, on
unseen rows (Granger, 1969; Ashley, Granger and Schmalensee, 1980). It finds what is of use beside everything else that
is read: two flows that say the same are each of none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade._typing import BoolArray, FloatArray, Frequency, IntArray, Measure
from macrotrade.errors import FitError, SettingsError
from macrotrade.forecast import Exhibit, Target
from macrotrade.inputs.known import known_series
from macrotrade.inputs.pool import Pool
from macrotrade.inputs.predictors import Predictors, predictors
from macrotrade.numerics.bootstrap import stationary_bootstrap
from macrotrade.panel.panel import Panel
from macrotrade.providers.neural.ensemble import train_ensemble
from macrotrade.providers.neural.inputs import FEWEST_ROWS, Inputs, Outcome, inputs_of
from macrotrade.providers.neural.sample import Scaling
from macrotrade.providers.neural.settings import NeuralSettings

__all__ = ["PLACEBO", "RelationStudy", "Relations", "relation_exhibits", "relations"]

PLACEBO = "placebo"
"""Label of the flow that can be of no use."""

_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class RelationStudy:
    """What is asked.

    Attributes
    ----------
    flows
        Label of each flow to its series, which are left out together.
    sectors
        Label of each sector to the series forecast.
    provider
        Networks and how they are trained: its first architecture, which must read everything (``reads="all"``), its
        `n_members` and seed. Its pool is that of the flows.
    measure
        In which sectors are forecast.
    horizon
        Periods from a sector's last known value.
    frequency
        Of the periods.
    unseen
        Share of rows, the last ones, on which errors count.
    n_folds
        Stretches that they are cut into: the networks of each are trained on all rows whose outcomes were known before
        it.
    n_draws
        Of the bootstrap.
    placebo
        Whether one flow more is read and left out: the first series of every flow, turned round in time by half the
        sample, so that it can be of no use.
    """

    flows: Mapping[str, Sequence[str]]
    sectors: Mapping[str, str]
    provider: NeuralSettings
    measure: Measure = "log_change"
    horizon: int = 3
    frequency: Frequency = "M"
    unseen: float = 0.4
    n_folds: int = 4
    n_draws: int = 2000
    placebo: bool = True

    def __post_init__(self) -> None:
        if not self.flows or not self.sectors or not all(self.flows.values()):
            raise SettingsError("A study of relations needs flows, each with at least one series, and sectors.")
        if not 0.0 < self.unseen < 1.0 or self.n_folds < 1 or self.horizon < 1 or self.n_draws < 100:
            raise SettingsError(
                "unseen must lie inside (0, 1), n_folds and horizon must be at least 1 and n_draws at least 100, not "
                f"{self.unseen}, {self.n_folds}, {self.horizon} and {self.n_draws}."
            )
        architecture = self.provider.architectures()[0].architecture
        if "all" not in (architecture.at_once, architecture.in_order):
            raise SettingsError('The networks must read the sector and all flows: give the provider reads = "all".')

    @property
    def n_fits(self) -> int:
        """Ensembles that are trained, at most."""
        return len(self.sectors) * self.n_folds * (1 + len(self.flows) + self.placebo)


@dataclass(frozen=True, eq=False)
class Relations:
    """What was found.

    Attributes
    ----------
    table
        A row for each flow and sector: flow, sector, series, n (unseen rows), loss and loss_without (mean squared
        errors on them, of the ensemble that reads everything and of the one without the flow), change (loss_without /
        loss - 1), low and high (95 per cent of the bootstrap's draws of it, of rows and members) and p_value (share of
        draws in which the flow was of no use). NaN where a flow has no series but the sector's own.
    sectors
        A row for each sector: sector, series, first and last unseen period, n, and to_mean: loss over that of the mean
        of the outcomes trained on. Above 1 the networks know less than the mean, and what a flow changes is noise.
    """

    table: pd.DataFrame
    sectors: pd.DataFrame

    @property
    def matrix(self) -> pd.DataFrame:
        """Changes of the loss in per cent, sectors in rows and flows in columns."""
        return 100.0 * self._wide("change")

    @property
    def found(self) -> pd.DataFrame:
        """Whether the interval of a cell lies above zero, in the shape of `matrix`."""
        return self._wide("low") > 0.0

    def _wide(self, column: str) -> pd.DataFrame:
        wide = self.table.pivot_table(index="sector", columns="flow", values=column, sort=False, dropna=False)
        return wide.reindex(index=self.table["sector"].unique(), columns=self.table["flow"].unique())


def relations(panel: Panel, study: RelationStudy, tell: Callable[[str], None] | None = None) -> Relations:
    """Loss of forecasts of every sector without every flow, on rows not trained on.

    Parameters
    ----------
    panel
        What is known; its last rows are unseen in every fit that is judged on them. Scales of inputs and outcomes are
        those of the rows trained on; gaps of a series are filled from the whole panel.
    study
        What is asked.
    tell
        Called with what is trained, in words, before each ensemble.

    Raises
    ------
    FitError
        If a series is absent or too short.
    """
    tables, sectors = [], []
    for label, series in study.sectors.items():
        sector = _Sector.of(panel, study, series)
        with_all, without = _misses(sector, study, label, tell)
        tables.append(_compared(with_all, without, study).assign(sector=label, series=series))
        unseen = np.concatenate([fold.unseen for fold in sector.folds])
        sectors.append(
            {
                "sector": label,
                "series": series,
                "first": _period(panel, sector, unseen[0], study.frequency),
                "last": _period(panel, sector, unseen[-1], study.frequency),
                "n": unseen.size,
                "to_mean": _loss(with_all)
                / np.concatenate([_mean_errors(sector, fold) for fold in sector.folds]).mean(),
            }
        )
    columns = ["flow", "sector", "series", "n", "loss", "loss_without", "change", "low", "high", "p_value"]
    return Relations(pd.concat(tables, ignore_index=True)[columns], pd.DataFrame(sectors))


def relation_exhibits(found: Relations) -> tuple[Exhibit, ...]:
    """The matrix, every interval, and how good the forecasts are in the first place."""
    n_cells, n_found = int(found.table["change"].notna().sum()), int(found.found.to_numpy().sum())
    chance = (1.0 - _LEVEL) / 2.0 * n_cells
    note = (
        "Change of the mean squared error on unseen rows, %, when the networks of a sector are trained again without a "
        f"flow: above zero it was of use. A star: the interval of 95% lies above zero; {n_found} of {n_cells} cells, "
        f"where chance alone would give about {chance:.0f}"
    )
    worse = int((found.sectors["to_mean"] >= 1.0).sum())
    about = (
        "Loss over that of the mean of what was trained on. Where it is 1 or more the networks know nothing that the "
        f"mean does not, and the row above is noise: so it is in {worse} of {len(found.sectors)} sectors"
    )
    listed = found.table.assign(**{name: 100.0 * found.table[name] for name in ("change", "low", "high")}).rename(
        columns={"change": "change_percent", "low": "low_percent", "high": "high_percent"}
    )
    headings = {"first": "from", "last": "to", "n": "unseen_rows", "to_mean": "loss_over_the_mean's"}
    forecasts = found.sectors.rename(columns=headings)
    return (
        Exhibit("From flows to sectors", "heatmap", found.matrix, note=note, marked=found.found),
        Exhibit("How well the sectors are forecast at all", "table", forecasts, note=about),
        Exhibit("Every relation", "table", listed, note="Low and high: 95% of draws of blocks of rows and of members"),
    )


@dataclass(frozen=True, eq=False)
class _Fold:
    """Places of rows of the predictors: the outcomes trained on, and the rows judged on."""

    seen: IntArray
    unseen: IntArray


@dataclass(frozen=True, eq=False)
class _Sector:
    """A sector's series with all flows, and the folds of its rows."""

    found: Predictors
    inputs: Inputs
    outcome: Outcome
    folds: tuple[_Fold, ...]

    @classmethod
    def of(cls, panel: Panel, study: RelationStudy, series: str) -> _Sector:
        names = tuple(dict.fromkeys(name for members in study.flows.values() for name in members if name != series))
        target = Target(series, (study.horizon,), study.measure, study.frequency)
        known_series(panel, series, study.frequency)  # says what is wrong with one that cannot be forecast
        found = predictors(panel, target, study.provider.window, Pool(names))
        if study.placebo:
            turned = tuple(dict.fromkeys(members[0] for members in study.flows.values() if members[0] != series))
            found, names = _with_placebo(found, turned), (*names, *map(_placebo, turned))
        inputs = inputs_of(found.for_target(0), (), names)
        outcome = Outcome.of(found.levels[:, 0], study.measure, study.horizon)
        rows = inputs.sample(study.provider.architectures()[0].architecture, outcome).ends
        n_unseen = round(study.unseen * rows.size)
        folds = []
        for unseen in np.array_split(rows[rows.size - n_unseen :], study.n_folds):
            seen = outcome.ends[outcome.ends + study.horizon <= unseen[0]] if unseen.size else outcome.ends[:0]
            if np.isin(rows, seen).sum() < FEWEST_ROWS:
                raise FitError(
                    f"{series}: fewer than {FEWEST_ROWS} rows come before the first that is judged; lower unseen, "
                    "n_folds or the lags, or take a longer panel."
                )
            folds.append(_Fold(seen, unseen))
        return cls(found, inputs, outcome, tuple(folds))

    def outcomes(self, rows: IntArray) -> FloatArray:
        """In the measure's units."""
        return self.outcome.values[np.searchsorted(self.outcome.ends, rows)]  # noqa: PD011 - an array's own


def _misses(
    sector: _Sector, study: RelationStudy, label: str, tell: Callable[[str], None] | None
) -> tuple[FloatArray, dict[str, FloatArray | None]]:
    """Misses of every member on all unseen rows, with all flows and without each; None where nothing is left out."""
    pool = sector.inputs.names("pool")
    flows = {flow: [name for name in members if name in pool] for flow, members in study.flows.items()}
    if study.placebo:
        flows[PLACEBO] = [name for name in pool if name.startswith(_placebo(""))]
    left_out = {flow: np.isin(sector.found.names, members) for flow, members in flows.items()}

    def misses(what: str, held: BoolArray) -> FloatArray:
        return np.concatenate(list(_unseen_misses(sector, study, held, f"{label}, {what}", tell)), axis=1)

    with_all = misses("all flows", np.zeros(len(sector.found.names), bool))
    without = {flow: misses(f"without {flow}", held) if held.any() else None for flow, held in left_out.items()}
    return with_all, without


def _unseen_misses(
    sector: _Sector, study: RelationStudy, held: BoolArray, what: str, tell: Callable[[str], None] | None
) -> Iterator[FloatArray]:
    """Forecast less outcome, shape (n_members, n_rows), on the unseen rows of each fold, these columns held still."""
    named, settings = study.provider.architectures()[0], study.provider.ensemble_settings()
    stationary = np.where(held, 0.0, sector.found.stationary)
    found = dataclasses.replace(sector.found, stationary=stationary)
    for fold in sector.folds:
        if tell is not None:
            tell(what)
        seen = sector.outcomes(fold.seen)
        outcome = dataclasses.replace(sector.outcome, ends=fold.seen, values=seen, scaling=Scaling.of(seen[:, None]))
        known = stationary[: fold.seen[-1] + study.horizon + 1]
        inputs = dataclasses.replace(sector.inputs, found=found, scaling=Scaling.of(known))
        ensemble = train_ensemble(named.architecture, inputs, outcome, dataclasses.replace(settings, n_judged=0))
        rows = dataclasses.replace(
            inputs.sample(named.architecture, sector.outcome),
            ends=fold.unseen,
            outcome=np.zeros(fold.unseen.size, np.float32),
        )
        yield ensemble.says(rows, settings.device) - sector.outcomes(fold.unseen)


def _with_placebo(found: Predictors, names: Sequence[str]) -> Predictors:
    """The same series and, turned round in time, some of them once more."""
    columns = [found.names.index(name) for name in names]
    turned = np.roll(found.stationary[:, columns], len(found.stationary) // 2, axis=0)
    return dataclasses.replace(
        found,
        names=(*found.names, *map(_placebo, names)),
        forms=(*found.forms, *(found.forms[column] for column in columns)),
        groups=(*found.groups, *(PLACEBO for _ in names)),
        stationary=np.hstack([found.stationary, turned]),
    )


def _placebo(name: str) -> str:
    return f"{PLACEBO} {name}"


def _mean_errors(sector: _Sector, fold: _Fold) -> FloatArray:
    return np.asarray((sector.outcomes(fold.unseen) - sector.outcomes(fold.seen).mean()) ** 2)


def _loss(misses: FloatArray) -> float:
    """Mean squared error of the members' mean."""
    return float(np.square(misses.mean(axis=0)).mean())


def _compared(with_all: FloatArray, without: Mapping[str, FloatArray | None], study: RelationStudy) -> pd.DataFrame:
    """A row for each flow; all meet the same draws of rows and members."""
    losses = _Draws.of(with_all.shape, study)
    loss, drawn_loss = _loss(with_all), losses.drawn(with_all)
    rows: list[dict[str, object]] = []
    for flow, misses in without.items():
        rows.append({"flow": flow, "n": with_all.shape[1], "loss": loss})
        if misses is None:
            continue
        drawn = losses.drawn(misses) / drawn_loss - 1.0
        low, high = np.quantile(drawn, [(1.0 - _LEVEL) / 2.0, (1.0 + _LEVEL) / 2.0])
        rows[-1] |= {
            "loss_without": _loss(misses),
            "change": _loss(misses) / loss - 1.0,
            "low": low,
            "high": high,
            "p_value": (drawn <= 0.0).mean(),
        }
    columns = ["flow", "n", "loss", "loss_without", "change", "low", "high", "p_value"]
    return pd.DataFrame(rows).reindex(columns=columns)


@dataclass(frozen=True, eq=False)
class _Draws:
    """Rows and members of each draw of the bootstrap.

    Attributes
    ----------
    rows
        Shape (n_draws, n_rows): blocks of a mean length of twice the horizon, whose forecasts overlap, or more.
    shares
        Shape (n_draws, n_members): share of each member in the mean of a draw.
    """

    rows: IntArray
    shares: FloatArray

    @classmethod
    def of(cls, shape: tuple[int, ...], study: RelationStudy) -> _Draws:
        n_members, n_rows = shape
        block = min(max(2.0 * study.horizon, n_rows ** (1.0 / 3.0)), n_rows / 2.0)
        generator = np.random.default_rng(study.provider.seed)
        rows = stationary_bootstrap(n_rows, block, study.n_draws, generator)
        counts = generator.multinomial(n_members, np.full(n_members, 1.0 / n_members), study.n_draws)
        return cls(rows, counts / n_members)

    def drawn(self, misses: FloatArray) -> FloatArray:
        """Loss in each draw."""
        squared = np.square(self.shares @ misses)
        return np.asarray(np.take_along_axis(squared, self.rows, axis=1).mean(axis=1))


def _period(panel: Panel, sector: _Sector, row: int, frequency: Frequency) -> str:
    """Label of a row: periods are counted back from the target's last known value."""
    own = sector.found.names[sector.found.own[0]]
    last = panel.values(own, frequency).index[-1]
    return str(last - (len(sector.found.stationary) - 1 - row))
