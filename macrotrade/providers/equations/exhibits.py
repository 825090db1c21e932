"""What discovered equations show of themselves: their text, fit, recursive path, steady state, and what was vetoed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.forecast import Exhibit
from macrotrade.providers.equations.direct import DirectEquations
from macrotrade.providers.equations.discovery import Discovery
from macrotrade.providers.equations.equation import Equation, System
from macrotrade.providers.equations.inputs import last_known
from macrotrade.providers.equations.iterated import IteratedEquations
from macrotrade.providers.equations.ranked import Ranked
from macrotrade.providers.equations.recursion import Recursion
from macrotrade.providers.equations.steady_state import steady_states

__all__ = [
    "direct_exhibits",
    "discovery_exhibits",
    "iterated_exhibits",
    "member_table",
    "path_exhibit",
    "steady_state_table",
    "veto_table",
]

_MOST_VETOES = 40
_N_STEPS = 12


def direct_exhibits(equations: Mapping[str, Mapping[int, DirectEquations]]) -> tuple[Exhibit, ...]:
    """Members of every series and distance, and what was vetoed of the first."""
    shown = []
    for name, by_step in equations.items():
        rows = [
            (step, weight, member.rmse, scale, found.anchor_error, str(member))
            for step, found in by_step.items()
            for member, weight, scale in zip(found.members, found.weights, found.scales, strict=True)
        ]
        frame = pd.DataFrame(
            rows, columns=["steps", "weight", "error_in_sample", "error_from_origins", "error_of_anchor", "equation"]
        )
        own, anchor = (
            (f"log change of {name}, per cent", "mean of history")
            if _is_mean(by_step)
            else (f"change of {name}", "autoregression")
        )
        note = (
            f"own is the last {own}. Errors are root mean squares: of the equation in sample; of the forecast, which "
            f"is shrunk toward the {anchor}, from rolling origins; and of the {anchor} from the same origins."
        )
        shown.append(Exhibit(f"Equations of {name}", "table", frame, note=note))
        shown += _vetoes(name, [one for found in by_step.values() for one in found.ranked])
    return tuple(shown)


def iterated_exhibits(equations: IteratedEquations, history: pd.DataFrame) -> tuple[Exhibit, ...]:
    """Members, fit, recursive path, steady states, and what was vetoed, of equations that read their own forecasts."""
    target = equations.target
    members = [group.equation(target) for group in equations.groups]
    paths, anchor, _ = equations.paths(history, _N_STEPS)
    last = last_known(history[target])
    drawn = pd.DataFrame(
        np.column_stack([*paths, anchor]),
        index=pd.period_range(last + 1, periods=_N_STEPS),
        columns=[*_labels(members), "autoregression"],
    )
    ranked = [one for discovery in equations.discoveries for one in discovery.ranked]
    return (
        Exhibit(f"Equations of {target}", "table", member_table(members, equations.weights)),
        *(() if len(equations.groups[0].equations) == 1 else (_systems(target, equations.groups),)),
        _fit(members, history),
        Exhibit(f"Recursive path of {target}", "lines", drawn, note="Each equation alone, before it is shrunk."),
        Exhibit(f"Steady states of {target}", "table", steady_state_table(members, history)),
        *_vetoes(target, ranked),
    )


def discovery_exhibits(discovery: Discovery, frame: pd.DataFrame, n_steps: int | None = None) -> tuple[Exhibit, ...]:
    """Members, fit, recursive path, steady states and vetoes of a discovery on the data it is used on.

    Parameters
    ----------
    discovery
        With its members.
    frame
        What is known, such as what it was discovered on.
    n_steps
        Of the recursive path; those that the score judged by default.
    """
    members = discovery.members
    found = discovery.forecast(frame, n_steps or discovery.settings.horizon)
    return (
        Exhibit(f"Equations of {discovery.target}", "table", member_table(members, discovery.weights)),
        _fit(members, frame),
        path_exhibit(discovery.target, members, found, discovery.settings.shrink),
        Exhibit(
            f"Steady states of {discovery.target}",
            "table",
            steady_state_table(members, frame),
            note="A deviation from a steady state shrinks by the spectral radius in a period.",
        ),
        *_vetoes(discovery.target, discovery.ranked),
    )


def path_exhibit(target: str, members: Sequence[Equation], found: Recursion, shrink: float) -> Exhibit:
    """Recursive paths of the members, of their median shrunk, and of the autoregression."""
    drawn = found.member_paths.set_axis(_labels(members), axis=1)
    drawn["autoregression"] = found.anchor_paths[target]
    drawn["forecast"] = found.paths[target]
    said = "; ".join(found.flags) or "No step was clipped, and no equation replaced"
    note = f"The forecast is the members' median, {shrink:.0%} of the way to the autoregression. {said}."
    return Exhibit(f"Recursive path of {target}", "lines", drawn, note=note)


def member_table(members: Sequence[Equation], weights: FloatArray) -> pd.DataFrame:
    """A row for each member: its name, weight, error in sample, and text."""
    return pd.DataFrame(
        {
            "member": _labels(members),
            "weight": weights,
            "rmse_in_sample": [member.rmse for member in members],
            "equation": [str(member) for member in members],
        }
    )


def steady_state_table(members: Sequence[Equation], history: pd.DataFrame) -> pd.DataFrame:
    """A row for each steady state of each member inside history and a margin."""
    rows = [
        (label, state.levels[member.target], state.spectral_radius)
        for label, member in zip(_labels(members), members, strict=True)
        for state in steady_states(member, history.dropna())
    ]
    return pd.DataFrame(rows, columns=["member", "level", "spectral_radius"])


def veto_table(ranked: Sequence[Ranked]) -> pd.DataFrame:
    """A row for each equation that was refused: its place in the ranking, its text, and why."""
    rows = [(place, str(one.equation), one.veto) for place, one in enumerate(ranked, start=1) if one.veto is not None]
    return pd.DataFrame(rows, columns=["place", "equation", "reason"])


def _fit(members: Sequence[Equation], history: pd.DataFrame) -> Exhibit:
    target = members[0].target
    drawn = pd.DataFrame(
        {target: history[target]}
        | {label: one.predict(history) for label, one in zip(_labels(members), members, strict=True)}
    )
    return Exhibit(f"Fit of {target}", "lines", drawn.dropna(), note="One-step predictions, each from the rows before.")


def _systems(target: str, groups: Sequence[System]) -> Exhibit:
    lines = dict.fromkeys(str(one) for group in groups for one in group.equations if one.target != target)
    return Exhibit(f"Equations that {target} is carried by", "text", text="\n".join(lines))


def _vetoes(name: str, ranked: Sequence[Ranked]) -> list[Exhibit]:
    table = veto_table(ranked)
    if table.empty:
        return []
    note = f"{len(table)} of the {len(ranked)} equations that were judged; the best {min(len(table), _MOST_VETOES)}."
    return [Exhibit(f"Vetoed equations of {name}", "table", table.head(_MOST_VETOES), note=note)]


def _labels(members: Sequence[Equation]) -> list[str]:
    return [f"equation {place}" for place in range(1, len(members) + 1)]


def _is_mean(by_step: Mapping[int, DirectEquations]) -> bool:
    return not next(iter(by_step.values())).anchor.variables
