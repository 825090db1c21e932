"""What the README tells a newcomer to type is what continuous integration types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def typed_commands(text: str) -> list[str]:
    """Lines that install the checkout and go on."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith("pip install -e ")]


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def test_continuous_integration_runs_the_two_commands_of_the_readme() -> None:
    readme = typed_commands("\n".join(fenced("bash")))

    assert len(readme) == 2
    assert typed_commands((ROOT / ".ci" / "run").read_text(encoding="utf-8")) == readme[::-1]


def test_the_two_commands_are_the_demo_and_the_tests() -> None:
    demo, tests = typed_commands("\n".join(fenced("bash")))

    assert demo.endswith("&& macrotrade demo")
    assert tests.endswith("&& pytest")


def test_the_example_prints_what_the_readme_says() -> None:
    (example,) = fenced("python")

    run = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=300, check=False)

    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == fenced("text")[0].split()


def test_every_link_inside_the_project_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    links = {
        (page, link.split("#")[0])
        for page in pages
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", link) and not link.startswith("#")
    }

    missing = {(page.name, link) for page, link in links if not (page.parent / link).exists()}

    assert not missing
