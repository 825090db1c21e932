"""What the commands print: tables for a terminal, and the same as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from macrotrade.forecast import Explanation
from macrotrade.panel.panel import Vintages
from macrotrade.report.plain import plain
from macrotrade.strategy.result import Backtest

if TYPE_CHECKING:
    from macrotrade.providers.registry import ProviderEntry
    from macrotrade.strategy.study import Study, StudyResult

__all__ = [
    "explanation_table",
    "frame_table",
    "gain_table",
    "provider_table",
    "providers_json",
    "race_tables",
    "summary_table",
    "vintage_words",
]


def provider_table(entries: Mapping[str, ProviderEntry]) -> Table:
    """One row for each installed provider; what cannot be imported says why."""
    table = _plain_table("Installed providers", "name", "what it is and what can be set")
    for name, entry in entries.items():
        if entry.problem is not None:
            table.add_row(name, entry.problem)
            continue
        settings = ", ".join(f"{setting.name}={setting.default!r}" for setting in entry.settings)
        table.add_row(name, f"{entry.description}\n[dim]{entry.distribution} {entry.version}: {escape(settings)}[/dim]")
    return table


def providers_json(entries: Mapping[str, ProviderEntry]) -> str:
    """The installed providers, a JSON object by name: description, settings with their defaults, distribution."""
    rows = {
        name: {
            "description": entry.description,
            "settings": {setting.name: setting.default for setting in entry.settings},
            "distribution": entry.distribution,
            "version": entry.version,
        }
        for name, entry in entries.items()
    }
    return json.dumps(plain(rows), indent=2, default=str)


def summary_table(backtest: Backtest) -> Table:
    """One row for each instrument and provider: growth of 1 and efficiency by rule, and how often it called direction.

    Decisions on one-period-ahead forecasts only; the report holds the rest.
    """
    from macrotrade.evaluation.performance import performance

    figures = performance(backtest.returns, backtest.periods_per_year, exposure=backtest.exposure)
    calls = _calls(backtest)
    span = f"{backtest.returns.index[0]:%Y-%m-%d} to {backtest.returns.index[-1]:%Y-%m-%d}"
    table = _plain_table(
        f"{backtest.strategy.name}, {span}: growth of 1 and annualised efficiency, net of costs",
        "instrument",
        "provider",
    )
    rules = [str(rule) for rule in backtest.strategy.rules]
    for rule in rules:
        table.add_column(rule.replace("_", "/"), justify="right", no_wrap=True)
    table.add_column("called right", justify="right", no_wrap=True)
    for item in backtest.strategy.traded:
        rows = figures.xs(item.symbol, level="instrument")
        for provider in rows.index.unique("provider"):
            earned = rows.loc[provider]
            cells = [_earned(earned.loc["baseline"])] + [""] * (len(rules) - 1) if "baseline" in earned.index else []
            cells = cells or [_earned(earned.loc[rule]) for rule in rules]
            table.add_row(item.symbol, str(provider), *cells, calls.get((str(provider), item.symbol), ""))
        table.add_section()
    table.caption = (
        "called right: share of the driver's moves whose direction was forecast, and in brackets the base "
        "rate, the share that always calling the commoner direction would have had. "
        + vintage_words(backtest.source.vintages)
        + "".join(_refused(backtest))
    )
    return table


def _refused(backtest: Backtest) -> list[str]:
    """What each provider with refusals refused, and why first."""
    refused = backtest.refusals.groupby("provider", sort=False).agg(n=("as_of", "nunique"), reason=("reason", "first"))
    return [
        f"\n{row.Index} refused {row.n} of {len(backtest.positions)} origins, where nothing is held: {row.reason}"
        for row in refused.itertuples()
    ]


def gain_table(result: StudyResult) -> Table:
    """D of every provider over each base by horizon, in a terminal's width."""
    from macrotrade.evaluation.exhibits import gains

    study, table = result.study, gains(result.forecasts, result.study.base)
    n_series = result.forecasts["series"].nunique()
    shown = _plain_table(f"{study.name}: D over each base, {n_series} series, periods ahead", "over", "provider")
    for horizon in table.columns:
        shown.add_column(str(horizon), justify="right", no_wrap=True)
    for base in study.base:
        over = table.xs(base, level="base")
        for provider in (choice.title for choice in study.providers if choice.title in over.index):
            shown.add_row(
                base, provider, *(_number(value, "+.1f") for value in over.loc[[provider]].to_numpy()[0].tolist())
            )
        shown.add_section()
    shown.caption = (
        "D: mean over the series of 100 (1 - RMSE / RMSE of the base); above 0 is more accurate than the base. "
        f"{vintage_words(result.source.vintages)}"
    )
    return shown


