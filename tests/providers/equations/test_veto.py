"""What is refused, and the reason given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.equation import equation_of_fit
from macrotrade.providers.equations.expression import count_constants, variables_of
from macrotrade.providers.equations.grammar import parse_equation, parse_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.recursion import Guards
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.veto import VetoRules, objections

NOTHING = VetoRules(False, (), None, False, None, None)


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    x = np.full(80, 2.0)
    for row in range(1, 80):
        x[row] = 0.4 + 0.8 * x[row - 1] + 0.3 * generator.normal()
    return pd.DataFrame({"x": x, "z": generator.normal(size=80)}, index=pd.period_range("1990Q1", periods=80, freq="Q"))


def reasons(text: str, frame: pd.DataFrame, rules: VetoRules) -> list[str]:
    target, expression, parameters = parse_equation(text)
    sample = sample_of(frame, target, variables_of(expression))
    return objections(equation_of_fit(sample, expression, parameters), sample, frame, rules, Guards(), 8)


def test_a_sound_equation_passes_every_rule(frame: pd.DataFrame) -> None:
    rules = VetoRules(signs=(("x[-1]", "+"), ("z[-1]", "-")))

    assert reasons("x = 0.4 + 0.8 x[-1] - 0.1 z[-1]", frame, rules) == []


@pytest.mark.parametrize(
    ("text", "rules", "word"),
    [
        ("x = 0.4 + 0.8 x[-1] + 0.001 t", VetoRules(), "time"),
        ("x = 0.4 + 0.8 x[-1] - 0.1 z[-1]", VetoRules(signs=(("z[-1]", "+"),)), "derivative by z[-1] is -0.1"),
        ("x = 9 + 0.8 x[-1]", VetoRules(unstable=False), "no steady state"),
        ("x = 0.4 + 1.3 x[-1]", VetoRules(steady_state_margin=None), "leaves"),
        ("x = 0.4 + 0.8 x[-1] + 30 sin(1 x[-1] + 1)", VetoRules(largest_coefficient=5.0), "times as much as x"),
        ("x = 0.4 + 0.4 x[-1] + 0.1 sin(0.00001 x[-1] + 0)", VetoRules(), "hardly told apart"),
    ],
)
def test_each_rule_gives_its_reason(frame: pd.DataFrame, text: str, rules: VetoRules, word: str) -> None:
    found = reasons(text, frame, rules)

    assert any(word in reason for reason in found)


def test_a_threshold_is_no_constant_that_cannot_be_told_apart(frame: pd.DataFrame) -> None:
    rules = VetoRules(False, (), None, False, None, 1e8)
    grammar = "E -> c + c * x[1] + c * z[1] * step(z[1] + c) ;"
    expression = next(one for one in Language(parse_grammar(grammar)).structures() if count_constants(one) == 4)
    sample = sample_of(frame, "x", variables_of(expression))

    def refused(threshold: float) -> list[str]:
        equation = equation_of_fit(sample, expression, np.array([0.4, 0.8, 0.1, threshold]))
        return objections(equation, sample, frame, rules, Guards(), 8)

    assert refused(0.3) == []
    assert "condition number inf" in refused(-100.0)[0], "beyond every value the term is nothing"


def test_rules_that_are_not_asked_refuse_nothing(frame: pd.DataFrame) -> None:
    assert reasons("x = 9 + 1.3 x[-1] + 0.1 t + 30 sin(0.00001 x[-1] + 0)", frame, NOTHING) == []


def test_the_sign_asked_of_a_curve_is_that_of_its_mean_slope(frame: pd.DataFrame) -> None:
    text = "x = 1 + 0.5 x[-1] - 0.2 z[-1] z[-1] + 1.0 z[-1]"
    slope = float(np.mean(1.0 - 0.4 * frame["z"].to_numpy()[:-1]))

    assert (slope > 0.0) == (reasons(text, frame, VetoRules(False, (("z[-1]", "+"),), None, False, None, None)) == [])


def test_a_sign_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="'\\+' or '-'"):
        VetoRules(signs=(("y[-1]", "up"),))  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="not a variable"):
        VetoRules(signs=(("y", "+"),))
