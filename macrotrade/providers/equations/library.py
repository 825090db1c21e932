"""The terms that an equation may be a sum of, and every canonical equation made of them, in one fixed order.

An equation is a constant and at most ``max_terms`` further terms. With c, a, b, d, e constants to be fitted:

============  ===========================  ======================================================
kind          term                         ``first``, ``second``
============  ===========================  ======================================================
variable      c V                          V, and -1
product       c V W                        V, W with V not after W
variable_sine c V sin(a W + b)             V, W
sine_sine     c sin(a V + b) sin(d W + e)  V, W with V not after W
sine          c sin(a V + b)               V, and -1
============  ===========================  ======================================================

A *code* is a term's place in ``terms``, in the order of the table and then of the variables. A *structure* is a row of
codes, ascending and filled up with -1. Linear terms (the first two kinds) form a set; sine terms (the rest) a multiset,
for two of one kind may have different frequencies. The *rank* of a structure is its place among all of them: by the
number of terms, then by the number of sine terms, then by the linear terms, then by the sine terms (both in
colexicographic order, so that a rank is a sum of binomial coefficients).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, product
from math import comb
from typing import Literal, TypeAlias

import numpy as np

from macrotrade._typing import BoolArray, IntArray
from macrotrade.errors import SettingsError, near_misses

__all__ = ["Term", "TermKind", "TermLibrary"]

TermKind: TypeAlias = Literal["variable", "product", "variable_sine", "sine_sine", "sine"]
"""What a term looks like; the module's table shows each."""

_KINDS: tuple[TermKind, ...] = ("variable", "product", "variable_sine", "sine_sine", "sine")
_N_LINEAR_KINDS = 2


@dataclass(frozen=True)
class Term:
    """One kind of term over particular variables.

    Attributes
    ----------
    kind
        Its form.
    first, second
        Places of its variables among the library's; ``second`` is -1 where there is only one.
    """

    kind: TermKind
    first: int
    second: int = -1

    @property
    def is_sine(self) -> bool:
        """Whether constants of the term are fitted inside a sine."""
        return _KINDS.index(self.kind) >= _N_LINEAR_KINDS

    @property
    def variables(self) -> tuple[int, ...]:
        """Places of the variables it reads."""
        return (self.first,) if self.second < 0 else (self.first, self.second)

    @property
    def order(self) -> tuple[int, int, int]:
        """What terms are sorted by."""
        return _KINDS.index(self.kind), self.first, self.second


