"""Searching whole languages, breaking off and going on, and beams."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import FitError, SettingsError
from macrotrade.providers.equations import search as searching
from macrotrade.providers.equations.beam import beam_search
from macrotrade.providers.equations.certificate import Certificate
from macrotrade.providers.equations.data import EquationData
from macrotrade.providers.equations.fitting import fit_structures
from macrotrade.providers.equations.library import TermLibrary
from macrotrade.providers.equations.parameters import fitted_values
from macrotrade.providers.equations.refining import Refinement
from macrotrade.providers.equations.search import Discoveries, search
from tests.providers.equations.plain_fit import paper_data

FEW = Refinement(n_refined=20, n_starts=2, n_verified=3, n_random_starts=20)
NONE = Refinement(n_refined=0, n_verified=0)


@pytest.fixture(scope="module")
def data(euro_area: pd.DataFrame) -> EquationData:
    return paper_data(euro_area).of(["pi_1", "y_1"])


@pytest.fixture(scope="module")
def library(data: EquationData) -> TermLibrary:
    return TermLibrary.full(data.variables)


@pytest.fixture(scope="module")
def found(library: TermLibrary, data: EquationData) -> Discoveries:
    return search(library, data, refinement=FEW, n_best=30, derivations=999)


def test_every_equation_is_fitted_and_none_worse_than_its_parents(library: TermLibrary, found: Discoveries) -> None:
    parents = library.parents(library.unrank(found.ranks))

    least = np.where(parents >= 0, found.sse[parents], np.inf).min(axis=1)

    np.testing.assert_array_equal(found.ranks, np.arange(library.n_structures))
    assert (found.sse[1:] <= least[1:] * (1 + 1e-9)).all()


def test_the_best_come_first_with_their_parameters(data: EquationData, found: Discoveries) -> None:
    assert found.best_ranks.size == 30
    np.testing.assert_array_equal(found.best_sse, np.sort(found.sse)[:30])
    for structure, parameters, sse in zip(found.best_structures, found.best_parameters, found.best_sse, strict=True):
        values = fitted_values(found.library, data.values, structure, parameters)
        assert ((data.target - values) ** 2).sum() == pytest.approx(sse, rel=1e-9)


def test_the_certificate_says_what_was_done(library: TermLibrary, found: Discoveries) -> None:
    certificate = found.certificate

    words = "\n".join(certificate.lines())

    assert certificate.exhaustive
    assert certificate.fitted == certificate.canonical == library.n_structures
    assert (certificate.refined, certificate.verified, certificate.n_random_starts) == (20, 3, 20)
    assert certificate.hit_rate is not None
    assert 0.0 < certificate.hit_rate <= 1.0
    assert f"{library.n_structures:,} canonical equations, of 999 derivations" in words
    assert "3 best tried from 20 random starts" in words
    assert Certificate.from_dict(json.loads(json.dumps(certificate.as_dict()))) == certificate


def test_the_search_finds_what_fitting_one_by_one_finds(library: TermLibrary, data: EquationData) -> None:
    unrefined = search(library, data, refinement=NONE)
    some = np.arange(0, library.n_structures, 97)

    fitted = fit_structures(library, data, library.unrank(some))

    np.testing.assert_array_equal(unrefined.sse[some], fitted.sse)
    assert unrefined.certificate.hit_rate is None


def test_pieces_of_any_size_give_the_same(
    library: TermLibrary, data: EquationData, found: Discoveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_PIECE", 311)
    monkeypatch.setattr(searching, "_SCAN_PIECE", 17)

    again = search(library, data, refinement=FEW, n_best=30)

    np.testing.assert_array_equal(again.sse, found.sse)
    np.testing.assert_array_equal(again.best_parameters, found.best_parameters)


def test_a_broken_off_search_goes_on_where_it_stopped(
    library: TermLibrary, data: EquationData, found: Discoveries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_PIECE", 100)

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(library, data, folder=tmp_path, progress=stop)
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("level-*.npz")}
    seen: list[int] = []
    resumed = search(
        library, data, refinement=FEW, folder=tmp_path, resume=True, progress=lambda done, _: seen.append(done)
    )

    assert kept
    assert all(file.stat().st_mtime_ns == time for file, time in kept.items())
    assert len(list(tmp_path.glob("level-*.npz"))) > len(kept)
    assert seen[-1] == library.n_structures
    np.testing.assert_array_equal(resumed.sse, found.sse)


def test_a_folder_of_another_search_is_refused(library: TermLibrary, data: EquationData, tmp_path: Path) -> None:
    small = TermLibrary.full(data.variables, max_terms=1)
    search(small, data, refinement=NONE, folder=tmp_path)

    with pytest.raises(SettingsError, match="holds a search of another language"):
        search(library, data, folder=tmp_path, resume=True)
    with pytest.raises(SettingsError, match="resume it"):
        search(small, data, folder=tmp_path)


def test_a_leak_ends_the_search_with_its_name(data: EquationData) -> None:
    values = np.column_stack([data.values, 3.0 - 2.0 * data.target])  # noqa: PD011
    leaking = EquationData("pi", data.target, ("pi_1", "y_1", "tomorrow"), values)

    with pytest.raises(FitError, match="tomorrow give pi away: c \\+ c tomorrow"):
        search(TermLibrary.full(leaking.variables), leaking)


def test_forbidden_pairs_are_left_out(data: EquationData) -> None:
    library = TermLibrary.full(data.variables, max_terms=2, forbidden=[("pi_1", "y_1")])

    found = search(library, data, refinement=NONE)

    assert found.ranks.size == library.n_allowed() < library.n_structures
    assert library.allowed(library.unrank(found.ranks)).all()


def test_a_language_too_large_is_sent_to_the_beam() -> None:
    library = TermLibrary.full([f"x_{i}" for i in range(20)], max_terms=4)

    with pytest.raises(SettingsError, match="beam search"):
        search(library, EquationData("y", np.arange(9.0), ("z",), np.arange(9.0)[:, None]))


def test_a_beam_as_wide_as_the_language_is_the_whole_search(library: TermLibrary, data: EquationData) -> None:
    small = TermLibrary.full(data.variables, max_terms=2)

    whole = search(small, data, refinement=NONE)
    beam = beam_search(small, data, width=10_000, refinement=NONE)

    assert beam.certificate.exhaustive
    np.testing.assert_array_equal(beam.sse, whole.sse)


def test_a_narrow_beam_says_that_it_is_not_exhaustive(
    library: TermLibrary, data: EquationData, found: Discoveries
) -> None:
    beam = beam_search(library, data, width=5, refinement=NONE)

    assert not beam.certificate.exhaustive
    assert "not exhaustive" in "\n".join(beam.certificate.lines())
    assert beam.ranks.size < found.ranks.size / 2
    assert beam.best_sse[0] <= 1.1 * found.best_sse[0]


@pytest.mark.parametrize(("width", "depth"), [(0, None), (5, 0), (5, 9)])
def test_a_beam_without_width_or_depth_is_refused(
    library: TermLibrary, data: EquationData, width: int, depth: int | None
) -> None:
    with pytest.raises(SettingsError, match="a beam needs"):
        beam_search(library, data, width=width, depth=depth)


def test_a_broken_off_beam_goes_on_where_it_stopped(library: TermLibrary, data: EquationData, tmp_path: Path) -> None:
    whole = beam_search(library, data, width=5, refinement=FEW)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beam_search(library, data, width=5, refinement=FEW, folder=tmp_path, progress=stop)
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("size-*.npz")}
    resumed = beam_search(library, data, width=5, refinement=FEW, folder=tmp_path, resume=True)

    assert [file.name for file in kept] == ["size-1.npz"]
    assert all(file.stat().st_mtime_ns == time for file, time in kept.items())
    assert len(list(tmp_path.glob("size-*.npz"))) == library.max_terms
    np.testing.assert_array_equal(resumed.sse, whole.sse)
    np.testing.assert_array_equal(resumed.best_parameters, whole.best_parameters)
    with pytest.raises(SettingsError, match="holds a search of another language"):
        beam_search(library, data, width=6, folder=tmp_path, resume=True)
