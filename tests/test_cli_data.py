"""The commands about data as a person types them, against a publisher on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from macrotrade.__main__ import main
from macrotrade.sources.cache.store import Cache

PLAN = """
provider = "naive"
instrument = "ZN"
[data]
source = "live"
[data.live]
fred_md = "none"
fred = ["DGS10", "DGS2"]
alfred = []
yahoo = []
"""


class FredHandler(BaseHTTPRequestHandler):
    """FRED's answers about daily series that never change; a series in `broken` is answered with a web page."""

    broken: ClassVar[set[str]] = set()
    last_day: ClassVar[str] = "2006-11-02"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(path.query).items()}
        self.asked.append(path.path)
        series = query["series_id"]
        if query.get("api_key") != "a-key" or series in self.broken:
            self.answer("<html>no</html>", 400)
        elif path.path.endswith("/series"):
            self.answer(
                f'<seriess><series id="{series}" title="{series}, daily" units="Percent" frequency="Daily" '
                f'frequency_short="D" last_updated="{self.last_day} 15:16:00-06"/></seriess>'
            )
        else:
            dates = [f"2006-{month:02d}-{day:02d}" for month in (9, 10, 11) for day in range(1, 31)]
            rows = (f'<observation date="{date}" value="4.{date[-1]}"/>' for date in dates if date <= self.last_day)
            self.answer(f"<observations>{''.join(rows)}</observations>")

    def answer(self, text: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def fred(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FredHandler]]:
    FredHandler.broken, FredHandler.last_day, FredHandler.asked = set(), "2006-11-02", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), FredHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MACROTRADE_FRED_URL", f"http://127.0.0.1:{server.server_port}/fred")
    monkeypatch.setenv("FRED_API_KEY", "a-key")
    yield FredHandler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the cache, named by the environment; the plan lies beside it."""
    monkeypatch.setenv("MACROTRADE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    return tmp_path / "cache"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    """Exit code of the command line; FILE is the plan."""

    def run(*words: str) -> int:
        plan = str(folder.parent / "plan.toml")
        monkeypatch.setattr(sys, "argv", ["macrotrade", "data", *(plan if word == "FILE" else word for word in words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


@pytest.mark.parametrize("command", ["update", "list", "check", "prune"])
def test_each_command_has_help_with_an_example(typed: Any, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert typed(command, "--help") == 0
    assert f"Example: macrotrade data {command}" in capsys.readouterr().out


def test_an_update_ends_with_0_where_something_is_new_and_with_4_where_nothing_is(
    typed: Any, fred: type[FredHandler], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("update", "FILE") == 0
    said = capsys.readouterr().out
    assert "fred-DGS10: new, 62 rows to 2006-11-02" in said
    assert str(folder) in said
    fred.asked.clear()

    assert typed("update", "FILE") == 4
    assert "fred-DGS10: unchanged, to 2006-11-02" in capsys.readouterr().out
    assert fred.asked == ["/fred/series", "/fred/series"]  # what is at hand is not sent again

    fred.last_day = "2006-11-03"
    assert typed("update", "FILE") == 0
    assert "fred-DGS10: changed, 1 of 63 rows, to 2006-11-03" in capsys.readouterr().out


def test_an_update_with_a_failure_keeps_the_rest_names_it_and_ends_with_3(
    typed: Any, fred: type[FredHandler], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fred.broken = {"DGS2"}

    assert typed("update", "FILE", "--json") == 3

    told = capsys.readouterr()
    outcomes = {each["table"]: each["kind"] for each in json.loads(told.out)["outcomes"]}
    assert outcomes == {"fred-DGS10": "new", "fred-DGS2": "failed"}
    assert "Not brought up to date: fred-DGS2." in told.err
    assert list(Cache(folder).tables()) == ["fred-DGS10"]
    assert "a-key" not in told.out + told.err


def test_an_update_without_a_key_names_what_it_skips(
    typed: Any, fred: type[FredHandler], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FRED_API_KEY")

    assert typed("update", "FILE") == 4

    said = capsys.readouterr().out
    assert "fred-DGS10: skipped: needs a FRED API key, and FRED_API_KEY is not set" in said
    assert fred.asked == []


def test_the_list_shows_what_ships_and_what_was_fetched(
    typed: Any, fred: type[FredHandler], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("list") == 0
    assert "No fetched tables in" in capsys.readouterr().out
    typed("update", "FILE")
    capsys.readouterr()

    assert typed("list", "--json") == 0

    told = json.loads(capsys.readouterr().out)
    assert {row["table"] for row in told["embedded"]} >= {"fred_md", "treasury_daily"}
    assert [(row["table"], row["rows"], row["last asked"]) for row in told["fetched"]] == [
        ("fred-DGS10", 62, "today"),
        ("fred-DGS2", 62, "today"),
    ]
    assert typed("list") == 0
    assert "fred-DGS10" in capsys.readouterr().out


def test_a_check_finds_damage_and_repair_mends_it(
    typed: Any, fred: type[FredHandler], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("check") == 0
    assert "0 fetched tables" in capsys.readouterr().out
    typed("update", "FILE")
    path = next((folder / "tables").glob("fred-DGS10*"))
    path.write_bytes(path.read_bytes()[:100])
    capsys.readouterr()

    assert typed("check") == 3
    assert path.name in capsys.readouterr().err
    typed("check", "--repair")
    assert "took out fred-DGS10, whose file is damaged or absent" in capsys.readouterr().out
    assert typed("update", "FILE") == 0
    assert "fred-DGS10: new" in capsys.readouterr().out


def test_a_check_says_what_is_too_old(typed: Any, fred: type[FredHandler], capsys: pytest.CaptureFixture[str]) -> None:
    typed("update", "FILE")

    assert typed("check") == 3
    assert "fred-DGS10: its newest number is of 2006-11-02, " in capsys.readouterr().err


def test_prune_removes_what_is_left_over_and_ends_with_4_where_nothing_is(
    typed: Any, fred: type[FredHandler], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("update", "FILE")
    left = folder / "tables" / ".part-0.parquet"
    left.write_bytes(b"half")
    capsys.readouterr()

    assert typed("prune", "--dry-run") == 0
    assert left.exists()
    assert typed("prune", "--json") == 0
    assert json.loads(capsys.readouterr().out.split("bytes.\n")[1])["files"] == [str(left)]
    assert not left.exists()
    assert typed("prune") == 4


def test_a_mistake_in_the_plan_ends_with_2_and_names_the_file(
    typed: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder.parent / "plan.toml"
    file.write_text("[data]\nsource = 'live'\n[data.live]\nyahooo = []\n", encoding="utf-8")

    assert typed("update", "FILE") == 2

    assert f"{file}, data: unknown key 'live.yahooo'. Did you mean 'yahoo'?" in capsys.readouterr().err
