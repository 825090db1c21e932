"""Which provider forecasts best? One table from tidy forecasts: accuracy, ratios to a base, tests and confidence sets.

The steps: :func:`macrotrade.evaluation.losses.shared_forecasts` cuts each (series, horizon, window) to the periods that
all providers share; each provider is tested against the base; a model confidence set is drawn for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError, near_misses
from macrotrade.evaluation.accuracy import accuracy
from macrotrade.evaluation.comparison import clark_west, diebold_mariano
from macrotrade.evaluation.confidence_set import Elimination, model_confidence_set
from macrotrade.evaluation.losses import WHOLE, Loss, SharedForecasts, Window, cells, shared_forecasts
from macrotrade.evaluation.verdict import Alternative, stars

__all__ = ["HorseRace", "horse_race"]


@dataclass(frozen=True, eq=False)
class HorseRace:
    """Every provider judged on every series, horizon and window.

    Attributes
    ----------
    table
        Tidy, a row for each (provider, series, measure, horizon, window): n, rmse, mae, bias (outcome less forecast),
        rmse_ratio and mae_ratio to the base, diebold_mariano and clark_west with their p-values (one-sided: better than
        the base), ``set_p_value`` and ``in_75``, ``in_90`` (confidence sets), and note.
    base
        Provider at the base of ratios and tests.
    nested
        Providers that nest the base: their stars are Clark and West's.
    """

    table: pd.DataFrame
    base: str
    nested: tuple[str, ...] = ()

    def wide(self, figure: str = "rmse_ratio") -> pd.DataFrame:
        """One figure, providers x (series, window, horizon), in the order of the table."""
        if figure not in self.table.columns:
            raise SettingsError(f"The race has no figure {figure!r}. {near_misses(figure, self.table.columns)}")
        keys = ["series", "window", "horizon"]
        columns = pd.MultiIndex.from_frame(self.table[keys].drop_duplicates())
        wide = self.table.pivot_table(index="provider", columns=keys, values=figure, aggfunc="first")
        return wide.reindex(index=pd.unique(self.table["provider"]), columns=columns).rename_axis(index="provider")

    def stars(self) -> pd.DataFrame:
        """``*``, ``**``, ``***`` where a provider beats the base at 10, 5, 1 per cent; rows and columns of `wide`."""
        p_values = self.wide("diebold_mariano_p_value")
        nested = p_values.index.isin(self.nested)
        p_values[nested] = self.wide("clark_west_p_value")[nested]
        return p_values.map(stars)


def horse_race(
    forecasts: pd.DataFrame,
    base: str,
    windows: Sequence[Window] = WHOLE,
    *,
    nested: Collection[str] = (),
    loss: Loss = "squared",
    alternative: Alternative = "greater",
    levels: Sequence[float] = (0.75, 0.90),
    elimination: Elimination = "R",
    n_draws: int = 5000,
    seed: int = 0,
) -> HorseRace:
    """Judge every provider on every series, horizon and window of tidy forecasts.

    Parameters
    ----------
    forecasts
        Tidy, columns provider, as_of, series, measure, horizon, period, point, outcome.
    base
        Provider that the others are compared with.
    windows
        Periods forecast that count.
    nested
        Providers whose model nests that of the base.
    loss
        Of the Diebold-Mariano tests and confidence sets.
    alternative
        Of the tests: ``greater`` asks whether a provider beats the base.
    levels
        Of the confidence sets.
    elimination, n_draws, seed
        Of the confidence sets, see :func:`macrotrade.evaluation.confidence_set.model_confidence_set`.

    Notes
    -----
    Each cell is judged on the periods that all providers with any forecast in it share; a provider with none has a row
    that says so.
    """
    providers = [str(name) for name in pd.unique(forecasts["provider"])]
    for name in (base, *nested):
        if name not in providers:
            raise SettingsError(f"{name!r} made no forecast. {near_misses(name, providers)}")
    if len({window.name for window in windows}) < len(windows):
        raise SettingsError(f"Windows need different names, not {[window.name for window in windows]}.")
    parts = []
    for series, window, horizon in cells(forecasts, windows):
        shared = shared_forecasts(forecasts, series, horizon, window)
        kept = model_confidence_set(
            shared.losses(loss), levels, horizon=horizon, n_draws=n_draws, elimination=elimination, seed=seed
        )
        cell = _figures(shared, base, providers).join(_tests(shared, base, loss, alternative))
        cell = cell.join(kept.frame.drop(columns=["mean_loss", "note"]).rename(columns={"p_value": "set_p_value"}))
        parts.append(cell.assign(window=window.name, note=_notes(shared, cell, kept.frame["note"])))
    table = pd.concat(parts).rename_axis(index="provider").reset_index()
    marks = [column for column in table.columns if column.startswith("in_")]
    table[marks] = table[marks].eq(True)  # a provider that takes no part is in no set
    figures = table.columns.drop([*_KEYS, "window", "test_note", "note"])
    return HorseRace(table[[*_KEYS, "window", *figures, "note"]], base, tuple(nested))


def _figures(shared: SharedForecasts, base: str, providers: Sequence[str]) -> pd.DataFrame:
    """Accuracy of every provider over the shared periods, a row each, with the cell's labels."""
    rows = shared.tidy()
    figures = accuracy(rows, base if base in shared.points and len(rows) else None)
    figures = figures.droplevel(["series", "measure", "horizon"])
    figures = figures.reindex(index=list(providers), columns=["n", "rmse", "mae", "bias", "rmse_ratio", "mae_ratio"])
    return figures.assign(
        series=shared.series,
        measure=shared.measure,
        horizon=shared.horizon,
        n=figures["n"].fillna(0).astype(np.int64),
    )


