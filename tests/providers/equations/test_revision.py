"""Drafts and what every change of them gains."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.distinct import structural_distance
from macrotrade.providers.equations.drafts import read_draft
from macrotrade.providers.equations.grammar import parse_equation
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.parameters import fitted_values
from macrotrade.providers.equations.revision import revise
from macrotrade.providers.equations.settings import DiscoverySettings

NAMES = ["x[-1]", "x[-2]", "z[-1]", "z[-2]"]
SETTINGS = DiscoverySettings(max_terms=2, lone_sines=False)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(7)
    x, z = np.zeros(70), np.zeros(70)
    for row in range(1, 70):
        z[row] = 0.8 * z[row - 1] + generator.normal()
        x[row] = 0.5 + 0.6 * x[row - 1] + 0.4 * z[row - 1] + 0.3 * generator.normal()
    return pd.DataFrame({"x": x, "z": z}, index=pd.period_range("1990Q1", periods=70, freq="Q"))


@pytest.mark.parametrize(
    "text",
    [
        "x = 0.3 + 0.5 x[-1] - 0.2 z[-2] x[-1]",
        "x = 1.2 sin(0.3 - 0.4 z[-1]) sin(-0.7 x[-2] + 2) + 0.5 x[-1] - 4",
        "x = 0.3 + 0.5 sin(2 x[-1] + 1) z[-1] - 0.2 sin(z[-2] + 3)",
        "x = 2 sin(0.5 x[-1] + 0.1) sin(0.7 x[-1] + 0.2)",
    ],
)
def test_a_draft_says_the_same_as_a_structure(frame: pd.DataFrame, text: str) -> None:
    library = TermLibrary.full(NAMES)
    _, expression, parameters = parse_equation(text)
    values = np.random.default_rng(8).normal(size=(20, 4))

    draft = read_draft(library, expression, parameters)

    from macrotrade.providers.equations.expression import evaluate
    from macrotrade.providers.equations.variables import Variable

    by_name = {Variable.parse(name): column for name, column in zip(NAMES, values.T, strict=True)}
    np.testing.assert_allclose(
        fitted_values(library, values, draft.structure, draft.parameters),
        evaluate(expression, by_name, parameters),
        rtol=1e-12,
    )


def test_the_missing_term_is_the_best_change(frame: pd.DataFrame) -> None:
    revision = revise("x = 0.2 + 0.9 x[-1]", frame, SETTINGS)

    best = revision.edits[0]
    assert best.changes == ("add c z[-1]",)
    assert best.distance == 1
    assert best.bic_gain > 10.0
    assert best.gain == pytest.approx(1.0 - best.equation.sse / revision.refitted.sse)


def test_every_change_within_the_distance_is_there_once(frame: pd.DataFrame) -> None:
    revision = revise("x = 0.2 + 0.9 x[-1]", frame, SETTINGS)

    n_linear, n_sines = 4 + 10, 16 + 10
    taken, replaced = 1, n_linear - 1 + n_sines
    assert len(revision.edits) == taken + replaced + (n_linear - 1 + n_sines)
    for edit in revision.edits:
        assert structural_distance(edit.equation.expression, revision.refitted.expression) == edit.distance == 1


def test_adding_a_term_never_loses(frame: pd.DataFrame) -> None:
    draft = "x = 0.2 + 0.5 x[-1] + 1.2 sin(0.5 z[-1] + 0.1) sin(0.4 x[-2] + 1)"

    revision = revise(draft, frame, DiscoverySettings(max_terms=3, lone_sines=False))

    assert revision.refitted.sse <= revision.draft.sse
    added = [edit for edit in revision.edits if edit.changes[0].startswith("add")]
    assert added
    assert min(edit.gain for edit in added) >= -1e-6


def test_two_changes_reach_further_than_one(frame: pd.DataFrame) -> None:
    near, far = (revise("x = 0.2 + 0.9 x[-2]", frame, SETTINGS, distance=distance) for distance in (1, 2))

    assert {edit.distance for edit in far.edits} == {1, 2}
    assert far.edits[0].bic_gain > near.edits[0].bic_gain
    assert far.edits[0].changes == ("put c x[-1] for c x[-2]", "add c z[-1]")


def test_a_revision_is_plain_values(frame: pd.DataFrame) -> None:
    revision = revise("x = 0.2 + 0.9 x[-1]", frame, SETTINGS, distance=0)

    record = json.loads(json.dumps(revision.record()))

    assert record["edits"] == []
    assert record["refitted"]["target"] == "x"


def test_a_draft_outside_the_language_is_refused_with_what_is_strange(frame: pd.DataFrame) -> None:
    with pytest.raises(SettingsError, match="tanh"):
        revise("x = 0.2 + 0.9 tanh(1 x[-1])", frame, SETTINGS)
    with pytest.raises(SettingsError, match=r"reads x\[-3\]"):
        revise("x = 0.2 + 0.9 x[-3]", frame, SETTINGS)
    with pytest.raises(SettingsError, match="separable"):
        revise(
            "pi = 0.2 + 0.9 pi[-1]", frame.set_axis(["pi", "y"], axis=1), DiscoverySettings(grammar="phillips_curve")
        )
