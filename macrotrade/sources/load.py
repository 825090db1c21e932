"""A History by the name of its source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from macrotrade.errors import SettingsError, near_misses
from macrotrade.panel.vintages import History

if TYPE_CHECKING:
    from macrotrade.sources.cache.plan import LivePlan

__all__ = ["SOURCES", "load"]

SOURCES: dict[str, str] = {
    "embedded": "FRED-MD, Treasury curve, S&P 500 and sectoral balances shipped with the package; pseudo vintages",
    "euro-area": "the Area Wide Model database shipped with the package, quarterly; pseudo vintages",
    "fred-md": "FRED-MD vintage files: one CSV, a folder or zip of them, or a Parquet of intervals; true vintages",
    "live": "what 'macrotrade data update' has fetched of FRED-MD, FRED and Yahoo, read from the cache; true vintages",
    "macro": "a CSV of one's own, any country, with a TOML of the same name beside it; pseudo vintages",
    "synthetic": "a small economy whose truth is known, for trying things out",
}
"""Sources by name, in words."""

_NEED_PATH = ("fred-md", "macro")


def load(
    source: str = "embedded",
    path: str | Path | None = None,
    *,
    prices: Mapping[str, str | Path] | None = None,
    yields: Mapping[str, str | Path] | None = None,
    live: LivePlan | None = None,
) -> History:
    """History from a source by name, or from a file or folder of FRED-MD vintages by its path.

    Parameters
    ----------
    source
        A name in :data:`SOURCES`, or the path of FRED-MD vintages.
    path
        File or folder, where the source needs one; for ``live`` the folder of the cache, where it is not the usual one.
    prices, yields
        Symbol or series to file: market data of one's own, which replace or join the source's; see
        :func:`macrotrade.sources.market_files.with_market_files`.
    live
        Which tables of the cache to use, for the source ``live``; all by default.

    Notes
    -----
    FRED-MD vintages are joined by the market data that ship with the package, and renamed series carry their present
    name through all vintages.

    Raises
    ------
    SettingsError
        For a name that is neither a source nor a path.
    DataError
        Naming file, series, date and remedy, if the numbers are not what they must be.

    Examples
    --------
    >>> load("embeded")
    Traceback (most recent call last):
    macrotrade.errors.SettingsError: No source or path 'embeded'. Did you mean 'embedded'?
    """
    history = _history(source, path, live)
    if not prices and not yields:
        return history
    from macrotrade.sources.market_files import with_market_files

    return with_market_files(history, prices, yields)


def _history(source: str, path: str | Path | None, live: LivePlan | None) -> History:
    if source in _NEED_PATH and path is None:
        raise SettingsError(f"Source {source!r} needs a path: {SOURCES[source]}.")
    if source == "embedded":
        from macrotrade.sources.embedded import load_embedded

        return load_embedded()
    if source == "euro-area":
        from macrotrade.sources.euro_area import load_euro_area

        return load_euro_area()
    if source == "live":
        from macrotrade.sources.cache.live import load_live

        return load_live(path, live)
    if source == "synthetic":
        from macrotrade.sources.synthetic import synthetic_economy

        return synthetic_economy().history
    if source == "macro" and path is not None:
        from macrotrade.sources.macro_file import load_macro_file

        return load_macro_file(path)
    if source == "fred-md" or Path(source).exists():
        return _vintages(Path(path if path is not None else source))
    raise SettingsError(f"No source or path {source!r}. {near_misses(source, SOURCES)}")


def _vintages(path: Path) -> History:
    from macrotrade.sources.embedded import embedded_market
    from macrotrade.sources.fred_md import load_fred_md
    from macrotrade.sources.fred_md_names import RENAMED

    market = embedded_market()
    return load_fred_md(path, rename=RENAMED, market=market.frame, market_info=market.info)
