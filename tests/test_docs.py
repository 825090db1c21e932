"""The pages say what there is: every command with its options, every page in the contents, every public name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

import macrotrade
from macrotrade.cli import app
from macrotrade.sources.load import SOURCES

ROOT = Path(__file__).resolve().parents[1]
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md"))}
GROUP = typer.main.get_command(app)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command as it is typed, with its arguments and long options."""
    pending = [("macrotrade", GROUP)]
    while pending:
        typed, command = pending.pop()
        if hasattr(command, "commands"):
            pending += [(f"{typed} {name}", each) for name, each in command.commands.items()]
            continue
        yield typed, [typed_word(parameter) for parameter in command.params]


def typed_word(parameter: Any) -> str:
    """A long option, or an argument as the help calls it."""
    if parameter.param_type_name == "option":
        return str(parameter.opts[0])
    return parameter.metavar or str(parameter.name).upper()


COMMANDS = dict(commands())


def section(title: str) -> str:
    """What docs/cli.md says under a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGES["cli.md"], flags=re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section '{title}'"
    return found[1]


def slug(heading: str) -> str:
    """Anchor of a heading, as Markdown's table of contents makes it."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower())


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_command_and_option_is_documented(typed: str) -> None:
    said = section(" ".join(typed.split()[:2]))

    assert typed in said
    assert not [word for word in COMMANDS[typed] if not re.search(rf"(?<![\w-]){word}(?![\w-])", said)]


def test_no_command_or_option_is_documented_that_does_not_exist() -> None:
    page = PAGES["cli.md"]
    options = {word for words in COMMANDS.values() for word in words} | {"--help"}
    headings = set(re.findall(r"^## (macrotrade .*)$", page, flags=re.MULTILINE))

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= options
    assert headings == {" ".join(typed.split()[:2]) for typed in COMMANDS}


def test_the_readme_lists_the_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `macrotrade (\w+)", readme, flags=re.MULTILINE))

    assert listed == {typed.split()[1] for typed in COMMANDS}


def test_the_changes_name_every_command() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert not [typed for typed in COMMANDS if f"`{typed.split()[1]}`" not in changes]


def test_the_contents_list_every_page_once() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = settings.split("\nnav:\n")[1].split("\n\n")[0]

    assert sorted(re.findall(r": (\S+\.md)$", nav, flags=re.MULTILINE)) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_starts_with_its_title_and_its_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]

    def leads(link: str) -> bool:
        other, _, anchor = link.partition("#")
        headings = re.findall(r"^#+ (.+)$", PAGES.get(other or page, ""), flags=re.MULTILINE)
        return (other or page) in PAGES and (not anchor or anchor in map(slug, headings))

    assert PAGES[page].startswith("# ")
    assert not [link for link in links if not leads(link)]


def test_the_reference_has_every_public_name_and_only_what_is_there() -> None:
    told = []
    for path in re.findall(r"^::: (\S+)$", PAGES["reference.md"], flags=re.MULTILINE):
        module, _, name = path.rpartition(".")
        told.append(import_module(path) if module == "macrotrade" else getattr(import_module(module), name))

    assert not [name for name in macrotrade.__all__ if not any(getattr(macrotrade, name) is thing for thing in told)]


def test_the_page_on_data_names_every_source() -> None:
    assert not [source for source in SOURCES if f"`{source}`" not in PAGES["data.md"]]


def test_the_changes_name_every_provider_of_ours() -> None:
    import tomllib

    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert not [name for name in ours["macrotrade.providers"] if f"`{name}`" not in changes]
