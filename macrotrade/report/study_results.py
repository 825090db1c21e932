"""A study's figures as plain values and as tables, for programs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from macrotrade import __version__
from macrotrade.report.machine import FORMAT
from macrotrade.report.plain import plain
from macrotrade.report.study_judgement import Races, StudyJudgement
from macrotrade.strategy.study import StudyResult

__all__ = ["exhibits", "frames", "results"]


def results(result: StudyResult, judgement: StudyJudgement) -> dict[str, Any]:
    """Study, source and figures as JSON types; tables are lists of rows, missing is null."""
    origins, races = result.study.origins, judgement.races
    values = {
        "format": FORMAT,
        "macrotrade": __version__,
        "study": result.study.model_dump(mode="json"),
        "source": dataclasses.asdict(result.source),
        "run": {
            "providers": judgement.providers,
            "n_series": len(judgement.series),
            "series": judgement.series,
            "horizons": judgement.horizons,
            "first_origin": origins[0],
            "last_origin": origins[-1],
            "n_origins": len(origins),
            "n_forecasts": len(result.forecasts),
        },
        "gains": judgement.gains.rename(columns=str).reset_index(),
        "normalised_rmse": judgement.growth.rename(columns=str).reset_index(),
        "direction": judgement.direction.reset_index(),
        "densities": judgement.densities.reset_index(),
        "density_gains": judgement.density_gains.reset_index(),
        "weights": judgement.weights.reset_index(),
        "horse_race": races.points.table if races is not None else None,
        "density_race": races.densities if races is not None else None,
        "fluctuation": races.fluctuation.verdicts if races is not None else None,
        "initialisation": races.ensembles.summary if races is not None else None,
        "refusals": result.refusals,
    }
    return {key: plain(value) for key, value in values.items()}


def exhibits(judgement: StudyJudgement) -> pd.DataFrame:
    """Every figure stated, a row for each.

    Columns: exhibit, provider, base, member, series, window, horizon, figure, value.
    """
    gains = judgement.gains.melt(ignore_index=False, var_name="horizon", value_name="value").reset_index()
    growth = judgement.growth.melt(ignore_index=False, var_name="horizon", value_name="value").reset_index()
    ratios = judgement.ratios.melt(ignore_index=False, var_name="series", value_name="value").reset_index()
    parts = [
        gains.assign(exhibit="D", figure="D"),
        growth.assign(exhibit="normalised RMSE", figure="growth"),
        ratios.assign(exhibit="RMSE to the first base", figure="rmse_ratio"),
        *(
            frame.melt(ignore_index=False, var_name="figure", value_name="value").reset_index().assign(exhibit=name)
            for name, frame in (
                ("direction", judgement.direction),
                ("distributions", judgement.densities.drop(columns="note")),
                ("gain in density scores", judgement.density_gains),
                ("weights", judgement.weights),
            )
        ),
    ]
    if judgement.races is not None:
        parts += _of_races(judgement.races)
    columns = ["exhibit", "provider", "base", "member", "series", "window", "horizon", "figure", "value"]
    table = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    words = [name for name in columns if name not in ("horizon", "value")]
    return table.astype({"horizon": "int64", "value": "float64"}).assign(**table[words].astype(object).fillna(""))


def frames(judgement: StudyJudgement) -> dict[str, pd.DataFrame]:
    """Name of a Parquet file to its table: paths of the fluctuation tests, statistics of ensembles' members."""
    if judgement.races is None:
        return {}
    paths, members = judgement.races.fluctuation.paths, judgement.races.ensembles.members
    labels = ["first", "centre", "last"]
    found = {"fluctuation": paths.assign(**{name: paths[name].astype(str) for name in labels}), "members": members}
    return {name: table for name, table in found.items() if len(table)}


def _of_races(races: Races) -> list[pd.DataFrame]:
    tables = {
        "horse race": races.points.table.drop(columns="measure"),
        "density race": races.densities,
        "fluctuation test": races.fluctuation.verdicts,
        "initial values": races.ensembles.summary,
    }
    keys = ["provider", "series", "horizon", "window"]
    parts = []
    for name, table in tables.items():
        if table.empty:
            continue
        further = ["statistic"] if name == "initial values" else []
        long = table.drop(columns="note").melt(id_vars=[*keys, *further], var_name="figure")
        if further:
            long["figure"] = long.pop("statistic") + " " + long["figure"]
        parts.append(long.assign(exhibit=name, value=long["value"].astype(float)))
    return parts