@dataclass(frozen=True)
class TermLibrary:
    """A language of equations: variables, the terms they may form, and how many terms an equation may have.

    Attributes
    ----------
    variables
        Names of the lagged variables, such as ``pi_1``.
    terms
        What an equation may be a sum of, sorted and each once; `full` gives all of them.
    max_terms
        Most terms beside the constant.
    cycles
        Per variable, the most periods that a sine may run through over the variable's range.
    forbidden
        Pairs of variables that may not occur in one equation, because together they would give the target away.

    Raises
    ------
    SettingsError
        A term or pair that names no variable, unsorted or repeated terms, or ``cycles`` of another length.
    """

    variables: tuple[str, ...]
    terms: tuple[Term, ...]
    max_terms: int = 3
    cycles: tuple[int, ...] = ()
    forbidden: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.cycles:
            object.__setattr__(self, "cycles", _cycles(self.variables, ("t",)))
        if len(set(self.variables)) < len(self.variables):
            raise SettingsError(f"the variables of a library must differ; these came: {', '.join(self.variables)}")
        if len(self.cycles) != len(self.variables):
            raise SettingsError(f"{len(self.variables)} variables need as many cycles; {len(self.cycles)} came")
        if list(self.terms) != sorted(set(self.terms), key=lambda term: term.order):
            raise SettingsError("the terms of a library must be sorted by kind and variables, and each given once")
        for term in self.terms:
            if not all(0 <= place < len(self.variables) for place in term.variables):
                raise SettingsError(
                    f"{term} reads a variable that is not among the {len(self.variables)} of the library"
                )
        for name in (name for pair in self.forbidden for name in pair):
            if name not in self.variables:
                raise SettingsError(f"no variable {name!r} to forbid. {near_misses(name, self.variables)}")

    @classmethod
    def full(
        cls,
        variables: Sequence[str],
        *,
        max_terms: int = 3,
        lone_sines: bool = True,
        trends: Collection[str] = ("t",),
        forbidden: Iterable[tuple[str, str]] = (),
    ) -> TermLibrary:
        """All terms over the variables.

        Parameters
        ----------
        variables
            Names of the lagged variables.
        max_terms
            Most terms beside the constant.
        lone_sines
            Whether c sin(a V + b) is a term.
        trends
            Variables that run through nine periods at most, not three.
        forbidden
            Pairs that may not occur in one equation; terms that read both are left out.

        >>> TermLibrary.full(["pi_1", "pi_2", "y_1", "y_2", "i_1", "i_2", "t"]).n_structures
        291040
        """
        places = range(len(variables))
        pairs = list(combinations_with_replacement(places, 2))
        terms = [Term("variable", i) for i in places]
        terms += [Term("product", i, j) for i, j in pairs]
        terms += [Term("variable_sine", i, j) for i, j in product(places, repeat=2)]
        terms += [Term("sine_sine", i, j) for i, j in pairs]
        terms += [Term("sine", i) for i in places] if lone_sines else []
        return cls.of(variables, terms, max_terms=max_terms, trends=trends, forbidden=forbidden)

    @classmethod
    def of(
        cls,
        variables: Sequence[str],
        terms: Iterable[Term],
        *,
        max_terms: int = 3,
        trends: Collection[str] = ("t",),
        forbidden: Iterable[tuple[str, str]] = (),
    ) -> TermLibrary:
        """Only these terms, in any order, repeated or with products either way round.

        Parameters
        ----------
        variables, max_terms, trends, forbidden
            As for `full`.
        terms
            What an equation may be a sum of.
        """
        banned = tuple(forbidden)
        places = {name: place for place, name in enumerate(variables)}
        pairs = {frozenset(places.get(name, -1) for name in pair) for pair in banned}
        kept = {term for term in map(_ordered, terms) if frozenset(term.variables) not in pairs}
        return cls(
            tuple(variables),
            tuple(sorted(kept, key=lambda term: term.order)),
            max_terms,
            _cycles(variables, trends),
            banned,
        )

    @cached_property
    def n_linear(self) -> int:
        """How many of the terms are linear: codes 0 to this, less one."""
        return sum(not term.is_sine for term in self.terms)

    @cached_property
    def n_sines(self) -> int:
        """How many of the terms are sine terms."""
        return len(self.terms) - self.n_linear

    @cached_property
    def n_structures(self) -> int:
        """How many ranks there are: every canonical structure, those of forbidden pairs too."""
        return int(self.level_starts[-1])

    @cached_property
    def level_starts(self) -> IntArray:
        """First rank of the structures of 0, 1, ... ``max_terms`` terms, and the end; (max_terms + 2,)."""
        sizes = [sum(self._block(m - s, s) for s in range(m + 1)) for m in range(self.max_terms + 1)]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @cached_property
    def term_table(self) -> IntArray:
        """Place of its kind in `TermKind`, ``first`` and ``second`` of every term; (n_terms, 3)."""
        return np.array([term.order for term in self.terms], dtype=np.int64).reshape(-1, 3)

    def n_allowed(self) -> int:
        """How many canonical structures are free of forbidden pairs."""
        return int(self.allowed(self.structures()).sum()) if self.forbidden else self.n_structures

    def structures(self, start: int = 0, stop: int | None = None) -> IntArray:
        """Structures of ranks start..stop-1, all by default; (n, max_terms), filled up with -1."""
        return self.unrank(np.arange(start, self.n_structures if stop is None else stop))

    def unrank(self, ranks: IntArray) -> IntArray:
        """Structures (n, max_terms) of these ranks (n,)."""
        ranks = np.asarray(ranks, dtype=np.int64)
        if ranks.size and (ranks.min() < 0 or ranks.max() >= self.n_structures):
            raise SettingsError(f"ranks run from 0 to {self.n_structures - 1}; {ranks.min()} to {ranks.max()} came")
        out = np.full((ranks.size, self.max_terms), -1, dtype=np.int64)
        for n_linear, n_sines, start in self._blocks:
            size = self._block(n_linear, n_sines)
            here = np.flatnonzero((ranks >= start) & (ranks < start + size))
            if here.size:
                n_multisets = comb(self.n_sines + n_sines - 1, n_sines) if n_sines else 1
                among_sets, among_multisets = np.divmod(ranks[here] - start, n_multisets)
                out[here, :n_linear] = _set_at(among_sets, n_linear, self.n_linear)
                multisets = _set_at(among_multisets, n_sines, self.n_sines + n_sines - 1) - np.arange(n_sines)
                out[here, n_linear : n_linear + n_sines] = multisets + self.n_linear
        return out

    def rank(self, structures: IntArray) -> IntArray:
        """Ranks (n,) of canonical structures (n, max_terms); -1 where a row is not one."""
        structures = np.asarray(structures, dtype=np.int64).reshape(-1, self.max_terms)
        is_sine, n_terms = structures >= self.n_linear, (structures >= 0).sum(axis=1)
        n_sines = is_sine.sum(axis=1)
        out = np.full(len(structures), -1, dtype=np.int64)
        for linear, sines, start in self._blocks:
            here = np.flatnonzero((n_terms == linear + sines) & (n_sines == sines))
            sets = structures[here, :linear]
            multisets = structures[here, linear : linear + sines] - self.n_linear + np.arange(sines)
            n_multisets = comb(self.n_sines + sines - 1, sines) if sines else 1
            out[here] = start + _place_of(sets, self.n_linear) * n_multisets
            out[here] += _place_of(multisets, self.n_sines + max(sines - 1, 0))
            sound = (np.diff(sets, axis=1) > 0).all(axis=1) & (np.diff(multisets, axis=1) > 0).all(axis=1)
            sound &= (structures[here] < len(self.terms)).all(axis=1) & (structures[here, linear + sines :] < 0).all(
                axis=1
            )
            out[here[~sound]] = -1
        return out

    def canonical(self, codes: Iterable[int]) -> IntArray:
        """Structure (max_terms,) of an equation's term codes, in any order."""
        kept = sorted(codes)
        row = np.array([*kept, *[-1] * (self.max_terms - len(kept))], dtype=np.int64)
        if row.size != self.max_terms or self.rank(row)[0] < 0:
            raise SettingsError(
                f"{kept} is no equation of this library: at most {self.max_terms} codes below {len(self.terms)}, "
                f"linear ones (below {self.n_linear}) once each"
            )
        return row

    def parents(self, structures: IntArray) -> IntArray:
        """Ranks (n, max_terms) of the structures with the term in each place left out; -1 where there is no term."""
        structures = np.asarray(structures, dtype=np.int64).reshape(-1, self.max_terms)
        out = np.full(structures.shape, -1, dtype=np.int64)
        for place in range(self.max_terms):
            here = np.flatnonzero(structures[:, place] >= 0)
            rest = np.delete(structures[here], place, axis=1)
            out[here, place] = self.rank(np.column_stack([rest, np.full(here.size, -1)]))
        return out

    def allowed(self, structures: IntArray) -> BoolArray:
        """Whether each structure is free of forbidden pairs; (n,)."""
        structures = np.asarray(structures, dtype=np.int64).reshape(-1, self.max_terms)
        out = np.ones(len(structures), dtype=np.bool_)
        for first, second in self.forbidden:
            out &= ~(self._reads(structures, first) & self._reads(structures, second))
        return out

    def code(self, kind: TermKind, first: str, second: str | None = None) -> int:
        """Code of a term by the names of its variables, products either way round."""
        for name in (first, *([] if second is None else [second])):
            if name not in self.variables:
                raise SettingsError(f"no variable {name!r} in the library. {near_misses(name, self.variables)}")
        last = -1 if second is None else self.variables.index(second)
        term = _ordered(Term(kind, self.variables.index(first), last))
        if term not in self.terms:
            raise SettingsError(f"the library has no {kind} term of {first}{f' and {second}' if second else ''}")
        return self.terms.index(term)

    def written(self, structure: IntArray) -> str:
        """The structure with c for every constant.

        >>> library = TermLibrary.full(["pi_1", "t"])
        >>> library.written(library.canonical([0, library.code("variable_sine", "t", "pi_1")]))
        'c + c pi_1 + c t sin(c pi_1 + c)'
        """
        return " + ".join(["c", *(self._term_written(self.terms[code]) for code in structure if code >= 0)])

    @cached_property
    def _blocks(self) -> tuple[tuple[int, int, int], ...]:
        """Linear terms, sine terms and first rank of every run of structures that have as many of each."""
        found, start = [], 0
        for n_terms in range(self.max_terms + 1):
            for n_sines in range(n_terms + 1):
                found.append((n_terms - n_sines, n_sines, start))
                start += self._block(n_terms - n_sines, n_sines)
        return tuple(found)

    def _block(self, n_linear: int, n_sines: int) -> int:
        return comb(self.n_linear, n_linear) * (comb(self.n_sines + n_sines - 1, n_sines) if n_sines else 1)

    def _reads(self, structures: IntArray, variable: str) -> BoolArray:
        place = self.variables.index(variable)
        reading = np.array([*(place in term.variables for term in self.terms), False])
        return np.asarray(reading[structures].any(axis=1), dtype=np.bool_)

    def _term_written(self, term: Term) -> str:
        first = self.variables[term.first]
        second = self.variables[term.second]
        forms: dict[TermKind, str] = {
            "variable": f"c {first}",
            "product": f"c {first} {second}",
            "variable_sine": f"c {first} sin(c {second} + c)",
            "sine_sine": f"c sin(c {first} + c) sin(c {second} + c)",
            "sine": f"c sin(c {first} + c)",
        }
        return forms[term.kind]


