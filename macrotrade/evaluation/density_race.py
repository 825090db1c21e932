"""Whose distributions were best, and whose meant what they said? Density scores of several providers side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from macrotrade._typing import FloatArray
from macrotrade.errors import SettingsError, near_misses
from macrotrade.evaluation.comparison import diebold_mariano
from macrotrade.evaluation.density import density_summary
from macrotrade.evaluation.losses import WHOLE, Window, cells, within

__all__ = ["density_gains", "density_race", "shared_scores"]


def density_race(forecasts: pd.DataFrame, base: str, windows: Sequence[Window] = WHOLE) -> pd.DataFrame:
    """Density scores of every provider on every series, horizon and window, beside those of the base.

    Columns: provider, series, horizon, window; the figures of
    :func:`macrotrade.evaluation.density.density_summary`; crps_ratio (CRPS over that of the base, below 1 is better)
    and log_score_gain (log score of the base less the provider's, above 0 is better), each with the one-sided p-value
    of Diebold and Mariano's test on that score: ``crps_p_value``, ``log_score_p_value`` (the unweighted test of Amisano
    and Giacomini, 2007); note, the reasons where a number is missing.

    Parameters
    ----------
    forecasts
        Tidy, with columns crps, log_score and pit of :func:`macrotrade.evaluation.density.density_scores`.
    base
        Provider that the others are compared with.
    windows
        Periods forecast that count.
    """
    providers = _providers(forecasts, base)
    shared = {window.name: shared_scores(within(forecasts, window)) for window in windows}
    rows = []
    for series, window, horizon in cells(forecasts, windows):
        scores = shared[window.name]
        cell = scores[(scores["series"] == series) & (scores["horizon"] == horizon)]
        by_provider = {str(name): part.sort_values("as_of") for name, part in cell.groupby("provider", sort=False)}
        for provider in providers:
            ours, theirs = by_provider.get(provider, cell.iloc[:0]), by_provider.get(base, cell.iloc[:0])
            figures = _figures(ours)
            compared, reasons = ({}, ()) if provider == base else _against(ours, theirs, base, horizon)
            note = "; ".join(filter(None, dict.fromkeys((str(figures.pop("note")), *reasons))))
            key = {"provider": provider, "series": series, "horizon": horizon, "window": window.name}
            rows.append({**key, **figures, **compared, "note": note})
    table = pd.DataFrame(rows)
    return table.reindex(columns=[*table.columns.drop([*_COMPARED, "note"], errors="ignore"), *_COMPARED, "note"])


def density_gains(forecasts: pd.DataFrame, base: str) -> pd.DataFrame:
    """Mean gains in density scores over many series, every series alike, rows (provider, horizon).

    Columns: crps, the mean of 100 (1 - CRPS / CRPS of the base); log_score, the mean of the base's log score less the
    provider's, infinite or NaN where one of them forecasts points without spread. Only origins that all share count.

    Parameters
    ----------
    forecasts, base
        As in :func:`density_race`.
    """
    _providers(forecasts, base)
    mean = shared_scores(forecasts).groupby(["provider", "horizon", "series"])[["crps", "log_score"]].mean()
    ours = mean[mean.index.get_level_values("provider") != base]
    theirs = mean[mean.index.get_level_values("provider") == base].droplevel("provider")
    theirs = theirs.reindex([key[1:] for key in ours.index.to_flat_index()])
    crps, log_score = _array(theirs["crps"]), _array(theirs["log_score"])
    gain = {
        "crps": 100.0 * (1.0 - ours["crps"] / np.where(crps > 0.0, crps, np.nan)),
        "log_score": _less(log_score, _array(ours["log_score"])),
    }
    return pd.DataFrame(gain, index=ours.index).groupby(level=["provider", "horizon"], sort=False).mean()


def shared_scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Rows whose outcome is known, at origins from which all providers that ever forecast this series and horizon did.

    `forecasts` are tidy and have a column pit, missing where the outcome is.
    """
    known = forecasts[forecasts["pit"].notna()]
    ever = known.groupby(["series", "horizon"])["provider"].transform("nunique")
    here = known.groupby(["series", "horizon", "as_of"])["provider"].transform("nunique")
    return known[here == ever]


_COMPARED = ["crps_ratio", "crps_p_value", "log_score_gain", "log_score_p_value"]


def _providers(forecasts: pd.DataFrame, base: str) -> list[str]:
    providers = [str(name) for name in pd.unique(forecasts["provider"])]
    if base not in providers:
        raise SettingsError(f"{base!r} made no forecast. {near_misses(base, providers)}")
    return providers


def _figures(rows: pd.DataFrame) -> dict[str, object]:
    """Summary of one provider's rows of one cell."""
    if rows.empty:
        return {"n": 0, "note": "no forecast with a known outcome in this window"}
    summary = density_summary(rows, by=["provider"]).drop(columns="provider")
    return {str(name): value for name, value in summary.iloc[0].items()}


def _against(
    ours: pd.DataFrame, theirs: pd.DataFrame, base: str, horizon: int
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Ratio, gain and their p-values, and reasons where there are none; rows of the same origins in their order."""
    if ours.empty or theirs.empty:
        return {}, () if ours.empty else (f"no forecasts of {base} in this window",)
    crps, log_score = ((_array(theirs[name]), _array(ours[name])) for name in ("crps", "log_score"))
    base_mean = float(crps[0].mean())
    found = {"crps_ratio": float(crps[1].mean()) / base_mean if base_mean > 0.0 else float("nan")}
    found["log_score_gain"] = float(_less(*log_score).mean())
    reasons = [] if base_mean > 0.0 else [f"the CRPS of {base} is zero"]
    for name, words, (of_base, of_provider) in (("crps", "CRPS", crps), ("log_score", "log score", log_score)):
        finite = np.isfinite(of_base) & np.isfinite(of_provider)
        base_loss, loss = (np.where(finite, scores, np.nan) for scores in (of_base, of_provider))
        verdict = diebold_mariano(base_loss, loss, horizon, alternative="greater")
        found[f"{name}_p_value"] = verdict.p_value
        reasons += [f"{words}: {verdict.note}"] if verdict.note else []
    return found, tuple(reasons)


def _array(values: pd.Series) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _less(base: FloatArray, other: FloatArray) -> FloatArray:
    """Base less the other; NaN without a warning where both are infinite."""
    with np.errstate(invalid="ignore"):
        return np.asarray(base - other)
