"""Discovered equations as tables: the ranking, changes of a draft, recursive paths, and the published exercise."""

from __future__ import annotations

import pandas as pd

from macrotrade.providers.equations.discovery import Discovery
from macrotrade.providers.equations.published_table import PublishedTable
from macrotrade.providers.equations.recursion import Recursion
from macrotrade.providers.equations.revision import Revision

__all__ = ["edits_frame", "path_frame", "published_frame", "ranked_frame"]


def ranked_frame(discovery: Discovery, n_most: int) -> pd.DataFrame:
    """The best equations: place, scores from rolling origins and BIC, whether vetoed, and text."""
    rows = []
    for place, one in enumerate(discovery.ranked[:n_most], start=1):
        scores = {name: f"{one.scores[name]:.4g}" for name in ("recursive", "one_step", "bic") if name in one.scores}
        rows.append({"place": place, **scores, "veto": "vetoed" if one.veto else "", "equation": str(one.equation)})
    return pd.DataFrame(rows).set_index("place")


def edits_frame(revision: Revision, n_most: int) -> pd.DataFrame:
    """The best changes: what was changed, the share of squared error it takes away, its gain in BIC, and the text."""
    rows = [
        {
            "changes": "; ".join(edit.changes),
            "gain": f"{edit.gain:.1%}",
            "BIC gain": f"{edit.bic_gain:.2f}",
            "equation": str(edit.equation),
        }
        for edit in revision.edits[:n_most]
    ]
    return pd.DataFrame(rows, columns=["changes", "gain", "BIC gain", "equation"]).set_index("changes")


def path_frame(found: Recursion) -> pd.DataFrame:
    """A row a period: the forecast of each target and its autoregression."""
    columns = {name: found.paths[name].map("{:.4g}".format) for name in found.paths}
    columns |= {f"{name}, autoregression": found.anchor_paths[name].map("{:.4g}".format) for name in found.anchor_paths}
    return pd.DataFrame(columns).rename_axis("period")


def published_frame(found: PublishedTable) -> pd.DataFrame:
    """The table with plain headings, three decimals."""
    flat = found.table.copy()
    flat.columns = [" ".join(pair) for pair in flat.columns]
    return flat.map("{:.3f}".format).rename_axis("equation")
