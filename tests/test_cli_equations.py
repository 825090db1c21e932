"""``macrotrade equations``: what its commands print and leave behind, and how they end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from macrotrade.__main__ import main
from macrotrade.providers.equations.discovery import DiscoverySettings, discover
from macrotrade.providers.equations.iterated import load_any_discovery
from macrotrade.strategy.equation_task import EquationTask

TASK = """
target = "pi"
columns = ["pi"]
until = "2005Q1"

[discovery]
max_terms = 1
n_members = 2
n_refined = 0
n_verified = 0
"""


def typed(*words: str) -> int:
    """Exit code of the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["macrotrade", "equations", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a discovery made from a TOML file."""
    folder = tmp_path_factory.mktemp("equations")
    (folder / "task.toml").write_text(TASK, encoding="utf-8")
    assert typed("discover", str(folder / "task.toml"), "--out", str(folder / "out")) == 0
    return folder / "out"


def test_a_discovery_tells_the_size_before_and_the_certificate_after(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = typed("discover", "linear_ar", "--target", "pi", "--until", "2005Q1", "--out", str(tmp_path / "out"))

    printed = capsys.readouterr().out
    assert code == 0
    size, certificate = printed.index("canonical equations; separable fit"), printed.index("every one fitted")
    assert size < certificate < printed.index("Equations of pi, the best")
    assert "on one core" in printed
    assert not (tmp_path / "out" / "pieces").exists()


def test_a_discovery_leaves_equations_data_and_a_gallery(found: Path) -> None:
    assert sorted(file.name for file in found.iterdir()) == [
        "data.csv",
        "discovery.json",
        "report.html",
        "report.md",
        "results.json",
    ]
    best = json.loads((found / "discovery.json").read_text(encoding="utf-8"))["members"][0]
    assert best["units"] == "per cent, change over four quarters"
    assert best["vintage"] == "euro-area awm18, final numbers, no vintages"
    page = (found / "report.html").read_text(encoding="utf-8")
    for heading in ("Search", "Equations", "Forecast", "Ranking", "Veto log"):
        assert f"<h2>{heading}" in page or f">{heading}<" in page
    assert page.count('data-plot="figure-') == 3, "a fit, a path of the one member, and the forecast"


def test_several_targets_make_a_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--target", "pi,i", "--columns", "pi,i", "--until", "2005Q1", "--max-terms", "1", "--beam", "3")

    code = typed("discover", *words, "--out", str(tmp_path))

    assert code == 0
    assert "were refused by the guards" in capsys.readouterr().out
    assert load_any_discovery(tmp_path / "discovery.json").targets == ("pi", "i")  # type: ignore[union-attr]
    assert typed("recurse", str(tmp_path / "discovery.json"), "--steps", "2", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)["path"]) == {"pi", "i"}


def test_equations_are_shown_as_text_and_latex(found: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("show", str(found / "discovery.json")) == 0
    shown = capsys.readouterr().out
    assert typed("show", str(found / "discovery.json"), "--latex") == 0
    latex = capsys.readouterr().out

    assert "Steady states of pi" in shown
    assert str(load_any_discovery(found / "discovery.json").members[0]) in shown  # type: ignore[union-attr]
    assert latex.startswith(r"\pi_{t} = ")


def test_a_recursion_starts_where_it_is_told_to(found: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(found / "discovery.json")

    assert typed("recurse", file, "--steps", "3", "--json") == 0
    own = json.loads(capsys.readouterr().out)
    assert typed("recurse", file, "--steps", "3", "--data", "euro-area", "--until", "2006Q4", "--json") == 0
    later = json.loads(capsys.readouterr().out)

    assert typed("recurse", file, "--until", "2005X") == 3
    assert "write one such as 2005Q1" in capsys.readouterr().err
    assert list(own["path"]["pi"]) == ["2005Q2", "2005Q3", "2005Q4"]
    assert list(later["path"]["pi"]) == ["2007Q1", "2007Q2", "2007Q3"]


def test_a_draft_is_revised(capsys: pytest.CaptureFixture[str]) -> None:
    draft = "pi = .06 + 1.38 pi[-1] - .40 pi[-2]"

    code = typed("revise", draft, "--columns", "pi", "--until", "2005Q1", "--json")

    record = json.loads(capsys.readouterr().out)
    gains = [edit["bic_gain"] for edit in record["edits"]]
    assert code == 0
    assert gains == sorted(gains, reverse=True)
    assert record["refitted"]["sse"] <= record["draft"]["sse"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("revise", "pi = .06 + 1.38 pi[-1 - .4"), 2, "line 1, column 23"),
        (("revise", "pi .06 + 1.38 pi[-1]"), 2, "expected '='"),
        (("discover", "--resume", "--out", "nowhere"), 2, "no search to go on with in nowhere"),
        (("discover", "--target", "pie"), 3, "Did you mean 'pi'"),
        (("discover", "--until", "2005X"), 3, "write one such as 2005Q1"),
        (("show", "nowhere.json"), 3, "nowhere.json"),
        (("discover", "lineer_ar"), 2, "linear_ar"),
    ],
)
def test_mistakes_end_with_what_to_do(
    words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(*words) == code

    assert said in capsys.readouterr().err


def test_an_unknown_setting_in_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "task.toml"
    file.write_text(TASK.replace("n_members", "n_member"), encoding="utf-8")

    assert typed("discover", str(file)) == 2

    assert "Did you mean 'n_members'" in capsys.readouterr().err


def test_a_search_that_was_interrupted_goes_on_only_when_asked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = EquationTask(targets=("pi",), columns=("pi",), until="2005Q1", discovery={"max_terms": 1}).read()
    settings = DiscoverySettings(max_terms=1)
    discover(task.frame, "pi", settings, folder=tmp_path / "pieces")
    words = ("discover", "--columns", "pi", "--until", "2005Q1", "--max-terms", "1", "--out", str(tmp_path))

    assert typed(*words) == 2
    assert "resume it" in capsys.readouterr().err

    assert typed(*words, "--resume") == 0
    assert (tmp_path / "discovery.json").exists()
    assert not (tmp_path / "pieces").exists()
