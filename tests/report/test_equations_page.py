"""The gallery of discovered equations."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from macrotrade.providers.equations.area_wide import area_wide_frame
from macrotrade.providers.equations.discovery import Discovery, DiscoverySettings, discover
from macrotrade.providers.equations.system import SystemDiscovery, discover_system
from macrotrade.providers.equations.veto import VetoRules
from macrotrade.report.equation_tables import ranked_frame
from macrotrade.report.equations_page import equations_report
from macrotrade.sources.euro_area import load_euro_area

QUICK = DiscoverySettings(max_terms=1, n_members=3, min_distance=1, n_refined=0, n_verified=0)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return area_wide_frame(load_euro_area().as_of("2018-12-31")).loc["1971Q1":"2005Q1", ["pi", "i"]]


@pytest.fixture(scope="module")
def discovery(frame: pd.DataFrame) -> Discovery:
    return discover(frame[["pi"]], "pi", QUICK)


def section(page: str, anchor: str) -> str:
    return page.split(f'<section id="{anchor}">')[1].split("</section>")[0]


def test_every_member_has_its_fit_its_path_and_its_steady_states(frame: pd.DataFrame, discovery: Discovery) -> None:
    report = equations_report(discovery, frame, "euro area")

    gallery = section(report.html, "equations")
    assert len(discovery.members) >= 2
    assert gallery.count("data-plot=") == 2 * len(discovery.members)
    assert gallery.count("Steady state") == len(discovery.members)
    for member in discovery.members:
        assert str(member) in gallery
    assert section(report.html, "forecast").count("data-plot=") == 1
    assert report.results["discoveries"][0]["target"] == "pi"


def test_vetoes_stand_with_their_reasons(frame: pd.DataFrame) -> None:
    strict = replace(QUICK, vetoes=VetoRules(signs=(("pi[-1]", "-"),)))
    discovery = discover(frame[["pi"]], "pi", strict)

    log = section(equations_report(discovery, frame, "euro area").html, "veto-log")

    assert "its mean derivative by pi[-1] is" in log


def test_several_targets_stand_behind_one_choice(frame: pd.DataFrame) -> None:
    found = discover_system(frame, ["pi", "i"], QUICK)

    report = equations_report(found, frame, "euro area", "inflation and the rate")

    assert report.title == "Inflation and the rate"
    assert 'data-choice="Series"' in section(report.html, "ranking")
    assert f"{len(found.refused)} did not" in section(report.html, "systems")


def test_a_search_that_left_the_autoregression_alone_says_so(frame: pd.DataFrame) -> None:
    none = replace(QUICK, vetoes=VetoRules(largest_condition=1e-9))
    discovery = discover(frame[["pi"]], "pi", none)

    report = equations_report(SystemDiscovery((discovery,), ()), frame, "euro area")

    assert "the autoregression forecasts" in section(report.html, "search")


def test_the_ranking_keeps_its_order(discovery: Discovery) -> None:
    table = ranked_frame(discovery, 5)

    scores = table["recursive"].astype(float)
    assert list(table.index) == [1, 2, 3, 4, 5]
    assert scores.is_monotonic_increasing