def race_tables(result: StudyResult, rows: Sequence[Mapping[str, Any]] | None) -> Iterator[Table]:
    """Ratios of RMSE to the first base, providers x horizons, a table for each series and window; none for many series.

    Stars and daggers are those of the page: a test against the base, and model confidence sets. Ratios that the study
    quotes as published come last, beside its own.

    Parameters
    ----------
    result
        The study.
    rows
        Its horse race as the results of its report hold it; None where there is none.
    """
    from macrotrade.evaluation.verdict import stars

    study, base, nested = result.study, result.study.base[0], result.study.nesting(result.study.base[0])
    cells: dict[tuple[str, str], dict[str, dict[int, str]]] = {}
    compared: dict[tuple[str, str], dict[int, int]] = {}
    for row in rows or ():
        if row["provider"] == base:
            continue
        test = "clark_west_p_value" if row["provider"] in nested else "diebold_mariano_p_value"
        p_value = math.nan if row[test] is None else float(row[test])
        dagger = "††" if row["in_75"] else "†" if row["in_90"] else ""
        ratio = "" if row["rmse_ratio"] is None else f"{row['rmse_ratio']:.2f}{stars(p_value)}{dagger}"
        counts = compared.setdefault((row["series"], row["window"]), {})
        counts[int(row["horizon"])] = max(counts.get(int(row["horizon"]), 0), int(row["n"] or 0))
        table = cells.setdefault((row["series"], row["window"]), {})
        table.setdefault(row["provider"], {})[int(row["horizon"])] = ratio
    for number, ((series, window), table) in enumerate(cells.items()):
        shown = _plain_table(f"{series}, {window}: RMSE to that of {base}, periods ahead", "provider")
        for horizon in study.horizons:
            shown.add_column(str(horizon), no_wrap=True)
        for provider, ratios in table.items():
            shown.add_row(provider, *(ratios.get(horizon, "") for horizon in study.horizons))
        shown.caption = _no_verdict(compared[series, window])
        if number == len(cells) - 1:
            shown.caption += (
                f"Below 1 is more accurate than {base}; *, **, ***: one-sided test of Diebold and Mariano"
                f"{' (of Clark and West for what nests the base)' if nested else ''} at 10, 5, 1%. †† and †: in the "
                f"model confidence set of 75 and 90%. {vintage_words(result.source.vintages)}"
            )
        yield shown
    yield from _beside_published(study, rows or ())


