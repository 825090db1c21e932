"""Which of the equations that fit are to forecast.

Equations of least BIC -> ranked by recursive forecasts inside the sample -> vetoes -> the best few that differ. The
choice sees the sample alone.

Among sixty equations of least BIC no score foretells much: for euro-area inflation, over 13 origins of 1993 to 2014,
the rank correlation with the error of the next eight quarters was -0.06 to 0.04 on average for the recursive score,
0.07 to 0.10 for BIC and -0.13 to 0.05 for the squared error. Hence a median of several, shrunk toward the
autoregression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.providers.equations.autoregressive import autoregression_of
from macrotrade.providers.equations.candidates import Candidates
from macrotrade.providers.equations.distinct import distinct_places
from macrotrade.providers.equations.equation import Equation, equation_of_fit
from macrotrade.providers.equations.ranked import Ranked
from macrotrade.providers.equations.rolling import RollingScores, rolling_scores
from macrotrade.providers.equations.scores import sample_scores
from macrotrade.providers.equations.settings import DiscoverySettings
from macrotrade.providers.equations.veto import objections

__all__ = ["Choice", "choose", "rank"]

_ROOM = 10.0  # a difference in BIC that is called very strong evidence (Kass and Raftery, 1995)


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen, and why.

    Attributes
    ----------
    ranked
        The best score first, vetoed ones among them.
    members
        The equations that are to forecast.
    weights
        Shape (n_members,), positive, sum 1.
    anchor
        The autoregression of order 2.
    log
        Plain values: vetoes with their reasons, and every choice made.
    """

    ranked: tuple[Ranked, ...]
    members: tuple[Equation, ...]
    weights: FloatArray
    anchor: Equation
    log: dict[str, Any]


def choose(candidates: Candidates, frame: pd.DataFrame, settings: DiscoverySettings, grammar_hash: str = "") -> Choice:
    """The candidates ranked, and the best distinct ones without a veto.

    Parameters
    ----------
    candidates
        Fitted to the sample.
    frame
        What the sample was taken from.
    settings
        Of the discovery.
    grammar_hash
        Of the candidates' grammar.
    """
    anchor = autoregression_of(frame, candidates.sample.target)
    rolling = None
    if settings.score in ("recursive", "one_step"):
        rolling = rolling_scores(candidates, frame, settings.horizon, settings.n_origins, settings.guards.margin)
    ranked = rank(candidates, frame, settings, rolling, grammar_hash)
    standing = _good([one for one in ranked if one.veto is None and np.isfinite(one.scores[settings.score])], settings)
    places = distinct_places([one.equation.expression for one in standing], settings.min_distance, settings.n_members)
    chosen = [standing[place] for place in places]
    members = tuple(one.equation for one in chosen) or (anchor,)
    log = _log(candidates, settings, ranked, members, rolling, only_autoregression=not chosen)
    return Choice(ranked, members, _weights(chosen), anchor, log)


def rank(
    candidates: Candidates,
    frame: pd.DataFrame,
    settings: DiscoverySettings,
    rolling: RollingScores | None,
    grammar_hash: str = "",
) -> tuple[Ranked, ...]:
    """Every candidate with its scores and veto, the best score first.

    Parameters
    ----------
    candidates, frame, settings, grammar_hash
        As for :func:`choose`.
    rolling
        Of the candidates, in their order; None where the score does without.
    """
    sample = candidates.sample
    found = []
    for place, (expression, parameters) in enumerate(zip(candidates.expressions, candidates.parameters, strict=True)):
        equation = equation_of_fit(sample, expression, parameters, grammar_hash=grammar_hash)
        sizes = {"first_mse": candidates.first_mse, "longest": candidates.longest}
        scores = sample_scores(expression, parameters, equation.sse, sample, **sizes)  # type: ignore[arg-type]
        if rolling is not None:
            errors = rolling.candidates[place]
            scores |= {"one_step": errors.one_step, "recursive": errors.recursive}
        reasons = objections(equation, sample, frame, settings.vetoes, settings.guards, settings.horizon)
        found.append(Ranked(equation, scores, "; ".join(reasons) or None))
    return tuple(sorted(found, key=lambda one: one.scores[settings.score]))


def _good(standing: list[Ranked], settings: DiscoverySettings) -> list[Ranked]:
    """Those whose score is not far behind the best, the best first."""
    if not standing:
        return []
    best = standing[0].scores[settings.score]
    room = _ROOM if settings.score in ("bic", "esr") else settings.tolerance * best
    return [one for one in standing if one.scores[settings.score] <= best + room]


def _weights(chosen: list[Ranked]) -> FloatArray:
    """Inverse to the mean squared error of the recursive forecasts; equal where there are none."""
    if not chosen or "recursive" not in chosen[0].scores:
        return np.full(max(len(chosen), 1), 1.0 / max(len(chosen), 1))
    inverse = np.array([one.scores["recursive"] for one in chosen]) ** -2.0
    return np.asarray(inverse / inverse.sum())


def _log(
    candidates: Candidates,
    settings: DiscoverySettings,
    ranked: tuple[Ranked, ...],
    members: tuple[Equation, ...],
    rolling: RollingScores | None,
    *,
    only_autoregression: bool,
) -> dict[str, Any]:
    sample = candidates.sample
    log: dict[str, Any] = {
        "target": sample.target,
        "sample": [str(sample.periods[0]), str(sample.periods[-1])],
        "ranked_by": settings.score,
        "n_filtered": len(ranked),
        "vetoes": [{"equation": str(one.equation), "reason": one.veto} for one in ranked if one.veto is not None],
        "members": [str(member) for member in members],
        "shrink": settings.shrink,
        "only_autoregression": only_autoregression,
    }
    if rolling is not None:
        log["rolling_origins"] = [str(sample.periods[end - 1]) for end in rolling.ends]
        log["autoregression"] = {"one_step": rolling.anchor.one_step, "recursive": rolling.anchor.recursive}
    return log
