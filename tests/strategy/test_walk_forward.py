from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from macrotrade import Forecast, History, Panel, Schedule, Target
from macrotrade.errors import MacrotradeError
from macrotrade.strategy.engines import ORIGINS_IN_A_BLOCK
from macrotrade.strategy.walk_forward import Walk, derived_seed, fit_days, walk_forward
from tests.strategy.drift import Drift, DriftForecaster

ORIGINS = Schedule().origins("1995-01-31", "2000-12-31")
TARGET = Target(("DGS10", "SPX"), (1, 3), ("change", "log_change"))


def _same(one: Walk, other: Walk) -> bool:
    return len(one.forecasts) == len(other.forecasts) and all(
        a.as_of == b.as_of
        and a.period == b.period
        and a.members == b.members
        and a.reasons == b.reasons
        and all(np.array_equal(getattr(a, part), getattr(b, part)) for part in ("mean", "scale", "weights", "origin"))
        for a, b in zip(one.forecasts, other.forecasts, strict=True)
    )


def test_the_walk_is_the_plain_loop(market: History) -> None:
    walk = walk_forward(Drift(), market, TARGET, ORIGINS)
    for origin, forecast in zip(ORIGINS, walk.forecasts, strict=True):
        panel = market.as_of(origin)
        plain = Drift(seed=1).fit(panel, TARGET).forecast(panel)
        assert forecast.as_of == origin
        assert np.array_equal(forecast.mean, plain.mean)


def test_serial_and_parallel_walks_agree_to_the_bit(market: History) -> None:
    provider = Drift(noise=0.1)
    serial = walk_forward(provider, market, TARGET, ORIGINS, seed=7)
    parallel = walk_forward(provider, market, TARGET, ORIGINS, seed=7, n_jobs=2)
    assert _same(serial, parallel)


def test_the_seed_belongs_to_run_provider_and_origin(market: History) -> None:
    provider = Drift(noise=0.1)
    whole = walk_forward(provider, market, TARGET, ORIGINS, seed=7)
    last = walk_forward(provider, market, TARGET, ORIGINS[-1:], seed=7)
    other = walk_forward(provider, market, TARGET, ORIGINS[-1:], seed=8)
    assert np.array_equal(whole.forecasts[-1].mean, last.forecasts[-1].mean)
    assert not np.array_equal(other.forecasts[-1].mean, last.forecasts[-1].mean)
    assert derived_seed(7, "a", ORIGINS[0]) != derived_seed(7, "b", ORIGINS[0])


def test_a_provider_is_fitted_only_when_the_schedule_says_so(market: History) -> None:
    fits = fit_days(ORIGINS, 12)
    assert list(fits[:13].unique()) == [ORIGINS[0], ORIGINS[12]]
    walk = walk_forward(Drift(noise=0.1), market, TARGET, ORIGINS, fit_origins=fits, seed=3)
    shocks = {
        float((forecast.mean - Drift().fit(panel, TARGET).forecast(panel).mean)[0, 0, 0].round(12))
        for forecast in walk.forecasts
        for panel in [market.as_of(forecast.as_of)]
    }
    assert len(shocks) == len(fits.unique())


@dataclass(frozen=True)
class Fragile(Drift):
    """Breaks at June 1999 while the file is there, as a machine with a fault does."""

    fault: str = ""

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        if f"{panel.as_of:%Y-%m}" == "1999-06" and Path(self.fault).exists():
            raise ZeroDivisionError("float division by zero")
        return super().fit(panel, target)


def test_a_broken_provider_is_named_with_its_series_and_origin(market: History) -> None:
    with pytest.raises(MacrotradeError, match=r"'fragile' broke on DGS10, SPX at origin 1999-06-30: ZeroDivisionError"):
        walk_forward(Fragile(fault=__file__), market, TARGET, ORIGINS, name="fragile")


def test_an_interrupted_walk_resumes_where_it_stopped(market: History, tmp_path: Path) -> None:
    done: list[int] = []
    fault = tmp_path / "fault"
    fault.touch()
    fragile = Fragile(fault=str(fault))
    with pytest.raises(MacrotradeError):
        walk_forward(fragile, market, TARGET, ORIGINS, store=tmp_path, progress=done.append)
    finished = sorted(tmp_path.rglob("*.npz"))
    times = {file: file.stat().st_mtime_ns for file in finished}
    assert sum(done) == ORIGINS_IN_A_BLOCK * len(finished) > 0

    fault.unlink()
    walk = walk_forward(fragile, market, TARGET, ORIGINS, store=tmp_path)
    assert {file: file.stat().st_mtime_ns for file in finished} == times
    assert _same(walk, walk_forward(Drift(), market, TARGET, ORIGINS))


