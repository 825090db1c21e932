"""Figures of single series of a study: outcomes, the fluctuation test, PIT histograms, initial values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._typing import Frequency
from macrotrade.evaluation.density import pit_histogram
from macrotrade.evaluation.ensemble_race import EnsembleRace
from macrotrade.report.colours import BENCHMARK, FAINT, QUIET, provider_colours, provider_line, tint
from macrotrade.report.forecast_figures import UNITS
from macrotrade.report.layout import days, numbers, padded, styled
from macrotrade.report.parts import Figure, Part, Words
from macrotrade.report.study_judgement import Cell, StudyJudgement
from macrotrade.report.words import cardinal, name_of, sentence

__all__ = ["fluctuation_figure", "initialisation_figure", "outcome_figure", "pit_figure"]

_SHOWN = 4
"""Lines that a figure of forecasts shows before any is asked for in its legend."""

_PANEL, _ABOVE, _GAP = 104, 26, 0.09


def outcome_figure(forecasts: pd.DataFrame, judgement: StudyJudgement, cell: Cell, frequency: Frequency) -> Figure:
    """Every provider's forecasts of one series and horizon over what happened, by the period forecast."""
    rows = cell.rows(forecasts).sort_values("period")
    measure = str(rows["measure"].iloc[0])
    factor = 100.0 if measure.endswith("log_change") else 1.0
    came = rows.groupby("period")["outcome"].first()
    drawn = _drawn_first(rows, judgement)
    common: dict[str, Any] = {"type": "scatter", "hovertemplate": "%{y:.3g}"}
    traces = [
        {
            **common, "x": _period_ends(came.index, frequency), "y": numbers(factor * came, 5), "name": "Outcome",
            "mode": "lines+markers", "line": {"color": BENCHMARK, "width": 1.4},
            "marker": {"size": 4, "color": BENCHMARK},
        },
        *(
            {
                **common, "x": _period_ends(pd.Index(part["period"]), frequency),
                "y": numbers(factor * part["point"], 5), "name": name_of(str(provider)), "mode": "lines",
                "line": provider_line(judgement.providers, str(provider), 1.7),
                "visible": True if provider in drawn else "legendonly",
            }
            for provider, part in rows.groupby("provider", sort=False)
        ),
    ]  # fmt: skip
    figure = styled(
        traces,
        360,
        xaxis={"type": "date", "hoverformat": _HOVER[frequency]},
        yaxis={"title": {"text": f"{cell.series}, {UNITS.get(measure, measure)}"}},
    )
    since = "" if measure == "level" or measure.startswith("one_period") else " Changes count from the origin."
    hidden = len(judgement.providers) - len(drawn)
    legend = f" {cardinal(list(map(name_of, drawn)))} are drawn; the legend draws the others." if hidden else ""
    return Figure(f"Forecasts against outcomes, {cell.title}", figure, f"By the period forecast.{since}{legend}", 360)


def fluctuation_figure(judgement: StudyJudgement, cell: Cell, frequency: Frequency) -> Part:
    """Fluctuation test against the base: rolling standardised loss differences, or words why there is none."""
    assert judgement.races is not None
    base, race = name_of(judgement.races.points.base), judgement.races.fluctuation
    paths, verdicts = cell.rows(race.paths), cell.rows(race.verdicts)
    silent = verdicts[verdicts["statistic"].isna()]
    reasons = " ".join(
        f"No test of {cardinal(list(map(name_of, map(str, part['provider']))))}: {reason}."
        for reason, part in silent.groupby("note", sort=False)
    )
    if paths.empty:
        return Words(f"Fluctuation test against {base}, {cell.title}. {reasons or 'There is no other provider.'}")
    traces = [
        {
            "type": "scatter", "x": _period_ends(pd.Index(part["centre"]), frequency),
            "y": numbers(part["statistic"], 3), "name": name_of(str(provider)), "mode": "lines",
            "hovertemplate": "%{y:.2f}", "line": provider_line(judgement.providers, str(provider)),
        }
        for provider, part in paths.groupby("provider", sort=False)
    ]  # fmt: skip
    line = float(verdicts["critical_value"].max())
    low, high = padded(np.append(paths["statistic"].to_numpy(dtype=np.float64), [0.0, line]))
    figure = styled(
        traces,
        320,
        shapes=[_level("y", line, "dot"), _level("y", 0.0, "solid")],
        annotations=[_beside("y", line, "5%")],
        xaxis={"type": "date", "hoverformat": _HOVER[frequency]},
        yaxis={"title": {"text": "Fluctuation statistic"}, "range": [low, high], "zeroline": False},
    )
    beyond = verdicts[verdicts["statistic"] > verdicts["critical_value"]]["provider"]
    crossed = f"{cardinal(list(map(name_of, map(str, beyond))))} crossed it." if len(beyond) else "None crossed it."
    return Figure(
        f"Fluctuation test against {base}, {cell.title}",
        figure,
        f"Squared errors of {base} less those of each provider, averaged over a rolling window of three tenths of the "
        f"periods and standardised (Giacomini and Rossi, 2010), at the window's middle; {base} is the line at zero. "
        f"Above the dotted line, {line:.2f}, the provider was better at that time, at 5%. {crossed} {reasons}".rstrip(),
        320,
    )


