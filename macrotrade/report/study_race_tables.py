"""Tables of distributions in a study: gains in their scores, coverage, one series' scores, members of ensembles."""

from __future__ import annotations

import pandas as pd

from macrotrade.evaluation.ensemble_race import EnsembleRace
from macrotrade.evaluation.verdict import stars
from macrotrade.report.parts import Column, Kind, Part, Table, Words
from macrotrade.report.study_judgement import Cell, Races, StudyJudgement
from macrotrade.report.words import cardinal, name_of

__all__ = ["coverage_table", "density_gain_table", "density_table", "initialisation_table"]

_WHO = Column("who", "Provider")
_UNITS = {"change": "pp", "one_period_change": "pp", "log_change": "%", "one_period_log_change": "%"}
_STATISTICS = {"diebold_mariano": "Diebold and Mariano", "clark_west": "Clark and West"}


def density_gain_table(judgement: StudyJudgement, base: str, figure: str) -> Table:
    """Gain in ``crps`` or ``log_score`` over the base, a row for each other provider, a column for each horizon."""
    wide = judgement.density_gains.reset_index().pivot_table(
        index="provider", columns="horizon", values=figure, dropna=False
    )
    wide = wide.reindex(index=[name for name in judgement.providers if name != base], columns=list(judgement.horizons))
    note, digits = {
        "crps": (
            "Mean over the series of 100 (1 − CRPS / CRPS of the base). The continuous ranked probability score "
            "weighs the whole distribution, in the units of the series; above 0 is better than the base.",
            1,
        ),
        "log_score": (
            "Mean over the series of the log density that the provider gave to what happened, less that of the base; "
            "above 0 is better. One forecast far too sure of itself costs much.",
            3,
        ),
    }[figure]
    title = {"crps": "Gain in CRPS, %", "log_score": "Gain in log score"}[figure]
    return Table(
        f"{title}, over {name_of(base)}",
        (_WHO, *_by_horizon(judgement, "signed", digits)),
        _named(wide),
        " ".join(filter(None, (note, _without_spread(judgement)))),
    )


def coverage_table(judgement: StudyJudgement, level: int) -> Table:
    """Share of outcomes inside the central interval of `level` per cent."""
    inside = judgement.densities[f"coverage_{level}"].reset_index().pivot_table(
        index="provider", columns="horizon", values=f"coverage_{level}", dropna=False
    )  # fmt: skip
    low, high = 50 - level / 2, 50 + level / 2
    return Table(
        f"Outcomes inside the {low:g} to {high:g}% interval",
        (_WHO, *_by_horizon(judgement, "percent", 0)),
        _named(inside.reindex(index=list(judgement.providers), columns=list(judgement.horizons))),
        f"{level} in a hundred should fall inside. Fewer: the forecasts were too sure of themselves; more: not sure "
        "enough.",
    )


def density_table(races: Races, measure: str, cell: Cell) -> Part:
    """Density scores of every provider on one series, horizon and window; words where no outcome is in it."""
    base, unit = races.points.base, _UNITS.get(measure, "reported units")
    rows = cell.rows(races.densities)
    if not rows["n"].any():
        return Words(f"Distributions, {cell.title}: none, since no outcome is in this window.")
    factor = 100.0 if unit == "%" else 1.0
    shown = rows.assign(
        who=rows["provider"].map(name_of),
        crps=factor * rows["crps"],
        better=rows["crps_p_value"].map(stars),
        surer=rows["log_score_p_value"].map(stars),
        quiet=rows["provider"] == base,
    )
    columns = (
        _WHO,
        Column("crps", f"CRPS, {unit}", "number", 3, "Continuous ranked probability score; lower is better"),
        Column("crps_ratio", f"to {name_of(base)}", "number", 3, "Ratio of CRPS; below 1 is better", mark="better"),
        Column("log_score_gain", "Log score gain", "signed", 3, "Over the base; above 0 is better", mark="surer"),
        *(
            Column(f"coverage_{level}", f"In {level}%", "percent", 0, f"Outcomes inside the central {level}% interval")
            for level in (50, 80, 95)
        ),
        Column("pit_mean", "Mean PIT", "number", 2, "0.50 if right; above: outcomes higher than forecast"),
    )
    counts = rows["n"].max()
    return Table(
        f"Distributions, {cell.title}",
        columns,
        shown,
        f"*, **, *** where the test of Diebold and Mariano on the score says better than {name_of(base)} at 10, 5, 1%. "
        f"Periods compared: {counts}. {_reasons(rows[rows['provider'] != base])}".rstrip(),
    )


def initialisation_table(race: EnsembleRace, provider: str, cell: Cell) -> Table:
    """How the members of one ensemble compare with their mean."""
    rows = cell.rows(race.summary[race.summary["provider"] == provider])
    columns = (
        Column("who", "Statistic"),
        *(Column(key, title, "signed", 2) for key, title in _QUANTILES.items()),
        Column("beaten_05", "Beaten at 5%", "percent", 0, "Members that the mean of all beats at 5%"),
        Column("beaten_01", "at 1%", "percent", 0, "Members that the mean of all beats at 1%"),
        Column("better_05", "Better at 5%", "percent", 0, "Members that beat the mean of all at 5%"),
    )
    notes = " ".join(f"{note[:1].upper()}{note[1:]}." for note in dict.fromkeys(rows["note"]) if note)
    members, periods = rows["n_members"].max(), rows["n"].max()
    counted = f"{members:,.0f} members, {periods:,.0f} periods. Beaten: by the mean of all."
    return Table(
        f"Members of {name_of(provider)} against the mean of all, {cell.title}",
        columns,
        rows.assign(who=rows["statistic"].map(_STATISTICS)),
        f"{counted} {notes}".strip(),
    )


_QUANTILES = {"mean": "Mean", "q05": "5%", "q25": "25%", "q50": "50%", "q75": "75%", "q95": "95%"}


def _by_horizon(judgement: StudyJudgement, kind: Kind, digits: int) -> tuple[Column, ...]:
    return tuple(Column(str(h), f"{h} ahead", kind, digits) for h in judgement.horizons)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    plain = rows.rename(columns=str).rename_axis(columns=None).rename_axis(index="provider").reset_index()
    return plain.assign(who=plain["provider"].map(name_of))


def _without_spread(judgement: StudyJudgement) -> str:
    """Who forecasts points, so that it has no log score, in words."""
    noted = judgement.densities[judgement.densities["note"] != ""]["note"].reset_index()
    parts = [
        f"{name_of(str(provider))}, {cardinal(list(map(str, rows['horizon'])))} ahead: {note}."
        for (provider, note), rows in noted.groupby(["provider", "note"], sort=False)
    ]
    return " ".join(parts)


def _reasons(rows: pd.DataFrame) -> str:
    """Why numbers are missing, each reason once with those it concerns."""
    silent = rows[rows[["crps_ratio", "crps_p_value", "log_score_p_value"]].isna().any(axis=1) & (rows["note"] != "")]
    return " ".join(
        f"{cardinal(list(map(name_of, map(str, part['provider']))))}: {note}."
        for note, part in silent.groupby("note", sort=False)
    )
