"""What is said of a text that could not be read."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["expected_words", "pointed_at"]

_WORDS = {
    "NAME": "a name",
    "QUOTED": "a name in quotes",
    "NUMBER": "a number",
    "PLUS": "'+'",
    "MINUS": "'-'",
    "TIMES": "'*'",
    "OVER": "'/'",
    "CIRCUMFLEX": "'^'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "SEMICOLON": "';'",
    "COLON": "':'",
    "EQUAL": "'='",
    "VBAR": "'|'",
    "PERCENT": "'%'",
    "RANGE": "'..'",
    "OPEN": "'_'",
    "__ANON_0": "'->'",
    "$END": "the end",
}


def expected_words(terminals: Iterable[str]) -> str:
    """The terminals of the language in words, joined by or."""
    words = sorted({_WORDS.get(name, name) for name in terminals if name not in ("COMMENT", "__IGNORE_0")})
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def pointed_at(text: str, source: str, line: int, column: int, message: str) -> str:
    """The `message` after `source`, `line` and `column`; then that line of the `text`, with a caret beneath."""
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1].replace("\t", " ")
    return f"{source}, line {line}, column {column}: {message}\n    {shown}\n    {' ' * (column - 1)}^"
