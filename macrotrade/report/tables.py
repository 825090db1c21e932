"""Tables of a run: performance, direction, accuracy, one and two periods ahead, sensitivity, costs."""

from __future__ import annotations

import pandas as pd

from macrotrade.instruments import INSTRUMENTS
from macrotrade.report.cast import BASELINE, BUY_AND_HOLD, Cast, rows_of
from macrotrade.report.judgement import INTERVAL, Judgement
from macrotrade.report.parts import Column, Kind, Table
from macrotrade.report.words import cardinal, name_of, percent, rule_of
from macrotrade.strategy.result import Backtest

__all__ = [
    "accuracy_table",
    "ahead_table",
    "cost_table",
    "difference_table",
    "direction_table",
    "efficiency_table",
    "performance_table",
    "sensitivity_table",
    "signal_table",
]

_WHO = (Column("who", "Provider"), Column("rule", "Rule"))

_PERFORMANCE = (
    Column("annual_return", "Return a year", "percent", 1, "Annualised compound return, net of costs"),
    Column("volatility", "Volatility a year", "percent", 1, "Standard deviation of returns, annualised"),
    Column("efficiency", "Efficiency", "number", 2, "Annualised return over annualised volatility"),
    Column("excess_return", "Excess over bills", "percent", 1, "Mean return less that of Treasury bills, a year"),
    Column("sharpe", "Sharpe ± s.e.", "number", 2, "Mean (excess) return over its standard deviation, annualised, and "
           "its standard error (Mertens, 2002)", error="sharpe_error"),
    Column("sortino", "Sortino", "number", 2, "Mean return over downside deviation, annualised"),
    Column("calmar", "Calmar", "number", 2, "Annualised return over the largest drawdown"),
    Column("max_drawdown", "Largest drawdown", "percent", 1, "Deepest fall from the highest value so far"),
    Column("drawdown_years", "Longest drawdown, years", "number", 1, "Longest time below an earlier high"),
    Column("turnover", "Turnover a year", "number", 1, "Traded in a year, as a multiple of the portfolio"),
    Column("average_exposure", "Exposure", "percent", 0, "Mean absolute exposure"),
    Column("hit_rate", "Sessions with a gain", "percent", 1, "Sessions with a gain, of those with a gain or a loss"),
    Column("best_month", "Best month", "percent", 1, "Largest return of a calendar month"),
    Column("worst_month", "Worst month", "percent", 1, "Smallest return of a calendar month"),
)  # fmt: skip

_DIRECTION = (
    Column("horizon", "Periods ahead", "integer", 0, "Which period after the origin is called"),
    Column("n", "Calls", "integer", 0, "Forecasts that named a direction and whose outcome is known"),
    Column("hit_rate", "Hit rate", "percent", 1, "Share of calls with the right sign"),
    Column("base_rate", "Base rate", "percent", 1, "Hit rate of always calling the direction that came more often"),
    Column("rises", "Rose", "percent", 1, "Share of outcomes in which the price rose"),
    Column("called_up", "Called up", "percent", 1, "Share of calls that were up"),
    Column("up_up", "Up, up", "integer", 0, "Called up and it rose"),
    Column("up_down", "Up, down", "integer", 0, "Called up and it fell"),
    Column("down_down", "Down, down", "integer", 0, "Called down and it fell"),
    Column("down_up", "Down, up", "integer", 0, "Called down and it rose"),
    Column("p_value", "p, robust", "p_value", 3, "Headline: one-sided, robust to dependence over time"),
    Column("pesaran_timmermann_p_value", "p, PT", "p_value", 3, "Pesaran and Timmermann (1992): periods independent"),
)

_ACCURACY = (
    Column("horizon", "Periods ahead", "integer", 0, "Periods after the origin"),
    Column("n", "Forecasts", "integer", 0, "Forecasts whose outcome is known"),
    Column("rmse", "RMSE", "number", 3, "Root mean squared error"),
    Column("mae", "MAE", "number", 3, "Mean absolute error"),
    Column("bias", "Bias", "signed", 3, "Mean of outcome less forecast: above 0 the forecasts were too low"),
)

