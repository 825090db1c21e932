"""A study keeps the scores of whole distributions and the points of members, however often it was interrupted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from macrotrade import History
from macrotrade.errors import SettingsError
from macrotrade.report.study_judgement import judge_study
from macrotrade.strategy.parts import parse
from macrotrade.strategy.study import Study, StudyResult, read_study, run_study
from macrotrade.strategy.study_series import study_target
from macrotrade.strategy.walk_forward import walk_forward

DRAWS = {"name": "ucsv", "label": "draws", "n_draws": 40, "n_warm_up": 10, "n_members": 5}


def _study(**changes: object) -> Study:
    fields: dict[str, object] = {
        "providers": ["naive", {"name": "autoregression", "label": "AR", "nests": ["naive"]}, DRAWS],
        "series": ["DGS10", "SPX"],
        "horizons": [1, 2],
        "start": "2003-01-31",
        "end": "2003-12-31",
        "schedule": {"refit_every": 6},
        "base": ["naive"],
        "ensembles": ["draws", "AR"],
    }
    return parse(Study, fields | changes, "a test")


@pytest.fixture(scope="module")
def result(market: History) -> StudyResult:
    return run_study(_study(), market)


def _forecasts(result: StudyResult, provider: str) -> pd.DataFrame:
    return result.forecasts[result.forecasts["provider"] == provider].set_index(["as_of", "series", "horizon"])


def test_scores_of_one_gaussian_are_its_textbook_ones(result: StudyResult) -> None:
    rows = _forecasts(result, "AR")
    z = (rows["outcome"] - rows["point"]) / rows["spread"]

    np.testing.assert_allclose(rows["pit"], stats.norm.cdf(z), rtol=1e-10)
    np.testing.assert_allclose(rows["log_score"], -stats.norm.logpdf(rows["outcome"], rows["point"], rows["spread"]))
    np.testing.assert_allclose(
        rows["crps"],
        rows["spread"] * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)),
        rtol=1e-9,
    )


def test_the_score_of_a_mixture_is_the_integral_over_its_own_members(market: History, result: StudyResult) -> None:
    study = result.study
    fits = pd.DatetimeIndex([study.origins[0]] * 6 + [study.origins[6]] * 6)
    walk = walk_forward(
        study.providers[2].load(), market, study_target(study, market), study.origins, fit_origins=fits, name="draws"
    )
    forecast = walk.forecasts[7]
    row = _forecasts(result, "draws").loc[(forecast.as_of, "SPX", 2)]
    weights, mean, scale = (getattr(forecast, part)[:, 1, 1] for part in ("weights", "mean", "scale"))

    def squared_distance(value: float) -> float:
        return float(((weights * stats.norm.cdf(value, mean, scale)).sum() - (value >= row["outcome"])) ** 2)

    crps = integrate.quad(squared_distance, -1.0, 1.0, points=[float(row["outcome"])], limit=200)[0]
    assert row["crps"] == pytest.approx(crps, rel=1e-6)
    assert row["pit"] == pytest.approx((weights * stats.norm.cdf(row["outcome"], mean, scale)).sum())
    np.testing.assert_array_equal(result.members["draws"].points["SPX", 2][7], mean)


def test_only_ensembles_keep_their_members_and_one_member_is_no_ensemble(result: StudyResult) -> None:
    assert set(result.members) == {"draws", "AR"}
    assert result.members["draws"].points["DGS10", 1].shape == (12, 5)
    assert result.members["AR"].note == "it has a single member"


def test_a_study_that_goes_on_where_it_stopped_scores_what_it_reads_back(
    market: History, result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_study(_study(), market, store=tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("forecasts were made again")

    monkeypatch.setattr("macrotrade.strategy.walk_blocks.Block.run", refuse)
    again = run_study(_study(), market, store=tmp_path)

    pd.testing.assert_frame_equal(again.forecasts, result.forecasts)
    np.testing.assert_array_equal(again.members["draws"].points["SPX", 1], result.members["draws"].points["SPX", 1])


def test_forecasts_whose_outcome_is_not_known_have_no_score(market: History) -> None:
    last = market.market["DGS10"].dropna().index[-1]
    first = last - pd.DateOffset(months=3)

    late = run_study(
        _study(providers=["naive"], ensembles=[], start=f"{first:%Y-%m-%d}", end=f"{last:%Y-%m-%d}"), market
    ).forecasts

    unknown = late["outcome"].isna()
    assert unknown.any()
    assert not unknown.all()
    assert late.loc[unknown, ["crps", "log_score", "pit"]].isna().all(axis=None)
    assert late.loc[~unknown, ["crps", "log_score", "pit"]].notna().all(axis=None)


def test_what_nests_the_base_is_tested_as_such(result: StudyResult) -> None:
    judged = judge_study(result)

    assert result.study.nesting("naive") == ("AR",)
    assert judged.races is not None
    assert judged.races.points.nested == ("AR",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"providers": ["naive", {"name": "autoregression", "nests": ["naiv"]}]}, "nests 'naiv' is no provider"),
        ({"ensembles": ["drawn"]}, "ensembles 'drawn' is no provider of the study. Did you mean 'draws'"),
        ({"base": []}, "base names no provider"),
        ({"windows": {"late": ["2008-01", "2001-01"]}}, "The window 'late' ends"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        _study(**{"ensembles": [], **changes})


_WRITTEN = """
provider = ["naive", "autoregression"]
base = "naive"
start = 2008-01-31
end = 2009-01-31
"""


def _read(folder: Path, text: str) -> Study:
    file = folder / "some_study.toml"
    file.write_text(text, encoding="utf-8")
    return read_study(file)


def test_dates_of_toml_are_dates_in_studies_too(tmp_path: Path) -> None:
    found = _read(tmp_path, _WRITTEN + "[windows]\ncalm = [2007-01-01, 2008-12-31]\n")

    assert (found.start, found.end, found.base) == ("2008-01-31", "2009-01-31", ("naive",))
    assert found.windows == {"calm": ("2007-01-01", "2008-12-31")}


@pytest.mark.parametrize(
    ("further", "message"),
    [
        ('[windows]\ncalm = ["2007-13", "2008-01"]', r"windows\.calm\.1: '2007-13' is no month; write 1998-01"),
        ('[windows]\ncalm = ["2007-12", "soon"]', r"windows\.calm\.2: 'soon' is no month"),
        ('complete_from = "1998-00"', "complete_from: '1998-00' is no month"),
        ('last_period = "never"', "last_period: 'never' is no month"),
        ('measure = "levl"', "measure = 'levl' is not one of auto, level, .*Did you mean 'level'"),
        ('series = "macros"', "series = 'macros' is not one of macro, all or a list. Did you mean 'macro'"),
    ],
)
def test_mistakes_in_a_file_are_told_on_reading_it_with_file_and_key(
    tmp_path: Path, further: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as told:
        _read(tmp_path, f"{_WRITTEN}{further}\n")
    assert "some_study.toml" in str(told.value)
    assert "literal[" not in str(told.value)
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": "1993"}, "published.window '1993' is no window. Did you mean"),
        ({"ratios": {"ARR": [1.0, 1.0]}}, "published.ratios 'ARR' is no provider. Did you mean 'AR'"),
        ({"ratios": {"AR": [1.0]}}, "has 1 numbers for 2 horizons"),
        ({"sources": "x"}, "unknown key 'published.1.sources'"),
    ],
)
def test_published_ratios_are_about_the_studys_own_providers_windows_and_horizons(
    change: dict[str, object], message: str
) -> None:
    table = {"source": "A. Author", "series": "SPX", "window": "1993-2006", "ratios": {"AR": [0.9, 1.0]}}
    windows = {"1993-2006": ["1993-01", "2006-12"]}

    assert _study(windows=windows, published=[table]).published[0].ratios == {"AR": (0.9, 1.0)}
    with pytest.raises(SettingsError, match=re.escape(message)):
        _study(windows=windows, published=[table | change])
