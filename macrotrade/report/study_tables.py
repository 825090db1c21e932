"""Tables of a study: gains, weights, error growth, direction, series by series, the horse race, refusals."""

from __future__ import annotations

import pandas as pd

from macrotrade.evaluation.horse_race import HorseRace
from macrotrade.report.parts import Column, Kind, Table
from macrotrade.report.study_judgement import StudyJudgement
from macrotrade.report.words import cardinal, name_of, span
from macrotrade.strategy.published import Published
from macrotrade.strategy.study import StudyResult

__all__ = [
    "direction_table",
    "gain_table",
    "growth_table",
    "published_table",
    "race_table",
    "ratio_table",
    "refusal_table",
    "weight_table",
]

_WHO = Column("who", "Provider")
_SHARES = ("5%", "25%", "50%", "75%", "95%")


def gain_table(judgement: StudyJudgement, base: str, window: str = "all") -> Table:
    """D over one base in one window, a row for each other provider, a column for each horizon."""
    rows = judgement.gains_over(base, window)
    silent = [str(horizon) for horizon in rows if rows[horizon].isna().any()]
    reason = f" {cardinal(silent)} ahead: no period has an outcome and every provider's forecast." if silent else ""
    return Table(
        f"D over {name_of(base)}{span(window)}",
        (_WHO, *_by_horizon(judgement, "signed", 1)),
        _named(rows),
        f"D is the mean over the series of 100 (1 − RMSE / RMSE of {name_of(base)}), by periods ahead: above 0 is more "
        "accurate than the base. Every series counts alike, over the origins at which all providers forecast it."
        f"{reason}",
    )


def growth_table(judgement: StudyJudgement) -> Table:
    """Mean error at each horizon over that at the first."""
    first = judgement.horizons[0]
    return Table(
        "Normalised RMSE",
        (_WHO, *_by_horizon(judgement, "number", 3)),
        _named(judgement.growth),
        f"Mean over the series of RMSE at each horizon over that at {first} ahead. It says how errors grow, not how "
        "large they are.",
    )


def direction_table(judgement: StudyJudgement) -> Table:
    """Share of right directions by horizon, above its base rate."""
    found = judgement.direction.reset_index()
    right = found.pivot_table(index="provider", columns="horizon", values="right")
    base = found.groupby("horizon")["majority"].mean()
    rows = _named(right.reindex([name for name in judgement.providers if name in right.index]))
    below = pd.DataFrame([{"who": "Base rate", "quiet": True, **{str(h): share for h, share in base.items()}}])
    silent = [name_of(name) for name in judgement.providers if name not in right.index]
    absent = f" {', '.join(silent)} called no direction." if silent else ""
    return Table(
        "Right directions",
        (_WHO, *_by_horizon(judgement, "percent", 1)),
        pd.concat([rows.assign(quiet=False), below], ignore_index=True),
        "Of changes over one period, from horizon h − 1 to h, in the series as reported. The base rate is that of "
        "always calling the direction that turned out commoner for each series; it is known only afterwards, so it is "
        f"hard to beat.{absent}",
    )


def weight_table(judgement: StudyJudgement, provider: str) -> Table:
    """Weights of one provider's members: mean and spread over series and origins."""
    rows = judgement.weights.xs(provider, level="provider").reset_index()
    members = list(rows["member"].unique())
    mean = rows.pivot_table(index="member", columns="horizon", values="mean").reindex(members).rename(columns=str)
    first = rows[rows["horizon"] == rows["horizon"].min()].set_index("member")[list(_SHARES)]
    spread = tuple(Column(share, share, "number", 3, "Quantile over series and origins") for share in _SHARES)
    return Table(
        f"Weights of the members, {name_of(provider)}",
        (Column("member", "Member"), *_by_horizon(judgement, "number", 3), *spread),
        mean.join(first).reset_index(),
        f"Mean over series and origins by periods ahead, then quantiles at {judgement.horizons[0]} ahead.",
    )


def ratio_table(result: StudyResult, judgement: StudyJudgement, horizon: int) -> Table:
    """RMSE of every series over that of the first base."""
    base = result.study.base[0]
    rows = judgement.ratios.xs(horizon, level="horizon").T
    others = [name for name in judgement.providers if name != base]
    columns = tuple(Column(name, name_of(name), "number", 3) for name in others)
    return Table(
        f"RMSE to {name_of(base)}, {_ahead(horizon)}",
        (Column("series", "Series"), *columns),
        rows.rename_axis(index="series").reset_index().reindex(columns=["series", *others]),
        "Below 1 is more accurate than the base.",
    )


