"""What a search looked at, how hard, and how far its optima can be trusted."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

__all__ = ["Certificate", "versions"]


@dataclass(frozen=True)
class Certificate:
    """The record of one search.

    Attributes
    ----------
    exhaustive
        Whether every canonical equation was fitted; a beam's are those it met.
    derivations
        Sentences of the grammar, None where the caller did not count them.
    canonical
        Canonical equations of the library, those of forbidden pairs too.
    fitted
        Equations fitted.
    iterations
        Steps taken in all, refinement and verification included.
    refined, verified
        Equations tried again with more starts, and equations tried from random starts.
    n_random_starts
        Random starts of each verified equation.
    hit_rate
        Share of those starts that end within 1 % of the best sum of squares known of their equation; None without any.
    within_one_per_cent
        Share of the verified equations that the search itself had fitted to within 1 % of that best.
    seconds, processor_seconds
        Time taken, of the clock and of all processors; of a resumed search only since it was resumed.
    versions
        Of what computed it.
    """

    exhaustive: bool
    derivations: int | None
    canonical: int
    fitted: int
    iterations: int
    refined: int
    verified: int
    n_random_starts: int
    hit_rate: float | None
    within_one_per_cent: float | None
    seconds: float
    processor_seconds: float
    versions: dict[str, str]

    def lines(self) -> list[str]:
        """The record in words, for a screen."""
        sentences = "" if self.derivations is None else f", of {self.derivations:,} derivations in the language"
        how = "every one fitted" if self.exhaustive else "a beam's choice of them fitted: the search is not exhaustive"
        found = [
            f"{self.canonical:,} canonical equations{sentences}; {how}",
            f"{self.fitted:,} equations fitted in {self.iterations:,} iterations; {self.refined:,} refined",
            f"{self.seconds:.1f} s, {self.processor_seconds:.1f} s of processor time",
            ", ".join(f"{name} {number}" for name, number in self.versions.items()),
        ]
        if self.hit_rate is not None and self.within_one_per_cent is not None:
            found.insert(
                2,
                f"{self.verified:,} best tried from {self.n_random_starts:,} random starts: {self.hit_rate:.0%} of the "
                f"starts end within 1 % of the best known; the search had {self.within_one_per_cent:.0%} of them there",
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """The record for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Certificate:
        """The inverse of `as_dict`."""
        return cls(**record)


def versions() -> dict[str, str]:
    """Versions of the programs that take part."""
    named = {name: version(name) for name in ("macrotrade", "numpy", "numba")}
    return {"python": platform.python_version(), **named}
