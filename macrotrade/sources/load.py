"""A History by the name of its source."""

from __future__ import annotations

from pathlib import Path

from macrotrade.errors import SettingsError, near_misses
from macrotrade.panel.vintages import History

__all__ = ["SOURCES", "load"]

SOURCES: dict[str, str] = {
    "embedded": "FRED-MD, Treasury curve, S&P 500 and sectoral balances shipped with the package; pseudo vintages",
    "fred-md": "FRED-MD vintage files: one CSV, a folder or zip of them, or a Parquet of intervals; true vintages",
    "synthetic": "a small economy whose truth is known, for trying things out",
}
"""Sources by name, in words."""


def load(source: str = "embedded", path: str | Path | None = None) -> History:
    """History from a source by name, or from a file or folder of FRED-MD vintages by its path.

    Parameters
    ----------
    source
        A name in :data:`SOURCES`, or a path.
    path
        File or folder, where the source needs one.

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
    if source == "embedded":
        from macrotrade.sources.embedded import load_embedded

        return load_embedded()
    if source == "synthetic":
        from macrotrade.sources.synthetic import synthetic_economy

        return synthetic_economy().history
    if source == "fred-md" and path is None:
        raise SettingsError(
            "Source 'fred-md' needs the path of a vintage file, a folder of them, a zip or a Parquet file."
        )
    if source == "fred-md" or Path(source).exists():
        from macrotrade.sources.fred_md import load_fred_md

        return load_fred_md(Path(path if path is not None else source))
    raise SettingsError(f"No source or path {source!r}. {near_misses(source, SOURCES)}")