def race_table(race: HorseRace, series: str, window: str) -> Table:
    """Ratios of RMSE on one series in one window, providers x horizons, with stars and marks of the confidence sets."""
    part = race.table[(race.table["series"] == series) & (race.table["window"] == window)]
    ratios, stars = race.wide()[series][window], race.stars()[series][window]
    inner, outer = (race.wide(f"in_{level}")[series][window] for level in (75, 90))
    rows = pd.DataFrame({"who": [name_of(str(name)) for name in ratios.index]})
    for horizon in ratios.columns:
        daggers = [
            "††" if narrow else "†" if wide else "" for narrow, wide in zip(inner[horizon], outer[horizon], strict=True)
        ]
        rows[str(horizon)] = ratios[horizon].to_numpy()
        rows[f"{horizon} mark"] = [f"{star}{mark}" for star, mark in zip(stars[horizon], daggers, strict=True)]
    columns = tuple(
        Column(str(horizon), _ahead(int(horizon)), "number", 3, mark=f"{horizon} mark") for horizon in ratios.columns
    )
    return Table(
        f"RMSE to {name_of(race.base)}, {series}{span(window)}",
        (_WHO, *columns),
        rows,
        f"Below 1 beats {name_of(race.base)}; *, **, *** where the test of {_tests(race)} says so at 10, 5, 1%. †† and "
        f"† stand in the model confidence set of 75 and 90%: the data do not tell them from the best. {_notes(part)}",
    )


def published_table(race: HorseRace, published: Published) -> Table:
    """Our ratios of RMSE with the published ones in brackets, providers x horizons."""
    ratios = race.wide()[published.series][published.window]
    rows = pd.DataFrame({"who": [name_of(name) for name in published.ratios]})
    for place, horizon in enumerate(ratios.columns):
        rows[str(horizon)] = [
            f"{ratios[horizon].get(name, float('nan')):.3f} ({theirs[place]:.2f})"
            for name, theirs in published.ratios.items()
        ]
    return Table(
        f"RMSE to {name_of(race.base)}, {published.series}{span(published.window)}, beside published ratios",
        (_WHO, *(Column(str(horizon), _ahead(int(horizon))) for horizon in ratios.columns)),
        rows,
        f"Ours, and in brackets {published.source}.",
    )


def refusal_table(refusals: pd.DataFrame, n_origins: int, consequence: str) -> Table | None:
    """Origins at which a provider could not forecast, of so many, and what follows; None where all could always."""
    if refusals.empty:
        return None
    rows = refusals.groupby("provider", sort=False).agg(
        n=("as_of", "nunique"), first=("as_of", "min"), last=("as_of", "max"), reason=("reason", "first")
    )
    columns = (
        _WHO,
        Column("n", "Origins refused", "integer", 0),
        Column("first", "First", "date"),
        Column("last", "Last", "date"),
        Column("reason", "Reason at the first", "prose"),
    )
    return Table(
        "Who had no forecast, and why",
        columns,
        _named(rows),
        f"Of {n_origins} origins. {consequence}",
    )


def _by_horizon(judgement: StudyJudgement, kind: Kind, digits: int) -> tuple[Column, ...]:
    return tuple(Column(str(h), _ahead(h), kind, digits) for h in judgement.horizons)


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by provider with the names that a reader knows, horizons as keys of columns."""
    plain = rows.rename(columns=str).rename_axis(columns=None).reset_index()
    return plain.assign(who=plain["provider"].map(name_of))


def _ahead(horizon: int) -> str:
    return f"{horizon} ahead"


def _tests(race: HorseRace) -> str:
    if not race.nested:
        return "Diebold and Mariano (1995)"
    nested = ", ".join(map(name_of, race.nested))
    return f"Diebold and Mariano (1995), for {nested} that of Clark and West (2007),"


def _notes(part: pd.DataFrame) -> str:
    """How many periods were compared, and why there is no verdict where there is none, each reason once."""
    periods = part.groupby("horizon")["n"].max()
    counts = f"{periods.min()} to {periods.max()}" if periods.min() < periods.max() else f"{periods.max()}"
    tested = part[~part["note"].str.startswith("base of")]
    silent = tested[tested["rmse_ratio"].isna() | tested["diebold_mariano"].isna()]
    reasons = [
        f"No verdict on {cardinal(list(map(name_of, who)))} {cardinal(list(map(str, ahead)))} ahead: {reason}."
        for (reason, who), ahead in _reasons(silent).items()
    ]
    return " ".join([f"Periods compared: {counts}.", *reasons])


def _reasons(silent: pd.DataFrame) -> dict[tuple[str, tuple[str, ...]], list[int]]:
    """Reason and providers that it concerns, to the horizons."""
    plain = silent.assign(note=silent["note"].str.replace(r" at horizon \d+", "", regex=True))
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for (reason, horizon), rows in plain.groupby(["note", "horizon"], sort=False):
        found.setdefault((str(reason), tuple(map(str, rows["provider"]))), []).append(int(str(horizon)))
    return found
