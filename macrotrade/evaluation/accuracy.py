"""How far forecasts were from what came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade.errors import SettingsError, near_misses

__all__ = ["accuracy"]

_SERIES = ["series", "measure", "horizon"]


def accuracy(forecasts: pd.DataFrame, base: str | None = None) -> pd.DataFrame:
    """n, rmse, mae, bias and the ratios to a base provider, a row for each (provider, series, measure, horizon).

    Errors are outcome - point, in the units of the measure; a positive bias is a forecast too low. Ratios compare the
    same origins: those where both the provider and the base have a forecast and the outcome is known; below 1 the
    provider is the more accurate. Rows whose outcome is unknown are left out; with none left a figure is NaN.

    Parameters
    ----------
    forecasts
        Tidy, columns provider, as_of, series, measure, horizon, point, outcome.
    base
        Provider at the base of rmse_ratio and mae_ratio; None leaves them out.

    Raises
    ------
    SettingsError
        If `base` made none of the forecasts.
    """
    keys = ["provider", *_SERIES]
    errors = forecasts[[*keys, "as_of"]].assign(error=forecasts["outcome"] - forecasts["point"])
    table = _figures(errors, keys)
    if base is None:
        return table
    providers = sorted(map(str, forecasts["provider"].unique()))
    if base not in providers:
        raise SettingsError(f"base={base!r} made no forecast. {near_misses(base, providers)}")
    of_base = errors.loc[errors["provider"] == base, [*_SERIES, "as_of", "error"]]
    pairs = errors.merge(of_base, on=[*_SERIES, "as_of"], suffixes=("", "_of_base")).dropna()
    ours = _figures(pairs, keys)
    theirs = _figures(pairs.assign(error=pairs["error_of_base"]), keys)
    ratios = pd.DataFrame(
        {f"{name}_ratio": ours[name] / theirs[name].where(theirs[name] > 0) for name in ("rmse", "mae")}
    )
    return table.join(ratios)


def _figures(errors: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    known = errors.assign(square=errors["error"] ** 2, size=errors["error"].abs()).groupby(keys, sort=False)
    return pd.DataFrame(
        {
            "n": known["error"].count(),
            "rmse": np.sqrt(known["square"].mean()),
            "mae": known["size"].mean(),
            "bias": known["error"].mean(),
        }
    )
