from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from macrotrade.errors import SettingsError
from macrotrade.signals.rules import Rule, volatility_multiple

SCORES = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1) | st.just(np.nan))


def _slow_positions(scores: np.ndarray, rule: Rule) -> list[float]:
    """The rule told one decision at a time, in plain words."""
    held, side = [], 0
    for score in scores:
        if np.isnan(score):
            side = 0
        elif score > rule.threshold:
            side = 1
        elif score < -rule.threshold:
            side = 0 if rule.name == "long_flat" else -1
        elif side == 1 and rule.hysteresis and score > rule.threshold - rule.hysteresis:
            side = 1
        elif side == -1 and rule.hysteresis and score < -(rule.threshold - rule.hysteresis):
            side = -1
        else:
            side = 0
        size = 0.0 if side == 0 else (abs(score) if rule.size == "score" else 1.0)
        held.append(side * size)
    return held


@given(
    SCORES,
    st.sampled_from(["long_flat", "long_short"]),
    st.sampled_from([0.0, 0.1, 0.4]),
    st.sampled_from([0.0, 0.1, 0.7]),
    st.sampled_from(["full", "score"]),
)
def test_positions_are_those_of_the_rule_told_one_decision_at_a_time(
    scores: np.ndarray, name: str, threshold: float, hysteresis: float, size: str
) -> None:
    rule = Rule(name, threshold, hysteresis, size)  # type: ignore[arg-type]
    assert rule.positions(scores).tolist() == _slow_positions(scores, rule)


@given(SCORES)
def test_a_rule_without_hysteresis_decides_each_origin_by_itself(scores: np.ndarray) -> None:
    rule = Rule("long_short", 0.1)
    alone = [float(rule.positions(scores[row : row + 1])[0]) for row in range(len(scores))]
    assert rule.positions(scores).tolist() == alone


def test_columns_do_not_mind_each_other() -> None:
    scores = np.random.default_rng(1).uniform(-1, 1, (50, 4))
    rule = Rule("long_short", 0.2, 0.3)
    together = rule.positions(scores)
    for column in range(4):
        assert (together[:, column] == rule.positions(scores[:, column])).all()


def test_unknown_rules_and_thresholds_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'long_short'"):
        Rule("long-short")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="from 0 to below 1"):
        Rule("long_flat", 1.5)


def test_volatility_is_scaled_to_its_target_and_leverage_is_capped() -> None:
    returns = np.tile([0.01, -0.01], 40)
    volatility = np.std(returns[-63:], ddof=1) * np.sqrt(252)
    assert volatility_multiple(returns, 0.05, 3.0) == pytest.approx(0.05 / volatility)
    assert volatility_multiple(returns, 5.0, 3.0) == 3.0
    assert volatility_multiple(returns[:10], 0.05, 3.0) == 1.0
    assert volatility_multiple(np.zeros(80), 0.05, 2.0) == 2.0
