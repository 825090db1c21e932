"""How far apart the structures of equations are."""

from __future__ import annotations

import pytest

from macrotrade.providers.equations.distinct import distinct_places, structural_distance
from macrotrade.providers.equations.expression import Expression
from macrotrade.providers.equations.grammar import parse_equation


def structure(right_hand_side: str) -> Expression:
    return parse_equation(f"pi = {right_hand_side}")[1]


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("1 + 2 pi[-1]", "3 + 4 pi[-1]", 0),
        ("1 + 2 pi[-1]", "1 + 2 pi[-1] + 3 pi[-2]", 1),
        ("1 + 2 pi[-1]", "1 + 2 pi[-2]", 1),
        ("1 + 2 sin(1 pi[-1] + 1)", "1 + 2 sin(1 pi[-1] + 1) + 3 sin(4 pi[-1] + 5)", 1),
        ("1 + 2 pi[-1] + 3 y[-1]", "1 + 2 pi[-2] + 3 y[-2] + 4 pi[-1] y[-1]", 3),
        ("1", "1 + 2 pi[-1] + 3 y[-1]", 2),
    ],
)
def test_distance_counts_terms_to_add_take_away_or_replace(one: str, other: str, distance: int) -> None:
    assert structural_distance(structure(one), structure(other)) == distance
    assert structural_distance(structure(other), structure(one)) == distance


def test_the_better_of_two_alike_is_kept() -> None:
    ranked = [
        structure(text) for text in ("1 + 2 pi[-1]", "1 + 2 pi[-1] + 3 pi[-2]", "1 + 2 y[-1] + 3 y[-2]", "1 + 2 y[-2]")
    ]

    assert distinct_places(ranked, 2) == [0, 2]
    assert distinct_places(ranked, 1) == [0, 1, 2, 3]
    assert distinct_places(ranked, 1, 2) == [0, 1]
