"""The page as a reader meets it, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IN_SIGHT = "[...document.querySelectorAll('.plot')].filter(b => b.offsetParent)"
ALL_DRAWN = f"{IN_SIGHT}.every(b => b.querySelector('svg.main-svg'))"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Visit:
    page: Any
    complaints: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser to look at the page with: none of {', '.join(BROWSERS)} is installed")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed; install macrotrade[test]"
    )
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


def visit(browser: Any, folder: Path, **settings: Any) -> Visit:
    page = browser.new_page(**settings)
    seen = Visit(page)
    page.on(
        "console",
        lambda message: seen.complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))

    def decide(route: Any) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            seen.asked_for.append(route.request.url)
            route.abort()

    page.route("**/*", decide)
    page.goto((folder / "report.html").as_uri())
    return seen


def read_through(page: Any) -> None:
    """Scroll from top to bottom, so that every figure in sight is drawn."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 500):
        page.evaluate(f"scrollTo(0, {top})")
        page.wait_for_timeout(20)
    page.wait_for_function(ALL_DRAWN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_draws_without_complaint_and_asks_nothing_of_the_network(
    browser: Any, saved: Path, scheme: str
) -> None:
    seen = visit(browser, saved, viewport=DESK, color_scheme=scheme)

    read_through(seen.page)

    assert seen.complaints == []
    assert seen.asked_for == []
    seen.page.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("which", ["saved", "saved_study"])
def test_nothing_sticks_out_at_the_side(
    browser: Any, request: pytest.FixtureRequest, which: str, viewport: dict[str, int]
) -> None:
    seen = visit(browser, request.getfixturevalue(which), viewport=viewport)
    read_through(seen.page)
    assert seen.complaints == []

    width = seen.page.evaluate("document.documentElement.scrollWidth")
    plots = seen.page.evaluate(
        "[...document.querySelectorAll('.plot')].filter(b => b.offsetParent)"
        ".map(b => b.querySelector('svg').getBoundingClientRect().right)"
    )

    assert width <= viewport["width"]
    assert max(plots) <= viewport["width"]
    seen.page.close()


def test_every_figure_in_sight_holds_lines_marks_or_cells(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)
    read_through(seen.page)

    empty = seen.page.evaluate(
        "[...document.querySelectorAll('.plot')].filter(b => b.offsetParent)"
        ".filter(b => !b.querySelector('path.js-line, .points path, .hm image')).map(b => b.ariaLabel)"
    )

    assert empty == []
    seen.page.close()


def first_column(table: Any, column: int) -> list[str]:
    return list(table.evaluate(f"t => [...t.tBodies[0].rows].map(r => r.cells[{column}].dataset.v)"))


def test_a_table_sorts_when_its_heading_is_clicked(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)
    table = seen.page.locator("#zn table").first
    heading = table.locator("thead th", has_text="Efficiency")
    column = heading.evaluate("th => th.cellIndex")

    heading.locator("button").click()
    falling, falling_sort = first_column(table, column), heading.get_attribute("aria-sort")
    heading.locator("button").click()
    rising, rising_sort = first_column(table, column), heading.get_attribute("aria-sort")

    def numbers(cells: list[str]) -> list[float]:
        return [float(cell) for cell in cells if cell]

    assert (falling_sort, rising_sort) == ("descending", "ascending")
    assert numbers(falling) == sorted(numbers(falling), reverse=True)
    assert numbers(rising) == sorted(numbers(rising))
    assert "" not in rising[: len(numbers(rising))], "a missing number goes last whichever way"
    assert "" not in falling[: len(numbers(falling))]
    seen.page.close()


def test_a_table_sorts_by_keyboard(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)
    table = seen.page.locator("#zn table").first
    before = first_column(table, 0)

    table.locator("thead button").first.focus()
    seen.page.keyboard.press("Enter")

    assert first_column(table, 0) == sorted(before, key=str.lower)
    assert table.locator("thead th").first.get_attribute("aria-sort") == "ascending"
    seen.page.close()


def test_choosing_a_rule_changes_every_figure_of_that_rule(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)
    tab = seen.page.locator("#zn [role=tab]", has_text="long/short").first

    tab.click()
    read_through(seen.page)

    chosen = seen.page.locator("[data-choice=Rule] > .options [aria-selected=true]").all_text_contents()
    shown = seen.page.evaluate(
        "[...document.querySelectorAll('.plot')].filter(b => b.offsetParent).map(b => b.ariaLabel)"
    )
    assert set(chosen) == {"long/short"}
    assert "Growth of 1 and drawdown, ZN, long/short" in shown
    assert "Growth of 1 and drawdown, ZN, long/flat" not in shown
    assert seen.complaints == []
    seen.page.close()


def test_tabs_answer_to_arrow_keys(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)
    seen.page.locator("#zn [role=tab]").first.focus()

    seen.page.keyboard.press("ArrowRight")

    assert seen.page.evaluate("document.activeElement.textContent") == "long/short"
    assert seen.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    seen.page.close()


def test_a_narrow_page_keeps_the_row_names_in_sight(browser: Any, saved: Path) -> None:
    seen = visit(browser, saved, viewport=PHONE)
    box = seen.page.locator("#zn .scroll").first
    box.scroll_into_view_if_needed()

    box.evaluate("b => { b.scrollLeft = 300; }")

    offset = box.evaluate(
        "b => b.querySelector('tbody th').getBoundingClientRect().left - b.getBoundingClientRect().left"
    )
    assert box.evaluate("b => b.scrollLeft") == 300
    assert abs(offset) < 2
    seen.page.close()


def test_the_page_prints_with_its_figures(browser: Any, saved: Path, tmp_path: Path) -> None:
    seen = visit(browser, saved, viewport=DESK)

    seen.page.emulate_media(media="print")
    printed = seen.page.pdf(path=tmp_path / "page.pdf", format="A4")

    drawn = seen.page.evaluate(ALL_DRAWN)
    assert printed.startswith(b"%PDF")
    assert drawn
    assert seen.complaints == []
    seen.page.close()
