"""Why the forecasts behind the current signals changed, part by part."""

from __future__ import annotations

from typing import Any

import pandas as pd

from macrotrade.forecast import Explanation
from macrotrade.report.cast import Cast
from macrotrade.report.colours import LONG, SHORT
from macrotrade.report.layout import styled
from macrotrade.report.parts import Choice, Column, Figure, Part, Section, Table, Words
from macrotrade.report.words import day, name_of, sentence, signed
from macrotrade.strategy.result import Backtest

__all__ = ["change_sections"]

_MOST = 12

_COLUMNS = (
    Column("what", "Part"),
    Column("released", "Came", "number", 4, "The number released, in the model's form"),
    Column("expected", "Expected", "number", 4, "What the earlier forecast had for it"),
    Column("amount", "Adds", "signed", 3, "What the part adds to the forecast; the parts sum to the change"),
)


def change_sections(backtest: Backtest, cast: Cast) -> tuple[Section, ...]:
    """A section on what moved the last forecasts, for the providers that explain; none where no provider does."""
    by_instrument: dict[str, tuple[Part, ...]] = {}
    for symbol, item in cast.traded.items():
        parts = tuple(
            part
            for provider, said in backtest.explanations.items()
            for one in said
            if one.series == item.driver
            for part in _told(one, provider)
        )
        if parts:
            by_instrument[symbol] = parts
    if not by_instrument:
        return ()
    before, after = backtest.positions.index[-2:]
    words = Words(
        f"From the decision of {day(before)} to that of {day(after)}, each fitted on its own day. Time is the same "
        "knowledge looked at a period later; a release adds its surprise times its weight; re-selection and "
        "re-estimation are what the new sample made of the model itself."
    )
    return (Section("Why the forecasts changed", (words, Choice("Instrument", by_instrument))),)


def _told(one: Explanation, provider: str) -> tuple[Part, ...]:
    """Figure and table of one change; logarithms are told in hundredths, which are nearly per cent."""
    logarithms = "logarithm" in one.units
    factor, units = (100.0, "hundredths of a logarithm, about per cent") if logarithms else (1.0, one.units)
    parts = _merged(one.table())
    parts["amount"] *= factor
    before, after = signed(factor * one.before, 3), signed(factor * one.after, 3)
    title = f"{name_of(provider)}, {one.series}, {one.horizon} ahead: {before} became {after}"
    columns = tuple(column for column in _COLUMNS if column.key in parts and bool(parts[column.key].notna().any()))
    note = f"In {units}. The parts sum to the change, {signed(factor * (one.after - one.before), 3)}."
    return (_figure(one, parts, provider, units), Table(title, columns, parts, note))


def _merged(parts: pd.DataFrame) -> pd.DataFrame:
    """The largest parts, the others summed in one row."""
    labels = parts[["kind", "series", "period"]].astype(str).to_numpy().tolist()
    rows = parts.assign(what=[sentence(" ".join(filter(None, words)))[:-1] for words in labels])
    rest = rows.iloc[_MOST:]
    if rest.empty:
        return rows.reset_index(drop=True)
    other = pd.DataFrame([{"what": f"{len(rest)} smaller parts", "amount": rest["amount"].sum(), "quiet": True}])
    return pd.concat([rows.iloc[:_MOST].assign(quiet=False), other], ignore_index=True)


def _figure(one: Explanation, parts: pd.DataFrame, provider: str, units: str) -> Figure:
    """Bars from the earlier forecast to the later one."""
    rows = parts.iloc[::-1]
    bars: dict[str, Any] = {
        "type": "bar", "orientation": "h", "y": rows["what"].tolist(), "x": rows["amount"].round(8).tolist(),
        "marker": {"color": [LONG if amount > 0 else SHORT for amount in rows["amount"]]},
        "hovertemplate": "%{y}: %{x:+.4g}<extra></extra>", "showlegend": False,
    }  # fmt: skip
    height = 80 + 24 * len(rows)
    figure = styled(
        [bars],
        height,
        hovermode="closest",
        margin={"l": 150},
        xaxis={"zeroline": True, "zerolinewidth": 1.5},
        yaxis={"showgrid": False},
        bargap=0.35,
    )
    return Figure(
        f"What moved the forecast of {one.series}, {one.horizon} ahead, {name_of(provider)}",
        figure,
        f"What each part adds to the forecast, in {units}, largest first.",
        height,
    )