_DIFFERENCE = (
    Column("efficiency", "Efficiency", "signed", 2, "Efficiency less that of buy and hold"),
    Column("efficiency_low", "Efficiency, low", "signed", 2, "Lower end of its interval"),
    Column("efficiency_high", "Efficiency, high", "signed", 2, "Upper end of its interval"),
    Column("return", "Return a year", "signed_percent", 1, "Annualised return less that of buy and hold"),
    Column("return_low", "Return, low", "signed_percent", 1, "Lower end of its interval"),
    Column("return_high", "Return, high", "signed_percent", 1, "Upper end of its interval"),
    Column("p_value", "p, no better", "p_value", 3, "Share of draws whose efficiency is no better than buy and hold"),
)


def performance_table(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    """What everything earned on one instrument, providers first, then buy and hold, benchmarks and coin flips."""
    found = _known(judgement.performance, symbol)
    rows = pd.concat([_with_names(found, cast), _coin_flip_row(judgement, symbol)], ignore_index=True)
    return Table(
        f"Performance, {symbol}",
        (*_WHO, *_columns(_PERFORMANCE, rows)),
        rows,
        "Net of costs. Two Sharpe ratios closer than their standard errors are not told apart.",
    )


def difference_table(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    """Efficiency and return less those of buy and hold, with their block-bootstrap intervals."""
    efficiency = rows_of(judgement.efficiency_difference, symbol)
    earned = rows_of(judgement.return_difference, symbol)
    both = pd.DataFrame(
        {
            "efficiency": efficiency["estimate"],
            "efficiency_low": efficiency["low"],
            "efficiency_high": efficiency["high"],
            "return": earned["estimate"],
            "return_low": earned["low"],
            "return_high": earned["high"],
            "p_value": efficiency["probability_below"],
        }
    )
    return Table(
        f"Difference from buy and hold, {symbol}",
        (*_WHO, *_DIFFERENCE),
        _with_names(both, cast),
        f"With {percent(INTERVAL, 0)} intervals from a stationary bootstrap that draws blocks of sessions of both at "
        "once. An interval that holds zero does not tell the two apart. The p-value does not allow for several tries.",
    )


def direction_table(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    """Hit rate beside its base rate, the confusion of ups and downs, and the tests."""
    driver = cast.traded[symbol].driver
    rows = _of_series(judgement.direction, driver, cast)
    rows = rows[rows["n"] > 0].reset_index(drop=True)
    turned = ", its sign reversed" if cast.traded[symbol].sign < 0 else ""
    silent = [name_of(provider) for provider in cast.providers if provider not in set(rows["provider"])]
    note = [
        f"Direction of {driver}{turned}: up means that the price of {symbol} rises. Counts are what was called, then "
        "what happened.",
        *([_TO_READ] if rows["p_value"].notna().any() else []),
        *_untested(rows),
        *([_NO_COLUMNS] if len(rows) and rows[_P_VALUES].isna().all(axis=None) else []),
        *([f"{cardinal(silent)} called no direction."] if silent else []),
    ]
    return Table(
        f"Direction, {symbol}",
        (_WHO[0], *_columns(_DIRECTION, rows)),
        rows,
        " ".join(note),
    )


_P_VALUES = ["p_value", "pesaran_timmermann_p_value"]
_NO_COLUMNS = "The columns of p-values are therefore left out."
_TO_READ = (
    "The robust p-value is the one to read (Lazarus, Lewis, Stock and Watson, 2018): where forecasts and outcomes "
    "persist, the test of Pesaran and Timmermann (PT) rejects too often."
)


def _untested(rows: pd.DataFrame) -> list[str]:
    """Sentences on the rows without a robust p-value: who, how many periods ahead, and why."""
    several = len(set(rows["horizon"])) > 1
    who = rows["who"] + (" (" + rows["horizon"].astype(str) + " ahead)" if several else "")
    lacking = rows.assign(who=who)[rows["p_value"].isna()]
    return [
        f"No robust p-value for {cardinal(list(part['who']))}: {note}."
        for note, part in lacking.groupby("note", sort=False)
    ]


def accuracy_table(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    """Size of forecast errors, beside those of the base forecasts."""
    driver = cast.traded[symbol].driver
    rows = _of_series(judgement.accuracy, driver, cast)
    ratios = tuple(
        Column(f"rmse to {base}", f"RMSE to {name_of(base)}", "number", 3, "Over the same origins; below 1 is better")
        for base in judgement.bases
    )
    unit = "logarithms" if rows["measure"].str.endswith("log_change").all() else "the units of the forecast measure"
    if rows["measure"].isin(["change", "one_period_change"]).all() and cast.traded[symbol].driver_kind == "yield":
        unit = "percentage points"
    return Table(f"Accuracy, {driver}", (_WHO[0], *_columns(_ACCURACY, rows), *ratios), rows, f"In {unit}.")


def ahead_table(judgement: Judgement, symbol: str) -> Table | None:
    """The same rule on forecasts one and more periods old, side by side; None where a run has one only."""
    found = _known(judgement.performance, symbol)
    found = found[found.index.get_level_values("rule") != BASELINE].reset_index()
    split = found["rule"].str.partition(", ")
    found["plain"], found["ahead"] = split[0], split[2].str.extract(r"(\d+)")[0].fillna("1").astype(int)
    horizons = sorted(found["ahead"].unique())
    if len(horizons) < 2:
        return None
    wide = found.pivot_table(index=["provider", "plain"], columns="ahead", values=list(_SIDE_BY_SIDE), sort=False)
    wide = wide.reindex(columns=pd.MultiIndex.from_product([_SIDE_BY_SIDE, horizons]))  # one no trader has is not lost
    rows = pd.DataFrame(
        {f"{key}_{ahead}": wide[key, ahead] for key in _SIDE_BY_SIDE for ahead in horizons}
    ).reset_index()
    rows["who"], rows["rule"] = rows["provider"].map(name_of), rows["plain"].map(rule_of)
    columns = tuple(
        Column(f"{key}_{ahead}", f"{title}, {ahead} ahead", kind, digits)
        for key, (title, kind, digits) in _SIDE_BY_SIDE.items()
        for ahead in horizons
    )
    return Table(
        f"One and more periods ahead, {symbol}",
        (*_WHO, *columns),
        rows,
        "The period held is the same. The later columns rest on a forecast made that many origins before its end, as "
        "one must where numbers arrive late.",
    )


_SIDE_BY_SIDE: dict[str, tuple[str, Kind, int]] = {
    "annual_return": ("Return a year", "percent", 1),
    "efficiency": ("Efficiency", "number", 2),
    "hit_rate": ("Sessions with a gain", "percent", 1),
}


def sensitivity_table(judgement: Judgement, cast: Cast, symbol: str) -> Table:
    """How the result of each provider and rule moves with what was assumed: rows by assumption."""
    rows = _with_names(rows_of(judgement.sensitivity, symbol), cast)
    columns = tuple(Column(str(name), str(name), "number", 2) for name in judgement.sensitivity.columns)
    return Table(
        f"Sensitivity of efficiency, {symbol}",
        (*_WHO, *columns),
        rows,
        "Efficiency under each change, all else as run. A result that lives on one assumption, or on two months, is "
        "not one to rely on.",
    )


def cost_table(backtest: Backtest) -> Table:
    """What trading costs, by instrument."""
    rows = pd.DataFrame(
        [
            {
                "symbol": symbol,
                "name": INSTRUMENTS[symbol].name if symbol in INSTRUMENTS else symbol,
                "trade": 10_000 * rates["trade"],
                "roll": 10_000 * rates["roll"] * backtest.periods_per_year,
            }
            for symbol, rates in backtest.cost_rates.iterrows()
        ]
    )
    columns = (
        Column("symbol", "Instrument"),
        Column("name", "What it is"),
        Column("trade", "One unit of turnover, basis points", "number", 2, "Commission and half the spread"),
        Column(
            "roll", "Rolls, basis points a year", "number", 2, "Cost of carrying one unit through its rolls for a year"
        ),
    )
    return Table("Costs charged", columns, rows, "Turnover of 2 takes a position from long to short.")


def signal_table(backtest: Backtest, cast: Cast) -> Table:
    """Every current position at a glance: a row for each instrument and provider, a column for each rule."""
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for decision in backtest.decisions:
        row = rows.setdefault((decision.instrument, decision.provider), {})
        row |= {"instrument": decision.instrument, "who": name_of(decision.provider), decision.rule: decision.position}
        row.setdefault("probability_up", decision.probability_up)
    columns = (
        Column("instrument", "Instrument"),
        Column("who", "Provider"),
        Column("probability_up", "P(up)", "percent", 0, "Probability that the price rises in the next period"),
        *(
            Column(rule, rule_of(rule).capitalize(), "signed", 2, "Target exposure, from -1 to 1")
            for rule in cast.rules
        ),
    )
    return Table("Positions by rule", columns, pd.DataFrame(list(rows.values())), "1 is long, -1 short, 0 flat.")


def efficiency_table(judgement: Judgement, cast: Cast) -> Table:
    """Efficiency of everything on every instrument."""
    wide = pd.DataFrame({symbol: rows_of(judgement.performance, symbol)["efficiency"] for symbol in cast.instruments})
    rows = _with_names(wide, cast)
    flips = {symbol: _known(judgement.coin_flips, symbol)["efficiency"] for symbol in cast.instruments}
    if not judgement.coin_flips.empty:
        for name, quantile in (("Coin flips, median", 0.5), ("Coin flips, best in twenty", 0.95)):
            luck = {symbol: values.quantile(quantile) for symbol, values in flips.items()}
            rows.loc[len(rows)] = {**luck, "who": name, "rule": rule_of(BASELINE), "quiet": True}
    columns = tuple(Column(symbol, symbol, "number", 2) for symbol in cast.instruments)
    return Table(
        "Efficiency at a glance", (*_WHO, *columns), rows, "Annualised return over annualised volatility, net of costs."
    )


def _coin_flip_row(judgement: Judgement, symbol: str) -> pd.DataFrame:
    """Median of what the coin-flip traders earned, as a row of its own; none where there are none."""
    found = _known(judgement.coin_flips, symbol)
    if found.empty:
        return pd.DataFrame()
    return (
        found.median()
        .to_frame()
        .T.assign(who=f"Coin flips, median of {len(found)}", rule=rule_of(BASELINE), quiet=True)
    )


def _columns(known: tuple[Column, ...], rows: pd.DataFrame) -> tuple[Column, ...]:
    """The columns of which the run knows anything."""
    return tuple(column for column in known if column.key in rows and rows[column.key].notna().any())


def _of_series(table: pd.DataFrame, series: str, cast: Cast) -> pd.DataFrame:
    """Rows of one series in the order of the providers and of horizons, with the providers' names."""
    rows = table.reset_index()
    rows = rows[rows["series"] == series].reset_index(drop=True)
    place = rows["provider"].map({name: rank for rank, name in enumerate(cast.providers)})
    rows = rows.loc[rows.assign(place=place).sort_values(["place", "horizon"]).index].reset_index(drop=True)
    return rows.assign(who=rows["provider"].map(name_of))


def _known(table: pd.DataFrame, symbol: str) -> pd.DataFrame:
    return rows_of(table, symbol).dropna(how="all")


def _with_names(table: pd.DataFrame, cast: Cast) -> pd.DataFrame:
    """Rows with names for a reader, providers before buy and hold before other benchmarks."""
    places: dict[str, list[str]] = {
        "provider": [*cast.providers, BUY_AND_HOLD, *cast.benchmarks],
        "rule": [*cast.rules, BASELINE],
    }
    rows = table.reset_index()
    ranks = pd.DataFrame({level: [names.index(str(name)) for name in rows[level]] for level, names in places.items()})
    rows = rows.loc[ranks.sort_values(["provider", "rule"]).index].reset_index(drop=True)
    rows["quiet"] = rows["rule"] == BASELINE
    rows["who"] = rows["provider"].map(name_of)
    rows["rule"] = rows["rule"].map(rule_of)
    return rows