def _beside_published(study: Study, rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Our ratios with the published ones in brackets, a table for each that the study quotes."""
    ours = {(row["provider"], row["series"], row["window"], row["horizon"]): row["rmse_ratio"] for row in rows}
    for published in study.published:
        shown = _plain_table(f"{published.series}, {published.window}: ours ({published.source})", "provider")
        for horizon in study.horizons:
            shown.add_column(str(horizon), no_wrap=True)
        for provider, ratios in published.ratios.items():
            cells = []
            for horizon, theirs in zip(study.horizons, ratios, strict=True):
                found = ours.get((provider, published.series, published.window, horizon))
                cells.append(f"{_number(found or math.nan, '.2f')} ({theirs:.2f})")
            shown.add_row(provider, *cells)
        yield shown


def _no_verdict(compared: Mapping[int, int]) -> str:
    """Which horizons have too few periods for a test, a line each; nothing where all have enough."""
    from macrotrade.evaluation.comparison import FEWEST_PERIODS

    return "".join(
        f"{horizon} ahead: no outcome in this window.\n"
        if periods == 0
        else f"{horizon} ahead: no verdict: {periods} periods; the tests need {max(FEWEST_PERIODS, 2 * horizon)}.\n"
        for horizon, periods in compared.items()
        if periods < max(FEWEST_PERIODS, 2 * horizon)
    )


def explanation_table(explanation: Explanation, most: int = 20, provider: str = "") -> Table:
    """Parts of one change of a forecast, largest first; of more than `most` the rest in one row.

    Parts below 1e-9 of the largest are rounding and are left out.
    """
    parts = explanation.table()
    sizes = parts["amount"].abs()
    parts = parts[sizes > 1e-9 * sizes.max()] if len(parts) else parts
    who = f"{provider}: " if provider else ""
    earlier, later = (_compared(explanation, which) for which in ("before", "after"))
    title = (
        f"{who}{explanation.series}, {explanation.horizon} ahead, in {explanation.units}: "
        f"{explanation.before:.5g}{earlier} became {explanation.after:.5g}{later}, a change of "
        f"{explanation.after - explanation.before:+.4g}"
    )
    shown = _plain_table(title, "part", "series", "period")
    for column in ("came", "expected", "adds"):
        shown.add_column(column, justify="right", no_wrap=True)
    for row in parts.head(most).to_dict("records"):
        came, expected = (_number(float(row.get(name, math.nan)), ".4g") for name in ("released", "expected"))
        words = (str(row[name]) for name in ("kind", "series", "period"))
        shown.add_row(*words, came, expected, _number(float(row["amount"]), "+.4g"))
    if len(parts) > most:
        rest = parts.iloc[most:]["amount"]
        shown.add_row(f"{len(rest)} smaller parts", "", "", "", "", _number(float(rest.sum()), "+.4g"))
    shown.caption = (
        "The parts sum to the change. time: the same information, looked at a period later, for a period later. "
        "Releases: what came and what was expected, in the model's form."
    )
    return shown


def _compared(explanation: Explanation, which: str) -> str:
    """Period that was forecast and the day of the forecast, where the explanation holds them."""
    period, day = (getattr(explanation, f"{which}_{name}", None) for name in ("period", "as_of"))
    return "" if period is None or day is None else f" for {period} (as of {day:%Y-%m-%d})"


def frame_table(frame: pd.DataFrame, title: str) -> Table:
    """Any frame, its index first."""
    table = Table(title=title)
    flat = frame.reset_index()
    for column in flat.columns:
        table.add_column(str(column), justify="right" if pd.api.types.is_numeric_dtype(flat[column]) else "left")
    for row in flat.itertuples(index=False):
        table.add_row(*(_number(cell, ".2f") if isinstance(cell, float) else str(cell) for cell in row))
    return table


def _plain_table(title: str, *labels: str) -> Table:
    """Table without rules between columns, so that it fits a terminal of 80 characters."""
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left", title_justify="left")
    for label in labels:
        table.add_column(label, min_width=12 if label == "provider" else 3)
    return table


def _earned(row: pd.Series) -> str:
    """Growth of 1 and efficiency; a position never taken says so."""
    if row["average_exposure"] == 0.0:
        return "never in"
    return f"{row['growth']:.2f}  {_number(row['efficiency'], '+.2f')}"


def _calls(backtest: Backtest) -> dict[tuple[str, str], str]:
    """Hit rate and base rate of each provider's one-ahead calls, by provider and instrument."""
    from macrotrade.evaluation.direction import direction_table

    table = backtest.forecasts
    one_ahead = table[table["horizon"] == 1]
    said = {}
    for item in backtest.strategy.traded:
        rows = one_ahead[one_ahead["series"] == item.driver]
        calls = direction_table(rows, ["provider", "series"], {item.driver: item.sign}).droplevel("series")
        for provider, row in calls.iterrows():
            words = f"{row['hit_rate']:.0%} ({row['base_rate']:.0%})" if row["n"] else "no call"
            said[str(provider), item.symbol] = words
    return said


def vintage_words(vintages: Vintages) -> str:
    """What kind of numbers all rests on."""
    if vintages == "true":
        return "Numbers as known then (true vintages)."
    return "Final numbers with publication lags (pseudo)."


def _number(value: float, form: str) -> str:
    return "" if value is None or math.isnan(value) else format(value, form)
