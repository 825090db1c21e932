"""The page: sections drawn as one HTML file that asks nothing of the network."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from macrotrade import __version__
from macrotrade.errors import DataError
from macrotrade.report.colours import DARK
from macrotrade.report.parts import Figure, Section
from macrotrade.report.words import with_error

__all__ = ["page"]

_FOLDER = Path(__file__).parent


def page(title: str, lead: str, sections: tuple[Section, ...], kind: str = "backtest report") -> str:
    """HTML of a report; plotly, styles and script are inside it, so it opens from disk and travels by mail."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    environment.globals.update(
        with_error=with_error,
        sort_key=sort_key,
        figure_json=_figure_json,
        figure_id=_numbered("figure"),
        choice_id=_numbered("choice"),
        form_of=lambda part: type(part).__name__,
    )
    return environment.get_template("page.html.jinja").render(
        title=title,
        lead=lead,
        kind=kind,
        sections=sections,
        version=__version__,
        css=Markup(_read("page.css")),
        script=Markup(_read("page.js")),
        plotly=Markup(_plotly_script()),
        dark=Markup(json.dumps(DARK)),
    )


def sort_key(value: Any) -> str:
    """What a table sorts by: the bare number, an ISO date, or the words; empty where missing.

    >>> sort_key(0.25), sort_key(None), sort_key("ZN")
    ('0.25', '', 'ZN')
    """
    if value is None or (not isinstance(value, (str, tuple, list)) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y%m%d")
    return repr(float(value)) if isinstance(value, (int, float)) else str(value)


def _figure_json(figure: Figure) -> Markup:
    """Figure as JSON that may stand inside a script element."""
    spec = figure.figure if isinstance(figure.figure, dict) else json.loads(figure.figure.to_json())
    layout = {key: value for key, value in spec["layout"].items() if key != "template"}
    text = json.dumps({"data": spec["data"], "layout": layout}, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("</", "<\\/"))


def _numbered(stem: str) -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{stem}-{next(numbers)}"


def _plotly_script() -> str:
    """What draws figures in a browser, read from the installed plotly, whose import costs more than the page."""
    found = find_spec("plotly")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        script = Path(folder) / "package_data" / "plotly.min.js"
        if script.exists():
            return script.read_text(encoding="utf-8")
    raise DataError("The script plotly.min.js is not in the installed plotly; reinstall it: pip install plotly.")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
