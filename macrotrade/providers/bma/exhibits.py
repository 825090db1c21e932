"""What a fitted system shows of itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from macrotrade.forecast import Exhibit, Target
from macrotrade.providers.bma.averaging import Member, Weighting, member_equations, posterior_weights
from macrotrade.providers.bma.system import System
from macrotrade.providers.bma.words import member_label

__all__ = ["system_exhibits"]

_MOST_INFORMATIVE = 30


def system_exhibits(
    system: System, members: tuple[Member, ...], weighting: Weighting, target: Target
) -> tuple[Exhibit, ...]:
    """Equations of the target's series, weights, who informs whom, who is informative, and the forms chosen."""
    equations = [_equation(system, name) for name in target.names]
    weights = [_weights(system, members, weighting, target)] if len(members) > 1 else []
    return (*equations, *weights, _graph(system), _appearances(system), _conversions(system), *_repairs(system))


def terms_frame(system: System, name: str) -> pd.DataFrame:
    """A row for each term of a series' machine-built equation: regressor, series, lag, coefficient, t_statistic."""
    columns = ["regressor", "series", "lag", "coefficient", "t_statistic"]
    rows = [[getattr(row, column) for column in columns] for row in system.equation(name).table()]
    return pd.DataFrame(rows, columns=columns)


def links_frame(system: System) -> pd.DataFrame:
    """A row for each series in another's equation: source, target, lags, t (of the largest size), contemporaneous."""
    rows = [
        (link.source, link.target, ", ".join(map(str, link.lags)), link.largest_t, link.contemporaneous)
        for link in system.links()
    ]
    return pd.DataFrame(rows, columns=["source", "target", "lags", "t", "contemporaneous"])


def _equation(system: System, name: str) -> Exhibit:
    offered = system.candidates(name)
    chosen = system.equation(name).others
    note = f"{len(offered)} series Granger-cause {name}, {len(chosen)} of them entered."
    return Exhibit(f"Equation of {name}", "table", terms_frame(system, name), str(system.equation(name)), note)


def _weights(system: System, members: tuple[Member, ...], weighting: Weighting, target: Target) -> Exhibit:
    weights = posterior_weights([member_equations(system, member) for member in members], weighting)
    labels = [member_label(member, system.settings) for member in members]
    places = [system.place(name) for name in target.names]
    frame = pd.DataFrame(weights[:, places].T, index=pd.Index(target.names, name="series"), columns=labels)
    frame.loc["average of all series"] = weights.mean(axis=1)
    form = "per observation" if weighting == "per_observation" else "times the observations"
    return Exhibit(
        "Weights of the members", "table", frame, note=f"By BIC {form}, residuals left out of ten contiguous folds."
    )


def _graph(system: System) -> Exhibit:
    n_own = sum(1 for equation in system.equations if not equation.others)
    return Exhibit(
        "Who informs whom",
        "graph",
        links_frame(system),
        note=f"{len(system.names)} series, {n_own} of which no other informs. Lag 0 is the same period; t is that of "
        "the strongest lag.",
    )


def _appearances(system: System) -> Exhibit:
    counts = Counter(system.appearances()).most_common(_MOST_INFORMATIVE)
    screened = dict(zip(system.names, np.asarray(system.screen.candidates.sum(axis=0)).tolist(), strict=True))
    rows = [(name, count, screened[name]) for name, count in counts if count]
    return Exhibit(
        "Who is informative",
        "table",
        pd.DataFrame(rows, columns=["series", "equations", "candidate_in"]),
        note="In how many other series' equations a series stands, and in how many it was a candidate.",
    )


def _conversions(system: System) -> Exhibit:
    parameters = [equation.n_parameters for equation in system.equations]
    forms = Counter(map(str, system.conversions))
    rows = [
        (name, str(conversion), equation.n_parameters, len(equation.others), equation.residual_deviation)
        for name, conversion, equation in zip(system.names, system.conversions, system.equations, strict=True)
    ]
    note = ", ".join(f"{count} in {form}" for form, count in forms.most_common())
    return Exhibit(
        "Forms and sizes",
        "table",
        pd.DataFrame(rows, columns=["series", "form", "parameters", "other_series", "residual_deviation"]),
        note=f"{note}; {np.mean(parameters):.1f} parameters on average.",
    )


def _repairs(system: System) -> tuple[Exhibit, ...]:
    if not (system.cuts or system.left_out):
        return ()
    lines = [f"{cut}" for cut in system.cuts] + [f"{each.name} left out: {each.reason}" for each in system.left_out]
    radius = f"Spectral radius of the whole dynamic system: {system.dynamic_radius:.3f}."
    return (Exhibit("Cut and left out", "text", text="\n".join(lines), note=radius),)
