"""``macrotrade signal``: what is printed, written down, kept quiet about, refused, and sent."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from macrotrade.__main__ import main
from macrotrade.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
WATCHLIST = """
name = "small list"
providers = ["autoregression", "naive"]
rule = "long_short"

[[watch]]
instrument = "ZN"

[[watch]]
instrument = "SPX"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, with a watchlist and room for a ledger."""
    (tmp_path / "list.toml").write_text(WATCHLIST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MACROTRADE_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.delenv("MACROTRADE_NOTIFY", raising=False)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["macrotrade", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def rows(place: Path) -> list[tuple[str, str, str]]:
    with Ledger.read(place / "ledger.sqlite") as book:
        table = book.frame()
    return list(table[["as_of", "kind", "instrument"]].astype(str).itertuples(index=False, name=None))


def test_a_replayed_day_is_told_with_votes_and_causes_and_written_as_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    assert typed(monkeypatch, "signal", "list.toml", "--as-of", "2013-06-30") == 0

    said = capsys.readouterr().out
    assert "decided on 2013-06-30, put on at 2013-07-01" in said
    assert "new data" in said
    assert {"signal.html", "signal.md", "results.json"} <= {file.name for file in (place / "runs" / "list").iterdir()}
    assert not (place / "ledger.sqlite").exists()


def test_the_same_as_json_holds_every_vote_and_cause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    del place
    assert typed(monkeypatch, "signal", "list.toml", "--as-of", "2013-06-30", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert [standing["decision"]["instrument"] for standing in told["standings"]] == ["ZN", "SPX"]
    for standing in told["standings"]:
        assert {vote["provider"] for vote in standing["votes"]} == {"autoregression", "naive"}
        for change in standing["changes"]:
            total = sum(cause["amount"] for cause in change["causes"])
            assert total == pytest.approx(change["after"] - change["before"], abs=1e-12)


def test_what_was_said_is_written_down_once_and_a_second_run_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite")
    assert typed(monkeypatch, *day) == 0
    first = capsys.readouterr().out
    written = rows(place)

    assert typed(monkeypatch, *day) == 4
    assert capsys.readouterr().out == ""
    assert rows(place) == written
    assert len(written) == 6  # two instruments, two providers and the vote

    assert typed(monkeypatch, *day, "--again") == 4
    assert capsys.readouterr().out.split("ledger:")[0].strip() == first.split("ledger:")[0].strip()


def test_old_data_are_refused_and_the_refusal_is_written_down_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    assert typed(monkeypatch, "signal", "list.toml") == 3
    said = capsys.readouterr()
    assert "DGS10, which drives ZN, was last quoted on 2017-03-29" in said.err
    written = rows(place)
    assert {kind for _, kind, _ in written} == {"refusal"}

    assert typed(monkeypatch, "signal", "list.toml") == 3
    assert rows(place) == written


def test_data_that_cannot_be_read_are_a_refusal_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    (place / "broken.csv").write_text("sasdate,RPI\nTransform:,5\n1/1/2000,<html>\n", encoding="utf-8")
    (place / "list.toml").write_text(WATCHLIST + '\n[data]\nsource = "fred-md"\npath = "broken.csv"\n', "utf-8")

    assert typed(monkeypatch, "signal", "list.toml") == 3
    assert "broken.csv" in capsys.readouterr().err
    assert {kind for _, kind, _ in rows(place)} == {"refusal"}


class Webhook(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    def do_POST(self) -> None:
        self.server.posted.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


@pytest.fixture
def webhook() -> Iterator[http.server.HTTPServer]:
    pytest.importorskip("apprise", reason="messages need the extra 'notify'")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        server.posted, server.status = [], 200  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_news_is_sent_once_to_the_address_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path, webhook: http.server.HTTPServer
) -> None:
    monkeypatch.setenv("MACROTRADE_NOTIFY", f"json://someone:hidden-word@127.0.0.1:{webhook.server_port}/hook")
    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite", "--notify")

    assert typed(monkeypatch, *day) == 0
    assert typed(monkeypatch, *day) == 4

    (posted,) = webhook.posted  # type: ignore[attr-defined]
    told = json.loads(posted)
    assert told["title"] == "small list, 2013-06-30"
    *lines, head = told["message"].splitlines()
    assert [line.split(":")[0] for line in lines] == ["ZN", "SPX"]
    with Ledger.read(place / "ledger.sqlite") as book:
        assert head == f"ledger head {book.head()}"
    said = capsys.readouterr()
    assert "hidden-word" not in said.out + said.err
    assert b"hidden-word" not in (place / "ledger.sqlite").read_bytes()


def test_a_message_that_does_not_arrive_is_said_and_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path, webhook: http.server.HTTPServer
) -> None:
    webhook.status = 500  # type: ignore[attr-defined]
    monkeypatch.setenv("MACROTRADE_NOTIFY", f"json://someone:hidden-word@127.0.0.1:{webhook.server_port}/hook")

    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite", "--notify")
    assert typed(monkeypatch, *day) == 3

    said = capsys.readouterr()
    assert "did not reach every address in MACROTRADE_NOTIFY" in said.err
    assert "hidden-word" not in said.out + said.err
    assert len(rows(place)) == 6


def test_a_message_without_an_address_is_refused_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite", "--notify")
    assert typed(monkeypatch, *day) == 2
    assert "set MACROTRADE_NOTIFY" in capsys.readouterr().err
    assert not (place / "ledger.sqlite").exists()


def test_a_message_to_a_strange_address_is_refused_without_telling_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    pytest.importorskip("apprise", reason="messages need the extra 'notify'")
    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite", "--notify")
    monkeypatch.setenv("MACROTRADE_NOTIFY", "no-such-service://hidden-word")
    assert typed(monkeypatch, *day) == 2
    said = capsys.readouterr().err
    assert "Address 1 of MACROTRADE_NOTIFY is none that apprise understands" in said
    assert "hidden-word" not in said
    assert not (place / "ledger.sqlite").exists()


def test_a_day_that_is_not_over_is_refused_with_the_last_one_that_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    del place
    assert typed(monkeypatch, "signal", "list.toml", "--as-of", "2199-01-31") == 2
    assert "2199-01-31 is not over: the last day that can be decided is 20" in capsys.readouterr().err


def test_to_write_and_not_to_write_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    del place
    assert typed(monkeypatch, "signal", "list.toml", "--ledger", "ledger.sqlite", "--no-ledger") == 2
    assert "give one of the two" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "list.toml is not TOML"),
        (b'provider = "naive"\ninstrument = "ZN"\n[clock]\nexchange = "XNYX"\n', "is no calendar. Did you mean 'XNYS'"),
    ],
)
def test_a_file_that_cannot_be_meant_is_told_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: Path,
    content: bytes,
    words: str,
) -> None:
    (place / "list.toml").write_bytes(content)

    assert typed(monkeypatch, "signal", "list.toml", "--as-of", "2013-06-30") == 2

    assert words in capsys.readouterr().err
    assert not (place / "runs").exists()


def test_what_is_said_otherwise_of_the_same_day_is_a_correction_that_names_what_turned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    day = ("signal", "list.toml", "--as-of", "2013-06-30", "--ledger", "ledger.sqlite")
    assert typed(monkeypatch, *day) == 0
    assert "corrections" not in capsys.readouterr().out
    late = WATCHLIST.replace("[[watch]]", "[rule_options.long_short]\nthreshold = 0.9\n\n[[watch]]", 1)
    (place / "list.toml").write_text(late, encoding="utf-8")

    assert typed(monkeypatch, *day) == 0

    said = capsys.readouterr().out
    assert "new rows, " in said
    assert "of them corrections, head" in said
    assert "corrected: ZN, vote, long_short: +0.00, was " in said


def test_a_signal_never_waits_for_vectorbt(place: Path) -> None:
    script = (
        "import sys\nfrom macrotrade.__main__ import main\n"
        "sys.argv = ['macrotrade', 'signal', 'list.toml', '--as-of', '2013-06-30', '--ledger', 'ledger.sqlite']\n"
        "try: main()\nfinally: assert not {'vectorbt', 'torch', 'statsmodels'} & set(sys.modules), 'heavy'"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=place, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
