"""Systems that are built once and read by several providers."""

from __future__ import annotations

import numpy as np
import pytest

from macrotrade.providers.bma import SystemSettings, build_system, remembered
from macrotrade.providers.bma.remembered import forget_systems, remembered_system

from .conftest import economy

NAMES = list("abcdef")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    forget_systems()


def test_the_same_numbers_with_the_same_settings_are_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    levels, settings = economy(0), SystemSettings()
    first = remembered_system(levels, NAMES, settings)
    monkeypatch.setattr(remembered, "build_system", lambda *_, **__: pytest.fail("built again"))

    again = remembered_system(levels.copy(), NAMES, SystemSettings())

    assert again is not first
    assert again.equations == first.equations == build_system(levels, NAMES, settings).equations


def test_whatever_a_system_is_built_from_tells_it_from_others() -> None:
    levels, settings = economy(1), SystemSettings()
    revised = levels.copy()
    revised[-1, 0] *= 1.0 + 1e-12
    unknown = levels.copy()
    unknown[-1, 0] = np.nan
    kept = remembered_system(levels, NAMES, settings)

    others = [
        remembered_system(revised, NAMES, settings),
        remembered_system(unknown, NAMES, settings),
        remembered_system(levels, NAMES[::-1], settings),
        remembered_system(levels, NAMES, SystemSettings(criterion="aic")),
        remembered_system(levels, NAMES, settings, first_season=3),
        remembered_system(levels, NAMES, settings, start=24),
    ]

    assert all(other.sample is not kept.sample for other in others)
    assert len({id(other.sample) for other in others}) == len(others)


def test_what_was_used_last_is_kept_and_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_REMEMBERED", 2)
    levels, settings = economy(2), SystemSettings()
    starts = [remembered_system(levels, NAMES, settings, start=start).sample for start in (0, 1)]

    assert remembered_system(levels, NAMES, settings, start=0).sample is starts[0]
    remembered_system(levels, NAMES, settings, start=2)

    assert remembered_system(levels, NAMES, settings, start=0).sample is starts[0]
    assert remembered_system(levels, NAMES, settings, start=1).sample is not starts[1]


def test_what_is_worked_out_from_a_system_is_not_kept_with_it() -> None:
    levels, settings = economy(3), SystemSettings()

    assert "linear_form" in vars(_with_linear_form(remembered_system(levels, NAMES, settings)))
    assert "linear_form" not in vars(remembered_system(levels, NAMES, settings))


def _with_linear_form(system: object) -> object:
    system.linear_form  # type: ignore[attr-defined]  # noqa: B018
    return system