def pit_figure(scores: pd.DataFrame, judgement: StudyJudgement, title: str) -> Figure | None:
    """PIT histogram of each provider beside the band of right forecasts; None without a known outcome.

    `scores` are rows of the study's forecasts, with the columns provider and pit.
    """
    found = {str(name): part["pit"].to_numpy(dtype=float) for name, part in scores.groupby("provider", sort=False)}
    panels = tuple(
        _Panel(place, name, len(found[name]), pit_histogram(found[name]))
        for place, name in enumerate(name for name in judgement.providers if name in found)
    )
    if not panels:
        return None
    colours, grid = provider_colours(judgement.providers), _Grid(len(panels))
    most = 106.0 * max(float(panel.table[["share", "high"]].to_numpy().max()) for panel in panels)
    axes = {axis: entries for panel in panels for axis, entries in _panel_axes(panel, grid, most).items()}
    figure = styled(
        [_bars(panel, colours[panel.provider]) for panel in panels],
        grid.height,
        showlegend=False,
        hovermode="closest",
        shapes=[shape for panel in panels for shape in _band(panel)],
        annotations=[_panel_title(panel, grid) for panel in panels],
        **axes,
    )
    return Figure(
        f"PIT histograms, {title}",
        figure,
        "How often outcomes fell into each tenth of their forecast distributions; right forecasts give ten per cent to "
        "each. A hump in the middle: too unsure; high ends: too sure; a slope: biased. The grey band holds a bar with "
        "95% if errors are independent; of forecasts several periods ahead, or of several series, they are not, and "
        "bars leave it more often.",
        grid.height,
    )


def initialisation_figure(race: EnsembleRace, provider: str, cell: Cell) -> Part:
    """Distribution over members of both statistics against the mean of all, or words why there is none."""
    summary, members = (cell.rows(table[table["provider"] == provider]) for table in (race.summary, race.members))
    title = f"{name_of(provider)}, {cell.title}"
    known = members[list(_STATISTICS)].to_numpy(dtype=np.float64)
    if not np.isfinite(known).any():
        reasons = [note for note in (*summary["note"], *members["note"]) if note]
        return Words(f"Members against the mean of all, {title}. {sentence(reasons[0]) if reasons else ''}")
    lines = summary[summary["statistic"] == "diebold_mariano"]
    five, one = lines[["critical_05", "critical_01"]].to_numpy(dtype=np.float64)[0].tolist()
    low, high = padded(np.append(known.ravel(), [0.0, one]))
    edges = np.linspace(low, high, 31)
    middle = (0.5 * (edges[1:] + edges[:-1])).round(4).tolist()
    traces = [
        {
            "type": "scatter", "x": middle, "name": words, "mode": "lines", "fill": "tozeroy",
            "y": (100.0 * np.histogram(values, edges)[0] / len(values)).round(3).tolist(),
            "fillcolor": tint(colour, 0.18), "line": {"color": colour, "width": 1.8, "shape": "hvh"},
            "hovertemplate": "%{y:.1f}%",
        }
        for name, words, colour in zip(_STATISTICS, _STATISTICS.values(), _COLOURS, strict=True)
        if len(values := members[name].dropna().to_numpy(dtype=np.float64))
    ]  # fmt: skip
    figure = styled(
        traces,
        320,
        shapes=[_level("x", 0.0, "solid"), _level("x", five, "dot"), _level("x", one, "dot")],
        annotations=[_beside("x", five, "5%"), _beside("x", one, "1%")],
        xaxis={"title": {"text": "Statistic", "standoff": 6}, "range": [low, high]},
        yaxis={"title": {"text": "Share of members, %"}, "rangemode": "tozero"},
        legend={"y": -0.2},
    )
    return Figure(
        f"Members against the mean of all, {title}",
        figure,
        f"Of {len(members):,d} members: right of zero the mean of all was more accurate than the member, beyond the "
        "dotted lines at 5 and 1% (those of Diebold and Mariano; Clark and West's are 1.64 and 2.33). How widely the "
        "members lie is what initial values alone do to a verdict.",
        320,
    )


_STATISTICS = {"diebold_mariano": "Diebold and Mariano", "clark_west": "Clark and West"}
_COLOURS = tuple(provider_colours(tuple(_STATISTICS)).values())
_HOVER: dict[Frequency, str] = {"D": "%d %b %Y", "M": "%b %Y", "Q": "%b %Y"}


def _drawn_first(rows: pd.DataFrame, judgement: StudyJudgement) -> list[str]:
    """Providers that are drawn at once: all of a few, else the base and those of the least error, in their order."""
    if len(judgement.providers) <= _SHOWN + 1:
        return [name for name in judgement.providers if name in set(rows["provider"])]
    square = ((rows["outcome"] - rows["point"]) ** 2).groupby(rows["provider"]).mean()
    base = judgement.races.points.base if judgement.races is not None else judgement.providers[0]
    best = [base, *map(str, square.drop(base, errors="ignore").nsmallest(_SHOWN - 1).index)]
    return [name for name in judgement.providers if name in best]


