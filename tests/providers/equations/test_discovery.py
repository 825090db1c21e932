"""Discovery from search to choice: its laws, its files, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.providers.equations.candidates import candidates_from, pool_of
from macrotrade.providers.equations.discovery import Discovery, DiscoverySettings, discover, load_discovery
from macrotrade.providers.equations.distinct import structural_distance
from macrotrade.providers.equations.rolling import rolling_ends, rolling_scores
from macrotrade.providers.equations.variables import Variable
from macrotrade.providers.equations.veto import VetoRules

QUICK = DiscoverySettings(
    max_terms=2, n_filtered=12, n_members=3, n_origins=4, horizon=4, n_refined=10, n_verified=0, lone_sines=False
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    x, z = np.zeros(90), np.zeros(90)
    for row in range(1, 90):
        z[row] = 0.8 * z[row - 1] + generator.normal()
        x[row] = 0.5 + 0.6 * x[row - 1] + 0.4 * z[row - 1] + 0.3 * generator.normal()
    return pd.DataFrame({"x": x, "z": z}, index=pd.period_range("1990Q1", periods=90, freq="Q"))


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> Discovery:
    return discover(frame, "x", QUICK)


def test_the_truth_is_among_the_members(found: Discovery) -> None:
    truth = {"x[-1]", "z[-1]"}

    assert any({str(variable) for variable in member.variables} == truth for member in found.members)
    assert found.ranked[0].scores["recursive"] < found.log["autoregression"]["recursive"]
    assert found.certificate.exhaustive


def test_members_differ_and_are_the_best_without_a_veto(found: Discovery) -> None:
    scores = [one.scores["recursive"] for one in found.ranked]
    places = [place for place, one in enumerate(found.ranked) if one.equation in found.members]

    assert scores == sorted(scores)
    assert all(found.ranked[place].veto is None for place in places)
    assert scores[places[-1]] <= 1.25 * scores[places[0]]
    for place, one in enumerate(found.members):
        for other in found.members[:place]:
            assert structural_distance(one.expression, other.expression) >= 2
    assert found.weights.sum() == pytest.approx(1.0)
    assert (found.weights > 0.0).all()


def test_a_recursive_score_is_the_error_of_forecasts_made_one_by_one(frame: pd.DataFrame) -> None:
    alone = frame[["x"]]
    candidates = candidates_from(pool_of(["x"], "x", QUICK), alone, "x", QUICK)
    scores = rolling_scores(candidates, alone, 4, 4, margin=100.0)
    place = next(k for k, one in enumerate(candidates.expressions) if len(candidates.parameters[k]) >= 4)
    constants = candidates.refit(scores.ends)[place]

    from macrotrade.providers.equations.equation import equation_of_fit

    values, squares = frame["x"].to_numpy(), []
    start = len(values) - candidates.sample.n_periods
    for end, parameters in zip(scores.ends, constants, strict=True):
        equation = equation_of_fit(candidates.sample, candidates.expressions[place], parameters)
        apply, path = equation.callable(), values[: start + end].tolist()
        for step in range(4):
            path.append(apply([path[-variable.lag] for variable in equation.variables]))
            squares.append((path[-1] - values[start + end + step]) ** 2)
    assert scores.candidates[place].recursive == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-9)


def test_a_fit_at_an_origin_does_not_see_what_comes_after(frame: pd.DataFrame) -> None:
    settings = replace(QUICK, n_filtered=400)
    changed = frame.copy()
    changed.iloc[60:] += np.random.default_rng(5).normal(scale=3.0, size=changed.iloc[60:].shape)
    both = []
    for data in (frame, changed):
        candidates = candidates_from(pool_of(list(data), "x", settings), data, "x", settings)
        constants = candidates.refit([45, 55])
        both.append(dict(zip(candidates.expressions, constants, strict=True)))

    shared = both[0].keys() & both[1].keys()
    assert len(shared) > 100
    for expression in shared:
        np.testing.assert_array_equal(both[0][expression], both[1][expression])


def test_errors_at_an_origin_do_not_move_with_data_beyond_its_horizon(frame: pd.DataFrame) -> None:
    settings = replace(QUICK, n_filtered=400)
    changed = frame.copy()
    changed.iloc[60:] += 2.0
    ends = rolling_ends(len(frame) - 2, 4, 4)
    both = []
    for data in (frame, changed):
        candidates = candidates_from(pool_of(list(data), "x", settings), data, "x", settings)
        scores = rolling_scores(candidates, data, 4, 4, margin=0.5)
        both.append(dict(zip(candidates.expressions, scores.candidates, strict=True)))

    assert ends[0] + 2 + 4 <= 60
    for expression in both[0].keys() & both[1].keys():
        np.testing.assert_array_equal(both[0][expression].errors[0], both[1][expression].errors[0])


def test_the_result_does_not_depend_on_threads_or_on_being_run_again(frame: pd.DataFrame, found: Discovery) -> None:
    again = discover(frame, "x", QUICK, n_jobs=2)

    assert _without_time(again) == _without_time(found)


def test_a_search_goes_on_from_its_folder(frame: pd.DataFrame, found: Discovery, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    discover(frame, "x", QUICK, folder=tmp_path / "pieces", progress=lambda done, of: told.append((done, of)))

    again = discover(frame, "x", QUICK, folder=tmp_path / "pieces", resume=True)

    assert _without_time(again) == _without_time(found)
    assert told[-1][0] == told[-1][1]


def test_a_discovery_is_the_same_read_back(frame: pd.DataFrame, found: Discovery, tmp_path: Path) -> None:
    found.save(tmp_path / "found.json")

    back = load_discovery(tmp_path / "found.json")

    assert back.record() == found.record()
    assert back.settings == found.settings
    np.testing.assert_array_equal(back.forecast(frame, 6).path, found.forecast(frame, 6).path)
    assert json.loads((tmp_path / "found.json").read_text())["log"]["vetoes"] == found.log["vetoes"]


def test_a_forecast_is_the_median_of_members_shrunk_by_what_was_asked(frame: pd.DataFrame, found: Discovery) -> None:
    forecast = found.forecast(frame, 4)

    median = np.median(forecast.member_paths.to_numpy(), axis=1)
    np.testing.assert_allclose(forecast.path, 0.5 * median + 0.5 * forecast.anchor_paths["x"].to_numpy(), rtol=1e-12)


def test_where_everything_is_refused_the_autoregression_forecasts_and_says_so(frame: pd.DataFrame) -> None:
    found = discover(frame, "x", replace(QUICK, vetoes=VetoRules(largest_coefficient=1e-9)))

    forecast = found.forecast(frame, 4)

    assert all("times as much" in str(veto["reason"]) for veto in found.log["vetoes"])
    assert [str(member) for member in found.members] == [str(found.anchor)]
    assert forecast.fallen_back == (True,)
    assert "without a veto" in forecast.flags[0]


@pytest.mark.parametrize("score", ["bic", "esr", "mdl", "mse"])
def test_criteria_in_sample_rank_without_origins(frame: pd.DataFrame, score: str) -> None:
    found = discover(frame, "x", replace(QUICK, score=score))  # type: ignore[arg-type]

    scores = [one.scores[score] for one in found.ranked]
    assert scores == sorted(scores)
    assert "recursive" not in found.ranked[0].scores
    np.testing.assert_allclose(found.weights, 1.0 / len(found.members))


def test_a_beam_comes_near_without_fitting_everything(frame: pd.DataFrame, found: Discovery) -> None:
    beamed = discover(frame, "x", replace(QUICK, search="beam", beam_width=5))

    assert not beamed.certificate.exhaustive
    assert beamed.certificate.fitted < found.certificate.fitted
    assert beamed.ranked[0].scores["recursive"] <= 1.02 * found.ranked[0].scores["recursive"]


def test_a_grammar_of_the_general_path_is_chosen_from_alike(frame: pd.DataFrame, tmp_path: Path) -> None:
    grammar = tmp_path / "own.grammar"
    grammar.write_text("E -> c + T | E + T ; T -> c * x[1..2] | c * tanh(c[0.2..2] * z[1]) ; %max_terms 2 ;")

    found = discover(frame, "x", replace(QUICK, grammar=grammar, max_terms=None))
    again = discover(frame, "x", replace(QUICK, grammar=grammar, max_terms=None), n_jobs=2)

    assert "tanh" in str(found.members[0])
    assert "general fit" in found.log["language"]
    assert found.members[0].grammar_hash
    assert _without_time(again) == _without_time(found)


def test_a_broken_off_search_of_the_general_path_goes_on(frame: pd.DataFrame, tmp_path: Path) -> None:
    grammar = tmp_path / "own.grammar"
    grammar.write_text(
        "E -> c + T | E + T ; T -> c * x[1..2] | c * tanh(c[0.2..2] * V) ; V -> x[1..6] | z[1..5] ; %max_terms 2 ;"
    )
    settings = replace(QUICK, grammar=grammar, max_terms=None)
    pieces = tmp_path / "pieces"

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        discover(frame, "x", settings, folder=pieces, progress=stop)
    kept = {file: file.stat().st_mtime_ns for file in pieces.glob("piece-*.npz")}
    resumed = discover(frame, "x", settings, folder=pieces, resume=True)

    assert [file.name for file in kept] == ["piece-00000.npz"]
    assert all(file.stat().st_mtime_ns == time for file, time in kept.items())
    assert len(list(pieces.glob("piece-*.npz"))) == 2
    assert _without_time(resumed) == _without_time(discover(frame, "x", settings))


def test_a_discovery_says_in_which_units_and_of_which_data_its_equations_are(
    frame: pd.DataFrame, found: Discovery, tmp_path: Path
) -> None:
    labelled = found.labelled({"x": "per cent"}, "made up, final numbers")

    labelled.save(tmp_path / "found.json")
    back = load_discovery(tmp_path / "found.json")

    everything = [back.anchor, *back.members, *(one.equation for one in back.ranked)]
    assert {(one.units, one.vintage) for one in everything} == {("per cent", "made up, final numbers")}
    assert list(map(str, back.members)) == list(map(str, found.members))


def test_a_grammar_that_is_the_library_finds_what_the_library_finds(frame: pd.DataFrame, tmp_path: Path) -> None:
    grammar = tmp_path / "own.grammar"
    grammar.write_text(
        "E -> c + T | E + T ; T -> c * V | c * V * V | c * V * sin(c * V + c) "
        "| c * sin(c * V + c) * sin(c * V + c) ; V -> x[1..2] | z[1..2] ; %max_terms 2 ;"
    )

    written = discover(frame, "x", replace(QUICK, grammar=grammar))
    built = discover(frame, "x", QUICK)

    assert [str(member) for member in written.members] == [str(member) for member in built.members]


def test_constants_that_cannot_be_told_apart_are_vetoed(frame: pd.DataFrame, tmp_path: Path) -> None:
    """A tanh whose scale is free may be as straight as a line, its amplitude as large as it likes."""
    grammar = tmp_path / "own.grammar"
    grammar.write_text("E -> c + T | E + T ; T -> c * x[1] | c * tanh(c * z[1]) ; %max_terms 2 ;")

    found = discover(frame, "x", replace(QUICK, grammar=grammar, max_terms=None))

    assert any("condition number" in veto["reason"] for veto in found.log["vetoes"])
    assert all("tanh" not in str(member) for member in found.members)


def test_trends_and_lone_sines_stay_out_unless_asked_for(frame: pd.DataFrame) -> None:
    shipped = replace(QUICK, grammar="kazakov_tsenova")
    columns = ["pi", "y", "i"]
    time = Variable("t")

    plain, trended = pool_of(columns, "pi", shipped), pool_of(columns, "pi", replace(shipped, trend_terms=True))

    assert time not in plain.variables
    assert time in trended.variables
    assert plain.library is not None
    assert not any(term.kind == "sine" for term in plain.library.terms)
    assert pool_of(["x"], "x", replace(QUICK, trend_terms=True)).variables[-1] == time


def test_a_variable_that_gives_the_target_away_is_refused_or_left_out(frame: pd.DataFrame) -> None:
    leaking = frame[["x"]].assign(w=frame["x"].shift(-1).fillna(0.0) * 2.0)

    with pytest.raises(FitError, match=r"w\[-1\]"):
        discover(leaking, "x", QUICK)
    found = discover(leaking, "x", QUICK, forbidden=[Variable("w", 1), Variable("w", 2)])
    assert all(variable.name == "x" for member in found.members for variable in member.variables)


def test_rows_unknown_at_either_end_are_left_out(frame: pd.DataFrame, found: Discovery) -> None:
    wider = pd.concat([frame.iloc[:1] * np.nan, frame, frame.iloc[:1] * np.nan])
    wider.index = pd.period_range("1989Q4", periods=92, freq="Q")

    again = discover(wider, "x", QUICK)

    assert again.ranked[0].equation.text(6) == found.ranked[0].equation.text(6)


def test_data_that_cannot_be_used_are_refused_with_the_reason(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="24 periods"):
        discover(frame.iloc[:20], "x", QUICK)
    with pytest.raises(DataError, match="longer sample"):
        discover(frame.iloc[:30], "x", replace(QUICK, horizon=20))
    with pytest.raises(DataError, match="never varies"):
        discover(frame.assign(x=1.0), "x", QUICK)
    with pytest.raises(DataError, match="missing in 1995Q1"):
        discover(frame.drop(index=pd.Period("1995Q1")).reindex(frame.index), "x", QUICK)
    with pytest.raises(DataError, match="'w'"):
        discover(frame, "w", QUICK)
    with pytest.raises(DataError, match="No discovery"):
        load_discovery(tmp_path / "nothing.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(DataError, match="no discovery"):
        load_discovery(tmp_path / "other.json")


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(SettingsError, match="recursive"):
        DiscoverySettings(score="recursiv")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="n_members = 0"):
        DiscoverySettings(n_members=0)
    with pytest.raises(SettingsError, match="0 to 1"):
        DiscoverySettings(shrink=1.5)


def _without_time(discovery: Discovery) -> dict[str, object]:
    record = discovery.record()
    for name in ("seconds", "processor_seconds"):
        del record["certificate"][name]
    return record
