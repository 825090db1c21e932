"""The figure of one watched instrument."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from macrotrade.report.watch_figure import history_figure
from macrotrade.report.watch_lines import WatchLine

DECIDED = pd.DatetimeIndex(["2016-01-31", "2016-02-29", "2016-03-31", "2016-04-30", "2016-05-31"])
POSITIONS = (1.0, 1.0, -1.0, 0.0, -1.0)


def test_a_bar_spans_the_days_from_its_decision_to_the_next_whatever_side_stands_between() -> None:
    past = pd.DataFrame({"score": [0.1, 0.2, -0.1, 0.0, -0.3], "position": POSITIONS}, index=DECIDED)
    said = SimpleNamespace(instrument="ZN", rule="long_short", position=-1.0)
    line = cast("WatchLine", SimpleNamespace(standings=(SimpleNamespace(past=past),), said=said))
    sessions = pd.bdate_range("2015-01-01", "2016-06-01")

    figure = history_figure(line, pd.DataFrame({"ZN": np.linspace(100.0, 110.0, len(sessions))}, index=sessions))

    bars = cast("list[dict[str, Any]]", [trace for trace in figure.figure["data"] if trace["type"] == "bar"])
    spans = {
        day: (trace["name"], round(width / 86_400_000 / 0.94, 6), trace["offset"])
        for trace in bars
        for day, width in zip(trace["x"], trace["width"], strict=True)
    }
    assert dict(sorted(spans.items())) == {
        "2016-01-31": ("long", 29, 0),
        "2016-02-29": ("long", 31, 0),
        "2016-03-31": ("short", 30, 0),
        "2016-04-30": ("flat", 31, 0),
        "2016-05-31": ("short", 31, 0),
    }