def _tests(shared: SharedForecasts, base: str, loss: Loss, alternative: Alternative) -> pd.DataFrame:
    """Tests of every provider against the base, a row each; the note says why there are none."""
    points, losses = shared.points, shared.losses(loss)
    if base not in points:
        return pd.DataFrame(np.nan, index=points.columns, columns=_TESTS).assign(test_note=f"no forecasts of {base}")
    rows: dict[str, tuple[float | str, ...]] = {base: (*[np.nan] * 4, "base of the ratios and tests")}
    for provider in points.columns.drop(base):
        plain = diebold_mariano(
            losses[base].to_numpy(), losses[provider].to_numpy(), shared.horizon, alternative=alternative
        )
        adjusted = clark_west(
            shared.outcome.to_numpy(), points[base].to_numpy(), points[provider].to_numpy(), shared.horizon,
            alternative=alternative,
        )  # fmt: skip
        rows[provider] = (plain.statistic, plain.p_value, adjusted.statistic, adjusted.p_value, plain.note)
    return pd.DataFrame.from_dict(rows, orient="index", columns=_TESTS)


_KEYS = ["provider", "series", "measure", "horizon"]
_TESTS = ["diebold_mariano", "diebold_mariano_p_value", "clark_west", "clark_west_p_value", "test_note"]


def _notes(shared: SharedForecasts, cell: pd.DataFrame, of_set: pd.Series) -> list[str]:
    """What the reader must know of each provider in a cell."""
    found = []
    for provider, of_test in cell["test_note"].items():
        if provider in shared.absent:
            found.append("no forecasts in this window")
            continue
        parts = [str(of_test), shared.note, str(of_set.get(provider, ""))]
        found.append("; ".join(_once(parts)))
    return found


def _once(reasons: list[str]) -> list[str]:
    """Reasons each told once; too few periods for the test are too few for the confidence set."""
    told = list(dict.fromkeys(filter(None, reasons)))
    short = any("the test needs" in reason for reason in told)
    return [reason for reason in told if not (short and "the set needs" in reason)]
