from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import SettingsError
from macrotrade.evaluation.accuracy import accuracy


def tidy() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    origins = pd.date_range("2000-01-31", periods=30, freq="ME")
    rows = [(p, t, "CPIAUCSL", "change", h) for p in ("ar", "naive") for h in (1, 3) for t in origins]
    table = pd.DataFrame(rows, columns=["provider", "as_of", "series", "measure", "horizon"])
    outcome = dict(zip(origins, generator.normal(size=30), strict=True))
    return table.assign(point=generator.normal(size=len(table)), outcome=table["as_of"].map(outcome))


def test_errors_are_those_of_numpy() -> None:
    forecasts = tidy()
    row = accuracy(forecasts).loc[("ar", "CPIAUCSL", "change", 3)]
    part = forecasts[(forecasts["provider"] == "ar") & (forecasts["horizon"] == 3)]
    error = (part["outcome"] - part["point"]).to_numpy()
    assert row["n"] == 30
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert row["mae"] == pytest.approx(np.mean(np.abs(error)))
    assert row["bias"] == pytest.approx(np.mean(error))


def test_a_ratio_compares_the_origins_that_both_have() -> None:
    forecasts = tidy()
    late = forecasts[(forecasts["provider"] == "naive") | (forecasts["as_of"] > "2001-01-31")]
    table = accuracy(late, base="naive")
    common = forecasts[(forecasts["as_of"] > "2001-01-31") & (forecasts["horizon"] == 1)]
    squares = (common["outcome"] - common["point"]) ** 2
    means = squares.groupby(common["provider"]).mean()
    key = ("ar", "CPIAUCSL", "change", 1)
    assert table.loc[key, "rmse_ratio"] == pytest.approx(np.sqrt(means["ar"] / means["naive"]))
    assert table.loc[("naive", *key[1:]), "rmse_ratio"] == 1.0
    assert table.loc[key, "n"] == len(common) / 2


def test_an_outcome_not_yet_known_is_left_out() -> None:
    forecasts = tidy()
    forecasts.loc[forecasts["as_of"] >= "2002-01-31", "outcome"] = np.nan
    assert accuracy(forecasts, base="ar")["n"].eq(24).all()


def test_with_no_outcome_at_all_there_are_rows_without_figures() -> None:
    table = accuracy(tidy().assign(outcome=np.nan), base="ar")
    assert table["n"].eq(0).all()
    assert table.drop(columns="n").isna().all(axis=None)


def test_a_base_that_made_no_forecast_is_met_with_the_near_one() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'naive'"):
        accuracy(tidy(), base="naiv")
