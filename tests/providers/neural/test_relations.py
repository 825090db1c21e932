"""From flows to sectors: a planted cause is found, nothing else is, and no network sees what it is judged on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from macrotrade import History, Releases, SeriesInfo
from macrotrade.errors import DataError, FitError, SettingsError
from macrotrade.providers.neural.provider import LSTM, FeedForward
from macrotrade.providers.neural.relations import PLACEBO, Relations, RelationStudy, relation_exhibits, relations
from tests.providers.neural.planted import planted_history, planted_panel

NETWORKS = FeedForward(
    reads="all", lags=2, nodes=6, layers=1, n_members=4, n_judged=0, epochs=200, batch=None, learning_rate=0.01
)
STUDY = RelationStudy(
    flows={"cause": ("X0",), "idle": ("X1", "X2"), "itself": ("Y",)},
    sectors={"moved": "Y"},
    provider=NETWORKS,
    measure="change",
    horizon=1,
    n_folds=2,
    n_draws=300,
)


@pytest.fixture(scope="module")
def found() -> Relations:
    return relations(planted_panel(), STUDY)


def cell(found: Relations, flow: str) -> pd.Series:
    return found.table.set_index("flow").loc[flow]


def test_the_flow_that_moves_a_sector_is_found(found: Relations) -> None:
    cause = cell(found, "cause")

    assert cause["low"] > 1.0
    assert cause["p_value"] == 0.0
    assert bool(found.found.loc["moved", "cause"])
    assert found.sectors.loc[0, "to_mean"] < 0.5


@pytest.mark.parametrize("flow", ["idle", PLACEBO])
def test_a_flow_of_no_use_is_not_found(found: Relations, flow: str) -> None:
    assert cell(found, flow)["low"] < 0.0
    assert abs(cell(found, flow)["change"]) < 0.25
    assert not found.found.loc["moved", flow]


def test_a_sector_that_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(DataError, match=r"'YY' is not among .* Did you mean 'Y'"):
        relations(planted_panel(), dataclasses.replace(STUDY, sectors={"moved": "YY"}))


def test_a_flow_that_is_the_sector_itself_cannot_be_left_out(found: Relations) -> None:
    assert np.isnan(cell(found, "itself")["change"])
    assert np.isnan(found.matrix.loc["moved", "itself"])


def test_losses_are_those_of_the_mean_of_the_members_on_the_last_rows(found: Relations) -> None:
    table = found.table

    assert table["n"].eq(round(0.4 * 255)).all()  # 258 changes known, two rows lost to lags, one to the horizon
    rows = table.dropna()
    np.testing.assert_allclose(rows["change"], rows["loss_without"] / rows["loss"] - 1.0)
    assert (rows["low"] <= rows["change"]).all()
    assert (rows["change"] <= rows["high"]).all()


def test_the_same_study_finds_the_same_and_the_order_of_sectors_does_not_matter(found: Relations) -> None:
    two = dataclasses.replace(
        STUDY, sectors={"walk": "Z", "moved": "Y"}, flows={"cause": ("X0",), "idle": ("X1", "X2")}
    )
    other_way = dataclasses.replace(two, sectors={"moved": "Y", "walk": "Z"})

    first, second = (
        relations(planted_panel(), one).table.set_index(["sector", "flow"]).sort_index() for one in (two, other_way)
    )

    pd.testing.assert_frame_equal(first, second)
    assert not first.loc[("walk", "cause"), "low"] > 0.0


def test_nothing_of_the_last_fold_is_seen_by_the_ones_before_it() -> None:
    """Whatever came after the first fold, losses on its rows are the same."""
    history = planted_history()
    frame = history.as_of(history.last_day).monthly
    changed = frame.copy()
    changed.iloc[-40:] = changed.iloc[-40:] * 1.7 + 3.0
    one_fold = dataclasses.replace(STUDY, flows={"cause": ("X0",)}, unseen=0.4, n_folds=1, placebo=False)

    misses = []
    for table in (frame, changed):
        info = {str(name): SeriesInfo(str(name), tcode=1) for name in table}
        releases = {"M": Releases.from_final("M", table, dict.fromkeys(info, 0))}
        panel = History("other", "pseudo", releases, pd.DataFrame(index=pd.DatetimeIndex([])), info).as_of("2011-09-30")
        misses.append(_first_misses(panel, one_fold))

    np.testing.assert_array_equal(*misses)


def _first_misses(panel: object, study: RelationStudy) -> np.ndarray:
    """Misses on the first twenty unseen rows, which end before anything was changed."""
    from macrotrade.providers.neural import relations as room

    sector = room._Sector.of(panel, study, "Y")  # type: ignore[arg-type]
    with_all, _ = room._misses(sector, study, "Y", None)
    return with_all[:, :20]


def test_the_matrix_is_told_with_the_count_that_chance_would_give(found: Relations) -> None:
    heatmap, forecasts, listed = relation_exhibits(found)

    assert heatmap.kind == "heatmap"
    assert heatmap.frame is not None
    assert list(heatmap.frame.columns) == ["cause", "idle", "itself", PLACEBO]
    assert "1 of 3 cells" in heatmap.note
    assert forecasts.frame is not None
    assert forecasts.frame.loc[0, "to"] == "2011-07"
    assert listed.frame is not None
    assert "change_percent" in listed.frame


def test_networks_that_do_not_read_the_flows_are_refused() -> None:
    with pytest.raises(SettingsError, match='reads = "all"'):
        dataclasses.replace(STUDY, provider=LSTM(reads="pool", n_members=1))


def test_a_study_must_leave_rows_to_train_on() -> None:
    with pytest.raises(FitError, match="fewer than 36 rows"):
        relations(planted_panel(), dataclasses.replace(STUDY, unseen=0.9))


def test_a_flow_must_have_a_series() -> None:
    with pytest.raises(SettingsError, match="at least one series"):
        dataclasses.replace(STUDY, flows={"none": ()})
