"""The published exercise's columns, and what must not explain what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from macrotrade.errors import DataError, FitError
from macrotrade.panel.panel import Panel
from macrotrade.providers.equations.area_wide import FORBIDDEN, T_ORIGIN, area_wide_frame, leaks
from macrotrade.providers.equations.general import fit_expressions
from macrotrade.providers.equations.grammar import parse_grammar
from macrotrade.providers.equations.language import Language
from macrotrade.providers.equations.sample import sample_of
from macrotrade.providers.equations.variables import Variable
from macrotrade.sources.euro_area import load_euro_area


def test_the_first_rows_are_those_of_the_published_table(euro_area: pd.DataFrame) -> None:
    table_1 = {"pi": [5.25, 5.83, 6.09, 6.36], "y": [4.22, 3.56, 3.92, 3.50], "r": [0.68, -0.16, -0.14, -0.21]}

    rows = euro_area.loc["1971Q1":"1971Q4"]

    assert euro_area.index[0] == T_ORIGIN
    for name, printed in table_1.items():
        np.testing.assert_allclose(rows[name], printed, atol=0.011)


def test_the_real_rate_waits_for_next_quarters_prices() -> None:
    panel = load_euro_area().as_of("2007-05-01")  # prices of 2007Q1 are out, those of 2007Q2 are not

    frame = area_wide_frame(panel)

    assert np.isfinite(frame.loc["2007Q1", ["pi", "i"]].to_numpy(dtype=float)).all()
    assert np.isfinite(frame.loc["2006Q4", "r"])
    assert np.isnan(frame.loc["2007Q1", "r"])


def test_a_panel_without_prices_is_refused() -> None:
    panel: Panel = load_euro_area().as_of("2007-05-01").select(["YER", "STN"])

    with pytest.raises(DataError, match="lacks HICP"):
        area_wide_frame(panel)


def test_last_quarters_real_rate_is_named_as_a_leak_of_inflation() -> None:
    assert leaks("pi", (Variable("pi", 1), Variable("r", 1), Variable("r", 2))) == (Variable("r", 1),)
    assert leaks("y", (Variable("r", 1),)) == ()


def test_the_leak_is_real_and_refused(euro_area: pd.DataFrame) -> None:
    grammar = parse_grammar("E -> c + c * i[1] + c * V ; V -> r[1..2] ;")
    leaking, sound = Language(grammar), Language(grammar, unwanted=FORBIDDEN["pi"])

    def fitted(language: Language) -> None:
        sample = sample_of(euro_area, "pi", language.variables, last="2005Q1")
        fit_expressions(language.structures(), sample.data)

    with pytest.raises(FitError, match=r"r\[-1\] give pi away"):
        fitted(leaking)
    fitted(sound)
