"""A report: one run told as a page, as Markdown and as JSON.

1. who was in the run                      cast.py
2. how good they were                      judgement.py and luck.py, by way of macrotrade.evaluation
3. what is told, in order                  contents.py, from tables.py, figures.py, signals.py, summary.py
4. how it is told, and written to disk     page.py, markdown.py, machine.py, finished.py
"""

from __future__ import annotations

from collections.abc import Sequence

from macrotrade.report.cast import cast_of
from macrotrade.report.contents import contents
from macrotrade.report.finished import Report
from macrotrade.report.judgement import judge
from macrotrade.report.machine import results
from macrotrade.report.markdown import markdown
from macrotrade.report.page import page
from macrotrade.report.parts import Section
from macrotrade.report.sensitivity import sensitivity_section
from macrotrade.report.summary import lead
from macrotrade.strategy.result import Backtest
from macrotrade.strategy.sensitivity import Sensitivity

__all__ = ["make_report"]


def make_report(
    backtest: Backtest, sections: Sequence[Section] = (), *, sensitivity: Sensitivity | None = None
) -> Report:
    """Report of a finished run.

    Parameters
    ----------
    backtest
        From :mod:`macrotrade.strategy.run`.
    sections
        Further sections, put after the instruments: what a provider has to tell beyond its forecasts.
    sensitivity
        The run under other assumptions, from :func:`macrotrade.strategy.sensitivity.sensitivity`: a section in place of
        the short table, and every row of it in the results.

    Examples
    --------
    ::

        make_report(backtest, [Section("Weights through time", figure)]).save("out")
    """
    cast, judgement = cast_of(backtest), judge(backtest)
    further = (*sections, *((sensitivity_section(sensitivity, backtest),) if sensitivity is not None else ()))
    told = contents(backtest, cast, judgement, further)
    title, opening = backtest.strategy.name, lead(backtest, cast)
    title = title[:1].upper() + title[1:]
    return Report(
        title=title,
        html=page(title, opening, told),
        markdown=markdown(title, opening, told),
        results=results(backtest, cast, judgement, sensitivity),
    )