def test_a_damaged_block_is_done_again_and_leaves_no_half_files(market: History, tmp_path: Path) -> None:
    walk = walk_forward(Drift(), market, TARGET, ORIGINS, store=tmp_path)
    damaged = sorted(tmp_path.rglob("*.npz"))[0]
    damaged.write_bytes(damaged.read_bytes()[:200])
    again = walk_forward(Drift(), market, TARGET, ORIGINS, store=tmp_path)
    assert _same(walk, again)
    assert not list(tmp_path.rglob(".part-*"))


def test_blocks_of_other_data_or_settings_are_not_mistaken_for_these(market: History, tmp_path: Path) -> None:
    walk_forward(Drift(), market, TARGET, ORIGINS, store=tmp_path)
    n_files = len(list(tmp_path.rglob("*.npz")))
    revised = market.with_tables({}, market.market * 1.01)
    again = walk_forward(Drift(), revised, TARGET, ORIGINS, store=tmp_path)
    assert _same(again, walk_forward(Drift(), revised, TARGET, ORIGINS))
    walk_forward(Drift(window=36), market, TARGET, ORIGINS, store=tmp_path)
    assert len(list(tmp_path.rglob("*.npz"))) == 3 * n_files


def test_blocks_stay_good_when_later_data_arrive(market: History, tmp_path: Path) -> None:
    shorter = market.truncated(ORIGINS[-1])
    walk_forward(Drift(), shorter, TARGET, ORIGINS[:-1], store=tmp_path, block=1)
    times = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npz")}

    walk = walk_forward(Drift(), market, TARGET, ORIGINS, store=tmp_path, block=1)

    now = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npz")}
    assert {file: now[file] for file in times} == times
    assert len(now) == len(times) + 1 == len(ORIGINS)
    assert _same(walk, walk_forward(Drift(), market, TARGET, ORIGINS))


@dataclass(frozen=True)
class Counted(Drift):
    """Writes a line for every fit."""

    log: str = ""

    def fit(self, panel: Panel, target: Target) -> DriftForecaster:
        with Path(self.log).open("a", encoding="utf-8") as lines:
            lines.write(f"{panel.as_of:%Y-%m-%d}\n")
        return super().fit(panel, target)


def test_origins_kept_apart_still_share_one_fit(market: History, tmp_path: Path) -> None:
    fits = fit_days(ORIGINS, 24)
    counted = Counted(log=str(tmp_path / "fits"))

    walk = walk_forward(counted, market, TARGET, ORIGINS, fit_origins=fits, store=tmp_path, block=1)

    assert (tmp_path / "fits").read_text().split() == [f"{day:%Y-%m-%d}" for day in fits.unique()]
    assert _same(walk, walk_forward(Drift(), market, TARGET, ORIGINS, fit_origins=fits))


def test_origins_with_too_short_a_past_are_refused_by_name_and_the_rest_go_on(market: History) -> None:
    origins = Schedule().origins("1991-01-31", "1992-12-31")
    walk = walk_forward(Drift(window=18), market, TARGET, origins)
    assert [refusal.as_of for refusal in walk.refusals] == list(origins[: len(walk.refusals)])
    assert "SPX" in walk.refusals[0].reason or "DGS10" in walk.refusals[0].reason
    assert walk.at(origins[0]) is None
    assert walk.at(origins[-1]) is not None


def test_the_tidy_table_is_each_forecast_told_by_itself(market: History) -> None:
    walk = walk_forward(Drift(), market, TARGET, ORIGINS[:5], name="drift")
    plain = pd.concat([forecast.frame() for forecast in walk.forecasts], ignore_index=True)
    assert (walk.table()["provider"] == "drift").all()
    pd.testing.assert_frame_equal(walk.table().drop(columns="provider"), plain)
    one = walk.forecasts[2]
    row = plain[(plain["as_of"] == one.as_of) & (plain["series"] == "SPX") & (plain["horizon"] == 3)].iloc[0]
    assert row["point"] == pytest.approx(one.point()[1, 1], abs=1e-15)
    assert row["low"] == pytest.approx(one.quantile(0.1)[1, 1], abs=1e-12)
    assert row["probability_up"] == pytest.approx(one.probability_up()[1, 1], abs=1e-15)
    assert row["period"] == str(one.period + 3)


def test_forecasts_that_are_not_finite_never_leave_a_provider(market: History) -> None:
    good = walk_forward(Drift(), market, TARGET, ORIGINS[:1]).forecasts[0]
    with pytest.raises(MacrotradeError, match="not finite"):
        replace(good, mean=good.mean * np.nan)
    assert isinstance(good, Forecast)
