"""Every canonical equation once, in one order, and its rank found again."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, pairwise

import numpy as np
import pytest

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.library import Term, TermLibrary

PAPER = ["pi_1", "pi_2", "y_1", "y_2", "i_1", "i_2", "t"]


def all_structures(library: TermLibrary) -> set[tuple[int, ...]]:
    """Canonical structures by plain enumeration."""
    linear, sines = range(library.n_linear), range(library.n_linear, len(library.terms))
    found = set()
    for n_sines in range(library.max_terms + 1):
        for n_linear in range(library.max_terms - n_sines + 1):
            for chosen in combinations(linear, n_linear):
                for kinds in combinations_with_replacement(sines, n_sines):
                    found.add((*chosen, *kinds, *[-1] * (library.max_terms - n_linear - n_sines)))
    return found


@pytest.mark.parametrize(("lone_sines", "count"), [(True, 291_040), (False, 242_950)])
def test_the_papers_language_has_as_many_equations_as_it_should(lone_sines: bool, count: int) -> None:
    library = TermLibrary.full(PAPER, lone_sines=lone_sines)

    assert library.n_structures == library.n_allowed() == count
    assert (library.n_linear, library.n_sines) == (35, 84 if lone_sines else 77)


def test_the_papers_language_is_enumerated_without_repetition_and_ranked_back() -> None:
    library = TermLibrary.full(PAPER)

    structures = library.structures()

    assert len(np.unique(structures, axis=0)) == library.n_structures
    np.testing.assert_array_equal(library.rank(structures), np.arange(library.n_structures))


@pytest.mark.parametrize("max_terms", [0, 1, 2, 3, 4])
def test_a_small_language_is_what_plain_enumeration_gives(max_terms: int) -> None:
    library = TermLibrary.full(["y_1", "t"], max_terms=max_terms)

    structures = library.structures()

    assert {tuple(row) for row in structures.tolist()} == all_structures(library)
    assert ((structures >= 0).sum(axis=1)[:-1] <= (structures >= 0).sum(axis=1)[1:]).all()


def test_the_terms_come_in_the_order_of_their_kinds() -> None:
    library = TermLibrary.full(PAPER)

    assert library.terms[:8] == (*(Term("variable", i) for i in range(7)), Term("product", 0, 0))
    assert library.terms[35:37] == (Term("variable_sine", 0, 0), Term("variable_sine", 0, 1))
    assert library.terms[35 + 49] == Term("sine_sine", 0, 0)
    assert library.terms[35 + 49 + 28 :] == tuple(Term("sine", i) for i in range(7))


def test_the_levels_are_runs_of_ranks() -> None:
    library = TermLibrary.full(PAPER)

    starts = library.level_starts

    for n_terms, (first, end) in enumerate(pairwise(starts)):
        assert ((library.structures(first, end) >= 0).sum(axis=1) == n_terms).all()


def test_a_parent_lacks_one_term() -> None:
    library = TermLibrary.full(["y_1", "i_1"])
    structures = library.structures()

    parents = library.parents(structures)

    for row, ranks in zip(structures.tolist(), parents.tolist(), strict=True):
        terms = [code for code in row if code >= 0]
        expected = [library.rank(library.canonical(terms[:k] + terms[k + 1 :]))[0] for k in range(len(terms))]
        assert ranks == expected + [-1] * (library.max_terms - len(terms))


def test_what_is_no_structure_has_no_rank() -> None:
    library = TermLibrary.full(["y_1", "t"])

    ranks = library.rank(np.array([[0, 0, -1], [1, 0, -1], [-1, 0, 1], [0, 99, -1], [0, 1, -1]]))

    assert ranks.tolist()[:4] == [-1, -1, -1, -1]
    assert ranks[4] >= 0


def test_variables_of_a_forbidden_pair_never_meet() -> None:
    library = TermLibrary.full(["pi_1", "i_1", "r_1"], forbidden=[("i_1", "r_1")])

    structures = library.structures()
    allowed = library.allowed(structures)

    assert all(not {1, 2} <= set(term.variables) for term in library.terms)
    for row, free in zip(structures.tolist(), allowed.tolist(), strict=True):
        variables = {place for code in row if code >= 0 for place in library.terms[code].variables}
        assert free == (not {1, 2} <= variables)
    assert library.n_allowed() == allowed.sum() < library.n_structures


def test_some_terms_alone_make_a_language() -> None:
    library = TermLibrary.of(["pi_1", "y_1"], [Term("product", 1, 0), Term("product", 0, 1), Term("variable", 0)])

    assert library.terms == (Term("variable", 0), Term("product", 0, 1))
    assert library.n_structures == 4
    assert library.written(library.structures()[-1]) == "c + c pi_1 + c pi_1 y_1"


def test_trends_may_turn_more_often() -> None:
    assert TermLibrary.full(["y_1", "t"]).cycles == (3, 9)
    assert TermLibrary.full(["y_1", "time"], trends=["time"]).cycles == (3, 9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TermLibrary.full(["a", "a"]), "must differ"),
        (lambda: TermLibrary.full(["pi_1"], forbidden=[("pi_1", "pi_2")]), "Did you mean 'pi_1'"),
        (lambda: TermLibrary.of(["pi_1"], [Term("variable", 3)]), "not among the 1"),
        (lambda: TermLibrary.full(["pi_1"]).code("variable", "pi_2"), "no variable 'pi_2'"),
        (lambda: TermLibrary.full(["pi_1"], lone_sines=False).code("sine", "pi_1"), "no sine term"),
        (lambda: TermLibrary.full(["pi_1"]).canonical([0, 0]), "no equation of this library"),
        (lambda: TermLibrary.full(["pi_1"]).unrank(np.array([10_000])), "ranks run from 0"),
    ],
)
def test_what_makes_no_language_is_refused(make: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make()  # type: ignore[operator]
