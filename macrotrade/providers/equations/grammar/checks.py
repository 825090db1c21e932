"""Whether a grammar's symbols all do something."""

from __future__ import annotations

from macrotrade.errors import SettingsError
from macrotrade.providers.equations.grammar.productions import Grammar

__all__ = ["check_symbols"]


def check_symbols(grammar: Grammar, source: str) -> None:
    """Raise SettingsError if a symbol is never used, or can never be replaced by an expression."""
    finite: set[str] = set()
    while True:
        more = {
            symbol
            for symbol, bodies in grammar.alternatives.items()
            if symbol not in finite and any(set(body.symbols) <= finite for body in bodies)
        }
        if not more:
            break
        finite |= more
    endless = [symbol for symbol in grammar.alternatives if symbol not in finite]
    if endless:
        raise SettingsError(
            f"{source}: {endless[0]!r} always leads back to itself; give it an alternative that ends, such as "
            f"{endless[0]} -> c | ... ;"
        )
    unused = [symbol for symbol in grammar.alternatives if symbol not in grammar.reachable(grammar.starts)]
    if unused:
        raise SettingsError(
            f"{source}: {unused[0]!r} is never used by an equation that starts from {' or '.join(grammar.starts)}; "
            "remove it, or refer to it."
        )
