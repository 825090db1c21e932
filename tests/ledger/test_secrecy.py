"""No key is ever written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from macrotrade.ledger import Ledger, entries_of, refusal
from macrotrade.ledger.secrecy import without_secrets
from macrotrade.strategy.decide import decide
from macrotrade.strategy.spec import Strategy
from tests.ledger.conftest import an_entry

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", KEY)


def test_a_real_run_leaves_no_trace_of_the_key(path: Path) -> None:
    strategy = Strategy(name="list", providers=("naive",), instruments=("ZN",), start="2000-01-31")
    history = strategy.data.load()
    with Ledger.open(path) as ledger:
        ledger.append(entries_of(strategy, decide(strategy, history, "2014-01-31"), history))
        ledger.append(refusal(strategy, "2014-02-28", f"GET https://api.example.org/fred?api_key={KEY}&id=GDP: 500"))
        ledger.append([an_entry(settings=f'{{"key":"{KEY}"}}', reasons=(f"said {KEY}",))])
        reasons = ledger.frame()["reasons"]

    files = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert KEY.encode() not in files
    assert reasons.iloc[2] == ("GET https://api.example.org/fred?api_key=(withheld)&id=GDP: 500",)


def test_an_entry_with_a_key_in_its_words_is_still_said_once(path: Path) -> None:
    entry = an_entry(kind="refusal", score=None, reasons=(f"refused {KEY}",))
    with Ledger.open(path) as ledger:
        ledger.append([entry])
        assert ledger.append([entry]).already == (1,)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("token=abc&x=1", "token=(withheld)&x=1"),
        ("api_key=abc", "api_key=(withheld)"),
        (f"key {KEY}.", "key (FRED_API_KEY withheld)."),
        ("a tokenless sentence = fine", "a tokenless sentence = fine"),
    ],
)
def test_keys_are_known_by_their_variable_and_by_their_place_in_an_address(text: str, clean: str) -> None:
    assert without_secrets(text) == clean