def _cycles(variables: Sequence[str], trends: Collection[str]) -> tuple[int, ...]:
    return tuple(9 if name in trends else 3 for name in variables)


def _ordered(term: Term) -> Term:
    """The term with the variables of a symmetric product in order."""
    if term.kind in ("product", "sine_sine") and term.second < term.first:
        return Term(term.kind, term.second, term.first)
    return term


def _binomials(n: int, k: int) -> IntArray:
    return np.array([comb(value, k) for value in range(n + 1)], dtype=np.int64)


def _place_of(sets: IntArray, n: int) -> IntArray:
    """Colexicographic place of ascending sets (rows) of numbers below n: the sum of C(c_k, k)."""
    out = np.zeros(len(sets), dtype=np.int64)
    for k in range(sets.shape[1]):
        out += _binomials(n, k + 1)[np.clip(sets[:, k], 0, n)]
    return out


def _set_at(places: IntArray, size: int, n: int) -> IntArray:
    """The sets at these places, ascending: the greedy inverse of `_place_of`."""
    out = np.empty((places.size, size), dtype=np.int64)
    left = places.copy()
    for k in range(size, 0, -1):
        table = _binomials(n, k)
        out[:, k - 1] = np.searchsorted(table, left, side="right") - 1
        left = left - table[out[:, k - 1]]
    return out
