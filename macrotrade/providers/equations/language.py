"""The equations a grammar allows: how many, which, and whether the fast fit can take them.

What is derived is a sum. Its *terms* come from *sources*: bodies of the grammar that stand in a sum and are no sums
themselves. A *skeleton* says how many terms a derivation takes from each source; there are few of them. Where they all
draw on one source the canonical equations are counted by binomial coefficients, and otherwise by listing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, combinations_with_replacement, islice, product
from math import comb

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.canonical import Form, SumTerm, joined_terms
from macrotrade.providers.equations.counting import count_derivations
from macrotrade.providers.equations.expression import Constant, Expression, numbered
from macrotrade.providers.equations.grammar.productions import Grammar
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.library_terms import library_term
from macrotrade.providers.equations.skeletons import Skeleton, Source, expansions, skeletons
from macrotrade.providers.equations.variables import TIME, Variable
from macrotrade.providers.equations.writing import text_of

__all__ = ["Language", "Size"]

_MOST_LISTED = 2_000_000
_FAST_RATE = 8_000.0  # equations a second on one core, separable fit
_GENERAL_RATE = 20.0  # the same by general least squares with its default starts; 15 to 60 by what is inside


@dataclass(frozen=True)
class Size:
    """How large a language is, and how long fitting all of it takes.

    Attributes
    ----------
    derivations
        Ways to derive an equation.
    canonical
        Different equations, the constant alone among them; None where there are too many to list.
    is_fast
        Whether the separable fit takes them.
    reason
        Why not, if so.
    seconds
        Rough time to fit all of them on one core.
    """

    derivations: int
    canonical: int | None
    is_fast: bool
    reason: str
    seconds: float

    def __str__(self) -> str:
        path = "separable fit" if self.is_fast else f"general fit ({self.reason})"
        if self.canonical is None:
            remedy = "search with a beam" if self.is_fast else "lower %max_terms or %max_depth"
            return (
                f"language: {self.derivations:,} derivations, more than {_MOST_LISTED:,} canonical equations; {path}. "
                f"Too many to fit them all: {remedy}."
            )
        return (
            f"language: {self.derivations:,} derivations, {self.canonical:,} canonical equations; {path}, "
            f"about {_duration(self.seconds)} on one core"
        )


class Language:
    """The equations of one target under a grammar.

    The constant alone belongs to every language in whose sums a constant stands by itself, derived or not: it is what
    any equation must beat.

    Parameters
    ----------
    grammar
        What may be written.
    target
        Series whose equations these are; needed only where the grammar names its targets.
    unwanted
        Variables to do without, such as ones that give the target away.

    Raises
    ------
    SettingsError
        If there are infinitely many derivations, or nothing is left without the unwanted.
    """

    def __init__(self, grammar: Grammar, target: str | None = None, unwanted: Collection[Variable] = ()) -> None:
        self.grammar = grammar.without(unwanted) if unwanted else grammar
        self.target = target
        self.start = self.grammar.start(target)
        self.variables = self.grammar.variables_from(self.start)
        self.form = Form({variable: place for place, variable in enumerate(self.variables)}, self.grammar.ordered)
        self.n_derivations = count_derivations(self.grammar, self.start)

    def __repr__(self) -> str:
        return f"Language({self.target or self.start}, {len(self.variables)} variables)"

    @cached_property
    def n_canonical(self) -> int | None:
        """How many different equations there are; None where they are more than may be listed."""
        if self._single_source is not None:
            linear, others = self._kinds_of_single
            return sum(
                comb(len(linear), n_linear) * (comb(len(others) + n_others - 1, n_others) if n_others else 1)
                for n_linear, n_others in self._mixtures
            )
        return len(self._listed) if len(self._listed) <= _MOST_LISTED else None

    def structures(self) -> Iterator[Expression]:
        """Every canonical equation once, its constants numbered in reading order; fewer terms first.

        Raises
        ------
        SettingsError
            If there are too many to list.
        """
        return (numbered(self.form.sum_of(terms)) for terms in self._term_tuples())

    def count_by_listing(self) -> int:
        """The number of canonical equations, found by listing every one: slow, and without binomial coefficients."""
        return sum(1 for _ in self._derived_and_constant())

    def size(self) -> Size:
        """How large the language is; to be shown before it is searched."""
        is_fast = self.term_library() is not None
        rate = _FAST_RATE if is_fast else _GENERAL_RATE
        return Size(
            self.n_derivations, self.n_canonical, is_fast, self.why_general, (self.n_canonical or _MOST_LISTED) / rate
        )

    def term_library(self) -> TermLibrary | None:
        """The same language as the fast fit reads it, or None: see `why_general`."""
        if self.why_general:
            return None
        names = [str(variable) for variable in self.variables]
        terms = [library_term(kind, self.form.places) for kind in self._kinds[self._sources[0]]]
        return TermLibrary.of(
            names, [term for term in terms if term is not None], max_terms=self._largest, trends=(TIME,)
        )

    @cached_property
    def why_general(self) -> str:
        """What keeps the fast fit from taking this language, in words; empty if nothing does."""
        if self.grammar.ordered:
            return "products are ordered"
        if self._single_source is None:
            return "its terms are of several sorts that are not free to be combined"
        if not all(Constant() in skeleton.numbers for skeleton in self._skeletons):
            return "not every equation has a free constant term"
        if {skeleton.n_terms for skeleton in self._skeletons} | {0} != set(range(self._largest + 1)):
            return "equations of fewer terms are left out"
        for kind in self._kinds[self._single_source]:
            if library_term(kind, self.form.places) is None:
                return f"the separable fit has no term {text_of(kind.expression)}"
        return ""

    @cached_property
    def _skeletons(self) -> tuple[Skeleton, ...]:
        return skeletons(self.grammar, self.start)

    @cached_property
    def _sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(source for skeleton in self._skeletons for source in skeleton.sources))

    @cached_property
    def _kinds(self) -> dict[Source, tuple[SumTerm, ...]]:
        """Canonical terms of each source that gives single terms."""
        kinds = {}
        for source in self._sources:
            found = {self.form.terms(expression) for expression in expansions(self.grammar, source)}
            if any(len(terms) != 1 for terms in found):
                continue
            kinds[source] = tuple(sorted({terms[0] for terms in found}, key=self.form.term_key))
        return kinds

    @property
    def _largest(self) -> int:
        return max(skeleton.n_terms for skeleton in self._skeletons)

    @cached_property
    def _single_source(self) -> Source | None:
        """The one source of every term, where its like terms join into themselves and there are no other numbers."""
        if len(self._sources) != 1 or self._sources[0] not in self._kinds:
            return None
        kinds = self._kinds[self._sources[0]]
        bodies = Counter(kind.body for kind in kinds if kind.is_linear)
        alike = all(isinstance(kind.coefficient, Constant) and bodies[kind.body] <= 1 for kind in kinds)
        plain = all(set(skeleton.numbers) == {Constant()} for skeleton in self._skeletons)
        return self._sources[0] if alike and plain and None not in bodies else None

    @cached_property
    def _kinds_of_single(self) -> tuple[tuple[SumTerm, ...], tuple[SumTerm, ...]]:
        assert self._single_source is not None
        kinds = self._kinds[self._single_source]
        return tuple(kind for kind in kinds if kind.is_linear), tuple(kind for kind in kinds if not kind.is_linear)

    @cached_property
    def _mixtures(self) -> tuple[tuple[int, int], ...]:
        """How many linear and other terms a canonical equation may have: derived linear terms may coincide."""
        totals = {skeleton.n_terms for skeleton in self._skeletons}
        linear, others = self._kinds_of_single
        found = {(0, 0)}
        for total in totals:
            for n_others in range(total + 1 if others else 1):
                derived = total - n_others
                found |= {(n, n_others) for n in range(1, min(derived, len(linear)) + 1)}
                if derived == 0:
                    found.add((0, n_others))
        return tuple(sorted(found, key=lambda pair: (sum(pair), pair[1])))

    def _term_tuples(self) -> Iterator[tuple[SumTerm, ...]]:
        if self._single_source is not None:
            yield from self._combined()
        elif len(self._listed) > _MOST_LISTED:
            raise SettingsError(
                f"There are more than {_MOST_LISTED:,} equations in this language, too many to list; lower "
                "%max_terms or %max_depth."
            )
        else:
            yield from self._listed

    def _combined(self) -> Iterator[tuple[SumTerm, ...]]:
        constant = SumTerm(Constant(), None)
        linear, others = self._kinds_of_single
        for n_linear, n_others in self._mixtures:
            for chosen in combinations(linear, n_linear):
                for sines in combinations_with_replacement(others, n_others):
                    yield (constant, *chosen, *sines)

    @cached_property
    def _listed(self) -> tuple[tuple[SumTerm, ...], ...]:
        """Canonical equations by listing, at most one more than may be listed; fewer terms first."""
        found = islice(self._derived_and_constant(), _MOST_LISTED + 1)
        return tuple(sorted(found, key=lambda terms: (len(terms), tuple(map(self.form.term_key, terms)))))

    def _derived_and_constant(self) -> Iterator[tuple[SumTerm, ...]]:
        constant = (SumTerm(Constant(), None),)
        seen: set[tuple[SumTerm, ...]] = set()
        if any(isinstance(number, Constant) for skeleton in self._skeletons for number in skeleton.numbers):
            seen.add(constant)
            yield constant
        for terms in self._derived():
            if terms not in seen:
                seen.add(terms)
                yield terms

    def _derived(self) -> Iterator[tuple[SumTerm, ...]]:
        """Canonical equations as the skeletons give them, with repetitions."""
        pools = {
            source: tuple({self.form.terms(expression) for expression in expansions(self.grammar, source)})
            for source in self._sources
        }
        for skeleton in self._skeletons:
            counts = Counter(skeleton.sources)
            choices = [combinations_with_replacement(pools[source], n) for source, n in counts.items()]
            numbers = [SumTerm(number, None) for number in skeleton.numbers]
            for chosen in product(*choices):
                terms = numbers + [term for pool in chosen for group in pool for term in group]
                yield tuple(sorted(joined_terms(terms), key=self.form.term_key))


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
