"""A system and its forecast in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from macrotrade._typing import FloatArray
from macrotrade.forecast import Target
from macrotrade.providers.bma.averaging import Member
from macrotrade.providers.bma.equation import Equation, Term
from macrotrade.providers.bma.reading import Reading
from macrotrade.providers.bma.responses import Solved
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.system import System

__all__ = ["member_label", "reasons_of", "sentence"]

_MOST_TARGETS = 12


def member_label(member: Member, settings: SystemSettings) -> str:
    """Name of a member in forecasts and tables."""
    return {
        "machine": "machine",
        "autoregression": f"AR({settings.n_lags})",
        "seasonal_autoregression": "AR(1)+seasonal",
    }[member]


def sentence(equation: Equation) -> str:
    """An equation on one line, t statistics in brackets."""
    right = "".join(_signed(term, first=k == 0) for k, term in enumerate(equation.terms))
    return f"{equation.conversion} {equation.target}(t) = {right}"


def reasons_of(
    system: System,
    reading: Reading,
    solved: Mapping[int, tuple[Solved, ...]],
    members: Sequence[Member],
    target: Target,
    weights: FloatArray,
) -> tuple[str, ...]:
    """What is behind a forecast: equations and weights of its series, what the guard did, what the data lacked.

    Parameters
    ----------
    system, reading, target
        What forecast, from which numbers, and what.
    solved
        By horizon, each member's solution in the order of `members`.
    members
        Who takes part in the average.
    weights
        Shape (n_members, n_horizons, n_series).
    """
    labels = [member_label(member, system.settings) for member in members]
    first = solved[target.horizons[0]]
    reasons: list[str] = []
    for column, name in enumerate(target.names[:_MOST_TARGETS]):
        place = system.place(name)
        if "machine" in members:
            equation = first[list(members).index("machine")].equations[place]
            reasons.append(f"{name}: {sentence(equation)}; {_sample_words(equation, system, reading)}.")
        if len(members) > 1:
            shares = zip(labels, weights[:, 0, column], strict=True)
            reasons.append(f"{name}: weights " + ", ".join(f"{label} {weight:.3f}" for label, weight in shares) + ".")
    if len(target.names) > _MOST_TARGETS:
        reasons.append(f"{len(target.names) - _MOST_TARGETS} more series; see the system for their equations.")
    reasons += _guard_words(system, solved, labels)
    reasons += [words for name in target.names[:_MOST_TARGETS] for words in _late_words(name, reading)]
    return (*reasons, *_sample_notes(system, reading))


def _signed(term: Term, *, first: bool) -> str:
    sign = ("-" if first else " - ") if term.coefficient < 0 else ("" if first else " + ")
    name = "" if term.kind == "intercept" else f" {term.label}"
    return f"{sign}{abs(term.coefficient):.4g}{name} ({term.t_statistic:.1f})"


def _sample_words(equation: Equation, system: System, reading: Reading) -> str:
    last = system.sample.first_row + len(system.sample.converted) - 1
    by = "" if equation.origin == "machine" else f"by its {equation.origin}, "
    return f"{by}{equation.n_observations} rows to {reading.period(last)}"


def _guard_words(system: System, solved: Mapping[int, tuple[Solved, ...]], labels: Sequence[str]) -> list[str]:
    words = [f"Guard: {cut}." for cut in system.cuts]
    for members in solved.values():
        for label, member in zip(labels, members, strict=True):
            words += [f"Guard ({label}): {action}." for action in (*member.cuts, *member.replacements)]
    return list(dict.fromkeys(words))


def _late_words(name: str, reading: Reading) -> list[str]:
    last = reading.last_known(name)
    late = reading.origin_row - last
    if late < 1:
        return []
    return [
        f"{name} ends {late} period{'s' * (late > 1)} before the origin, in {reading.period(last)}; "
        "the periods between are forecast first."
    ]


def _sample_notes(system: System, reading: Reading) -> list[str]:
    notes = []
    if system.left_out:
        notes.append("Left out: " + "; ".join(f"{each.name} ({each.reason})" for each in system.left_out) + ".")
    if system.imputed:
        gaps = [
            f"{name} {', '.join(str(reading.period(each.row)) for each in group)}"
            for name, group in groupby(system.imputed, key=lambda each: each.name)
        ]
        notes.append("Gaps bridged by straight lines: " + "; ".join(gaps) + ".")
    if system.twins:
        notes.append(
            "No one's regressor: " + "; ".join(f"{each.name} (repeats {each.repeats})" for each in system.twins) + "."
        )
    return notes
