"""Fitted systems on disk."""

from __future__ import annotations

import json

import numpy as np
import pytest

from macrotrade.errors import DataError
from macrotrade.forecast import Target
from macrotrade.providers.bma import (
    BMA,
    BMAForecaster,
    forecast,
    load_forecaster,
    load_system,
    save_forecaster,
    save_system,
)
from macrotrade.providers.bma.store import FORMAT_VERSION
from tests.providers.bma.conftest import FEW

TARGET = Target(("HOUST", "GS10"), (1, 6), ("log_change", "change"))


@pytest.fixture(scope="module")
def fitted(embedded) -> BMAForecaster:
    return BMA(series=FEW, start="1995-01").fit(embedded.as_of("2009-03-31"), TARGET)


def test_a_forecaster_comes_back_to_the_bit(fitted, embedded, tmp_path):
    panel = embedded.as_of("2009-06-30")

    again = load_forecaster(save_forecaster(fitted, tmp_path / "system.npz"))

    before, after = fitted.forecast(panel), again.forecast(panel)
    for part in ("mean", "scale", "weights", "origin"):
        np.testing.assert_array_equal(getattr(after, part), getattr(before, part))
    assert after.reasons == before.reasons
    assert (again.target, again.names, again.first) == (fitted.target, fitted.names, fitted.first)


def test_a_system_comes_back_whole(fitted, embedded, tmp_path):
    system = fitted.system

    again = load_system(save_system(system, tmp_path / "new folder" / "system.npz"))

    assert again.equations == system.equations
    assert again.autoregressions == system.autoregressions
    assert again.settings == system.settings
    assert (again.left_out, again.imputed, again.cuts) == (system.left_out, system.imputed, system.cuts)
    np.testing.assert_array_equal(again.screen.f_statistics, system.screen.f_statistics)
    np.testing.assert_array_equal(again.sample.converted, system.sample.converted)
    values = fitted.read(embedded.as_of("2009-06-30")).values
    np.testing.assert_array_equal(forecast(again, values, 6).levels, forecast(system, values, 6).levels)


def test_a_forecasters_file_gives_its_system_too(fitted, tmp_path):
    file = save_forecaster(fitted, tmp_path / "fitted.npz")

    assert load_system(file).equations == fitted.system.equations


def test_saving_again_replaces_the_file_and_leaves_nothing_else(fitted, tmp_path):
    file = save_system(fitted.system, tmp_path / "system.npz")
    save_system(fitted.system, file)

    assert [each.name for each in tmp_path.iterdir()] == ["system.npz"]


def test_a_file_of_another_version_is_refused(fitted, tmp_path):
    file = save_system(fitted.system, tmp_path / "system.npz")
    rewrite(file, version=FORMAT_VERSION + 1)

    with pytest.raises(DataError, match=f"format {FORMAT_VERSION + 1}.*reads format {FORMAT_VERSION}.*fit the system"):
        load_system(file)


def test_a_file_that_keeps_other_things_is_refused(fitted, tmp_path):
    file = save_system(fitted.system, tmp_path / "system.npz")
    rewrite(file, system={"sample": {"settings": {"lag_count": 3}}})

    with pytest.raises(DataError, match="fit the system again"):
        load_system(file)


@pytest.mark.parametrize("content", [b"", b"no archive", "cut"])
def test_a_damaged_file_is_refused(fitted, tmp_path, content):
    file = save_system(fitted.system, tmp_path / "system.npz")
    file.write_bytes(file.read_bytes()[:-500] if content == "cut" else content)

    with pytest.raises(DataError, match="no saved system, or was cut off") as told:
        load_system(file)
    assert "pickle" not in str(told.value)


def test_a_system_alone_is_no_forecaster(fitted, tmp_path):
    file = save_system(fitted.system, tmp_path / "system.npz")

    with pytest.raises(DataError, match="holds a system, not a forecaster"):
        load_forecaster(file)


def test_an_absent_file_is_told(tmp_path):
    with pytest.raises(DataError, match="check the path"):
        load_system(tmp_path / "absent.npz")


def rewrite(file, **changes) -> None:
    """The file with other words in its head."""
    with np.load(file) as saved:
        arrays = {name: saved[name] for name in saved.files}
    head = {**json.loads(arrays.pop("words").tobytes()), **changes}
    np.savez(file, words=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), **arrays)
