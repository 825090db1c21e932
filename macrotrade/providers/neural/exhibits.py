"""What neural ensembles show of themselves: how members ended, an LSTM's factors, and what forecasts rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from macrotrade.errors import FitError
from macrotrade.forecast import Exhibit
from macrotrade.providers.neural.attribution import GradientAttribution, permutation_attribution
from macrotrade.providers.neural.factors import Factors, lstm_factors
from macrotrade.providers.neural.forecaster import NeuralForecaster
from macrotrade.providers.neural.held_out import HeldOut, held_out
from macrotrade.providers.neural.loadings import loadings_by_group, most_loaded
from macrotrade.providers.neural.network import Network

__all__ = [
    "exhibits",
    "factor_exhibit",
    "gradient_exhibit",
    "loading_exhibits",
    "permutation_exhibit",
    "training_table",
]

_REPEATS = 5
_MOST_FACTORS = 4
_IN_WORDS = {
    "output_income": "output and income",
    "labor": "labor market",
    "consumption_orders": "consumption, orders",
    "money_credit": "money and credit",
    "rates_fx": "rates, exchange rates",
    "stock_market": "stock market",
    "market": "bond prices",
    "": "no group",
}


def exhibits(forecaster: NeuralForecaster) -> tuple[Exhibit, ...]:
    """How members ended; and of the first series, as few periods ahead as is forecast, factors and what they rest on.

    Of several architectures, one with an LSTM is looked into where there is one. Other ensembles are looked into by
    calling what is called here, for members held out of them are trained again.
    """
    label = next((one.label for one in forecaster.architectures if one.architecture.in_order), None)
    try:
        inside = _looked_into(held_out(forecaster, label=label))
    except FitError as error:
        inside = (Exhibit(f"Not looked into: {forecaster.fitted[0].name}", "text", text=str(error)),)
    return (_training(forecaster), *inside)


def training_table(forecaster: NeuralForecaster) -> pd.DataFrame:
    """A row for each ensemble: what was trained, and the spread over its members of the last epoch's loss.

    Columns: series, steps, network, members, parameters, epochs, loss_10, loss_50, loss_90 (quantiles over members of
    the mean squared error in scaled units) and scale (standard deviation of a member's Gaussian, in the measure's
    units).
    """
    rows = [
        (
            series.name,
            step,
            named.label,
            ensemble.n_members,
            ensemble.weights.shape[1],
            forecaster.settings.training.epochs,
            *np.quantile(ensemble.losses, [0.1, 0.5, 0.9]).tolist(),
            ensemble.scale,
        )
        for series in forecaster.fitted
        for step, ensembles in series.ensembles.items()
        for named, ensemble in zip(forecaster.architectures, ensembles, strict=True)
    ]
    columns = [
        "series",
        "steps",
        "network",
        "members",
        "parameters",
        "epochs",
        "loss_10",
        "loss_50",
        "loss_90",
        "scale",
    ]
    return pd.DataFrame(rows, columns=columns)


def factor_exhibit(factors: Factors) -> Exhibit:
    """Factors against the series that is forecast, each in standard deviations from its mean.

    A factor's sign means nothing: it is turned so that it goes with the series.
    """
    name = f"{factors.series}, change over a year"
    shown = factors.states.iloc[:, :_MOST_FACTORS].assign(**{name: factors.over_a_year})
    shown = (shown - shown.mean()) / shown.std().replace(0.0, 1.0)
    signs = np.where(shown.corrwith(shown[name]) < 0.0, -1.0, 1.0)
    left_out = factors.states.shape[1] - _MOST_FACTORS
    note = (
        f"Last states of the LSTM of {factors.label}, of the member with the least error on the last fifth of rows, "
        "which it was not trained on. All lines are in standard deviations from their means, factors with the sign "
        "that goes with the series"
    )
    note += f"; {left_out} more are not drawn" if left_out > 0 else ""
    title = f"Factors of {factors.series}"
    return Exhibit(title, "lines", shown * signs, "Standard deviations", note, recessions=True)


def loading_exhibits(factors: Factors) -> tuple[Exhibit, ...]:
    """Squared correlations by group, and the twenty series with the largest."""
    table = loadings_by_group(factors).rename(columns=_in_words)
    top = most_loaded(factors)
    bars = pd.DataFrame({"value": top["loading"], "group": [_in_words(name) for name in top["group"]]}, top.index)
    note = (
        "Squared correlation of the factors (f) with each series, averaged over its group; beside principal components "
        "(PC) of the same series. Read down a column: what the factor goes with"
    )
    return (
        Exhibit(f"Loadings by group, {factors.series}", "heatmap", table.T, note=note),
        Exhibit(
            f"Series that the factors go with, {factors.series}",
            "bars",
            bars,
            "Squared correlation",
            "The twenty series with the largest squared correlation, averaged over the factors",
        ),
    )


def permutation_exhibit(held: HeldOut, n_repeats: int = _REPEATS) -> Exhibit:
    """How much worse forecasts are when a group is moved to another time."""
    found = permutation_attribution(held, "group", n_repeats).rename(index=_in_words)
    percent, deviation = 100.0 * found["loss_change"], 100.0 * found["deviation"]
    bars = pd.DataFrame(
        {"value": percent, "low": percent - deviation, "high": percent + deviation, "n_series": found["n_series"]}
    )
    note = (
        f"{held.label}: change of the mean squared error on the {held.unseen.size} rows not trained on when all "
        f"series of a group are turned round in time; whiskers are one standard deviation over {n_repeats} turns. "
        "About zero or below: nothing was learned from the group that holds there"
    )
    axis = "Loss change, %"
    return Exhibit(f"What forecasts of {held.series} rest on", "bars", bars.rename_axis("group"), axis, note)


def gradient_exhibit(found: GradientAttribution) -> Exhibit:
    """Parts of the last forecast by group."""
    parts = found.by_group.iloc[-1].rename(index=_in_words)
    ordered = parts.reindex(parts.abs().sort_values(ascending=False).index)
    note = (
        f"{found.label} forecasts {found.forecast.iloc[-1]:.4g}, from average inputs {found.of_averages:.4g}; the bars "
        f"sum to the difference but for {found.remainder.iloc[-1]:.1g} (integrated gradients)"
    )
    return Exhibit(
        f"Parts of the forecast of {found.series}", "bars", ordered.to_frame("value"), "In the forecast's units", note
    )


def _training(forecaster: NeuralForecaster) -> Exhibit:
    training = forecaster.settings.training
    batch = "all rows in a step" if training.batch is None else f"{training.batch} rows in a step"
    note = (
        f"Trained to {_last(forecaster)} by Adam, learning rate {training.learning_rate:g}, {batch}. Losses are mean "
        "squared errors of the last epoch on rows that span [-1, 1], the tenth, half and nine tenths of members lying "
        "below; the scale is in the units of the forecast"
    )
    return Exhibit("Training", "table", training_table(forecaster), note=note)


def _last(forecaster: NeuralForecaster) -> str:
    """Last known period of each series, once where it is the same."""
    return " and ".join(dict.fromkeys(series.last for series in forecaster.fitted))


def _looked_into(held: HeldOut) -> tuple[Exhibit, ...]:
    shown: tuple[Exhibit, ...] = ()
    if isinstance(held.ensemble.network, Network) and held.ensemble.network.factors:
        factors = lstm_factors(held)
        through_time = (factor_exhibit(factors),) if held.frequency != "D" else ()
        shown = (*through_time, *loading_exhibits(factors))
    return (*shown, permutation_exhibit(held))


def _in_words(group: str) -> str:
    return _IN_WORDS.get(group, group.replace("_", " "))