def _period_ends(periods: pd.Index, frequency: Frequency) -> list[str]:
    """Last day of each period, as a date that an axis can space."""
    labels = periods if isinstance(periods, pd.PeriodIndex) else pd.PeriodIndex(periods, freq=frequency)
    return days(labels.to_timestamp(how="end"))


def _level(axis: str, value: float, dash: str) -> dict[str, Any]:
    """A line across the figure at one value of an axis."""
    other = "x" if axis == "y" else "y"
    return {
        "type": "line", f"{other}ref": "paper", f"{other}0": 0, f"{other}1": 1, f"{axis}0": value, f"{axis}1": value,
        "line": {"color": QUIET, "width": 1.2, "dash": dash}, "layer": "below",
    }  # fmt: skip


def _beside(axis: str, value: float, text: str) -> dict[str, Any]:
    """Words at the end of such a line."""
    at_end = {"x": 1.0, "xref": "paper", "xanchor": "right", "y": value, "yref": "y", "yanchor": "bottom"}
    on_top = {"x": value, "xref": "x", "xanchor": "left", "y": 1.0, "yref": "paper", "yanchor": "top"}
    words = {"text": text, "showarrow": False, "font": {"size": 11, "color": QUIET}}
    return {**words, **(at_end if axis == "y" else on_top)}


@dataclass(frozen=True, eq=False)
class _Panel:
    """One provider's histogram, `n` outcomes, at a place counted along the rows."""

    place: int
    provider: str
    n: int
    table: pd.DataFrame

    @property
    def number(self) -> str:
        """Of its axes in plotly's names."""
        return "" if self.place == 0 else str(self.place + 1)


@dataclass(frozen=True)
class _Grid:
    """Panels in two columns, or one alone."""

    n_panels: int

    @property
    def n_columns(self) -> int:
        return min(2, self.n_panels)

    @property
    def n_rows(self) -> int:
        return -(-self.n_panels // self.n_columns)

    @property
    def height(self) -> int:
        return 44 + self.n_rows * (_PANEL + _ABOVE)

    def across(self, place: int) -> tuple[float, float]:
        """Left and right end of a panel, as shares of the width."""
        width = (1.0 - _GAP * (self.n_columns - 1)) / self.n_columns
        left = (place % self.n_columns) * (width + _GAP)
        return left, left + width

    def upright(self, place: int) -> tuple[float, float]:
        """Lower and upper end of a panel, as shares of the height; its title stands above."""
        row = place // self.n_columns
        return 1.0 - (row + 1) / self.n_rows, 1.0 - (row + _ABOVE / (_PANEL + _ABOVE)) / self.n_rows


def _bars(panel: _Panel, colour: str) -> dict[str, Any]:
    table = panel.table
    return {
        "type": "bar", "x": (0.5 * (table["lower"] + table["upper"])).round(3).tolist(),
        "y": numbers(100.0 * table["share"], 2), "width": [0.094] * len(table), "name": name_of(panel.provider),
        "marker": {"color": tint(colour, 0.8)}, "xaxis": f"x{panel.number}", "yaxis": f"y{panel.number}",
        "hovertemplate": "%{x}: %{y:.1f}%",
    }  # fmt: skip


def _panel_axes(panel: _Panel, grid: _Grid, most: float) -> dict[str, Any]:
    lowest = panel.place + grid.n_columns >= grid.n_panels
    return {
        f"xaxis{panel.number}": {
            "domain": grid.across(panel.place), "anchor": f"y{panel.number}", "range": [0, 1], "showgrid": False,
            "tickvals": [0, 0.25, 0.5, 0.75, 1], "showticklabels": lowest,
        },
        f"yaxis{panel.number}": {
            "domain": grid.upright(panel.place), "anchor": f"x{panel.number}", "range": [0, most], "nticks": 4,
            "showticklabels": panel.place % grid.n_columns == 0, "ticksuffix": "%",
        },
    }  # fmt: skip


def _panel_title(panel: _Panel, grid: _Grid) -> dict[str, Any]:
    return {
        "text": name_of(panel.provider), "x": grid.across(panel.place)[0], "y": grid.upright(panel.place)[1],
        "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": {"size": 12},
    }  # fmt: skip


def _band(panel: _Panel) -> list[dict[str, Any]]:
    """Where the bars of right forecasts lie, behind them, and the line of ten per cent over them."""
    low, high = (100.0 * float(panel.table[end].iloc[0]) for end in ("low", "high"))
    common = {"xref": f"x{panel.number}", "yref": f"y{panel.number}", "x0": 0, "x1": 1}
    return [
        {**common, "type": "rect", "y0": low, "y1": high, "fillcolor": FAINT, "line": {"width": 0}, "layer": "below"},
        {**common, "type": "line", "y0": 10, "y1": 10, "line": {"color": BENCHMARK, "width": 1.2, "dash": "dot"}},
    ]
