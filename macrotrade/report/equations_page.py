"""The gallery of discovered equations: each with its fit, recursive path and steady state, and what was vetoed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from macrotrade.providers.equations.discovery import Discovery
from macrotrade.providers.equations.equation import Equation
from macrotrade.providers.equations.exhibits import discovery_exhibits, steady_state_table
from macrotrade.providers.equations.recursion import recurse
from macrotrade.providers.equations.system import SystemDiscovery
from macrotrade.report.colours import provider_colours
from macrotrade.report.exhibits import drawn
from macrotrade.report.finished import Report
from macrotrade.report.layout import days, numbers, styled
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Choice, Column, Figure, Part, Section, Table, Words
from macrotrade.report.words import cardinal, count, sentence

__all__ = ["equations_report"]

_MOST_RANKED = 40
_HEADINGS = ("Search", "Equations", "Forecast", "Ranking", "Veto log")
_CAPITALS = {"mse": "MSE", "mdl": "MDL", "bic": "BIC", "esr": "ESR", "one_step": "One step", "recursive": "Recursive"}


def equations_report(found: Discovery | SystemDiscovery, frame: pd.DataFrame, source: str, name: str = "") -> Report:
    """Page, Markdown and results of a discovery, or of a discovered system, on the data it was made on.

    Parameters
    ----------
    found
        What was discovered.
    frame
        What it was discovered on, or the same continued: paths start at its end.
    source
        Which data these are, in words.
    name
        Title.

    Examples
    --------
    ::

        equations_report(discover(frame, "pi"), frame, "euro area").save("runs/equations")
    """
    discoveries = found.discoveries if isinstance(found, SystemDiscovery) else (found,)
    title = name or f"Discovered equations of {cardinal([one.target for one in discoveries])}"
    title = title[:1].upper() + title[1:]
    members = sum(len(one.members) for one in discoveries)
    lead = f"{count(members, 'equation')} chosen on {source}."
    told = {one.target: _told(one, frame) for one in discoveries}
    sections = [
        Section(heading, _by_target({name: one[heading] for name, one in told.items()})) for heading in _HEADINGS
    ]
    if isinstance(found, SystemDiscovery):
        sections.append(Section("Systems", _systems(found)))
    return Report(
        title=title,
        html=page(title, lead, tuple(sections), "discovered equations"),
        markdown=markdown(title, lead, tuple(sections)),
        results={"source": source, "discoveries": [one.record() for one in discoveries]},
    )


def _told(discovery: Discovery, frame: pd.DataFrame) -> dict[str, tuple[Part, ...]]:
    """Parts of each section."""
    exhibits = discovery_exhibits(discovery, frame)
    path = next(one for one in exhibits if one.title.startswith("Recursive path"))
    vetoes = [part for one in exhibits if one.title.startswith("Vetoed") for part in drawn(one)]
    parts: list[tuple[Part, ...]] = [
        (Words(items=tuple(map(sentence, _searched(discovery)))),),
        _gallery(discovery, frame),
        tuple(drawn(path)),
        (_ranking(discovery),),
        tuple(vetoes) or (Words("No equation was vetoed."),),
    ]
    return dict(zip(_HEADINGS, parts, strict=True))


def _by_target(parts: Mapping[str, tuple[Part, ...]]) -> tuple[Part, ...]:
    return (Choice("Series", parts),) if len(parts) > 1 else next(iter(parts.values()))


def _systems(found: SystemDiscovery) -> tuple[Part, ...]:
    """Systems that stand, and why others do not."""
    words = f"{count(len(found.systems), 'system')} passed the guards; {len(found.refused)} did not."
    standing = {
        f"System {place}": "; ".join(map(str, one.equations)) for place, one in enumerate(found.systems, start=1)
    }
    reasons = tuple(sentence(reason) for _, reason in found.refused[:_MOST_RANKED])
    return (Words(words, terms=standing or None), *((Words(items=reasons),) if reasons else ()))


def _searched(discovery: Discovery) -> list[str]:
    log = discovery.log
    lines = [str(log["language"]), *discovery.certificate.lines()]
    lines.append(f"Sample {' to '.join(log['sample'])}; ranked by {discovery.settings.score.replace('_', ' ')} error")
    if log.get("only_autoregression"):
        lines.append("Every equation was vetoed: the autoregression forecasts")
    return lines


def _gallery(discovery: Discovery, frame: pd.DataFrame) -> tuple[Part, ...]:
    """One equation at a time."""
    scores = {str(one.equation): one.scores for one in discovery.ranked}
    options = {
        f"equation {place}": _one(member, float(weight), scores.get(str(member), {}), discovery, frame)
        for place, (member, weight) in enumerate(zip(discovery.members, discovery.weights, strict=True), start=1)
    }
    return (Choice("Equation", options),)


def _one(member: Equation, weight: float, scores: Any, discovery: Discovery, frame: pd.DataFrame) -> tuple[Part, ...]:
    states = steady_state_table([member], frame)
    rests = [f"{row.level:.3g} (spectral radius {row.spectral_radius:.3f})" for row in states.itertuples()]
    terms = {
        "Equation": str(member),
        "Weight": f"{weight:.0%}",
        "Fitted": f"{member.first} to {member.last}, root mean squared residual {member.rmse:.4g}",
        "Scores": ", ".join(f"{_CAPITALS.get(key, key)} {value:.4g}" for key, value in scores.items()) or "none",
        "Steady state": ", ".join(rests) or "none in history or near it",
    }
    return (Words(terms=terms), _fit_figure(member, frame), _path_figure(member, discovery, frame))


def _fit_figure(member: Equation, frame: pd.DataFrame) -> Figure:
    table = pd.DataFrame({member.target: frame[member.target], "one-step prediction": member.predict(frame)}).dropna()
    residual = float(np.sqrt(np.mean((table.iloc[:, 0] - table.iloc[:, 1]) ** 2)))
    note = (
        f"Each prediction is made from the rows before it; over all rows its root mean squared error is {residual:.4g}."
    )
    return Figure("Fit", styled(_traces(table), 300, legend={"y": -0.16}), note, 300)


def _path_figure(member: Equation, discovery: Discovery, frame: pd.DataFrame) -> Figure:
    found = recurse(member, frame, discovery.settings.horizon, discovery.settings.guards)
    history = frame[member.target].dropna().iloc[-40:]
    joined = pd.concat([history.iloc[-1:], found.paths[member.target]])
    anchor = pd.concat([history.iloc[-1:], found.anchor_paths[member.target]])
    table = pd.DataFrame({member.target: history, "equation": joined, "autoregression": anchor})
    said = "; ".join(found.flags) or "no step was clipped"
    return Figure("Recursive path", styled(_traces(table), 300, legend={"y": -0.16}), sentence(said), 300)


def _traces(table: pd.DataFrame) -> list[dict[str, Any]]:
    index = pd.PeriodIndex(table.index).to_timestamp()
    colours = provider_colours(tuple(map(str, table.columns)))
    return [
        {
            "type": "scatter", "x": days(index), "y": numbers(table[name], 4), "name": str(name), "mode": "lines",
            "line": {"color": colours[str(name)], "width": 1.8}, "hovertemplate": "%{y:.3f}",
        }
        for name in table.columns
    ]  # fmt: skip


def _ranking(discovery: Discovery) -> Table:
    rows = [
        {"place": place, **one.scores, "veto": "vetoed" if one.veto else "", "equation": str(one.equation)}
        for place, one in enumerate(discovery.ranked[:_MOST_RANKED], start=1)
    ]
    frame = pd.DataFrame(rows)
    helps = {
        "one_step": "Root mean squared error one step ahead, from rolling origins inside the sample.",
        "recursive": "Root mean squared error of recursive forecasts from rolling origins inside the sample.",
        "mdl": "Mean squared residual and a price for length.",
        "esr": "Description length of data and equation.",
    }
    columns = [Column("place", "Place", "integer", 0)]
    for name in frame.columns[1:-2]:
        digits = 1 if name in ("bic", "esr") else 4
        columns.append(
            Column(str(name), _CAPITALS.get(str(name), str(name)), "number", digits, helps.get(str(name), ""))
        )
    columns += [Column("veto", "Veto"), Column("equation", "Equation")]
    note = f"The best {len(rows)} of the {len(discovery.ranked)} that were judged, less is better."
    return Table("Equations by score", tuple(columns), frame, note)
