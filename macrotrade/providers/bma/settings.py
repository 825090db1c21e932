"""Every choice of the machine-built system, with the published choice as default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from macrotrade.errors import SettingsError

__all__ = ["Bidirectional", "ConversionRule", "Criterion", "FirstBlock", "Selection", "SystemSettings"]

Criterion = Literal["bica", "bic", "aic"]
Bidirectional = Literal["weaker_dropped", "allowed"]
Selection = Literal["residual", "joint"]
FirstBlock = Literal["always", "if_better"]
ConversionRule = Literal["white_noise", "least_autocorrelation"]


@dataclass(frozen=True)
class SystemSettings:
    """How a system is converted, screened, built, solved and guarded.

    Parameters
    ----------
    season_length
        Periods in a year: 12 for monthly data, 4 for quarterly. 1 means no seasons.
    n_lags
        Own lags in every starting equation, lags in the causality test, and autocorrelations in the
        white-noise test.
    block_lags
        Last lag of a candidate's block, which runs from lag 0 (the same period) to this lag.
    conversion_rule
        ``"white_noise"`` takes the first of levels, differences, logs, log differences whose
        autocorrelations stay inside the band. ``"least_autocorrelation"`` takes logs where a trend in
        logs is significant, then the form with the smallest sum of absolute autocorrelations: the
        alternative that the authors tried and dropped.
    max_difference_order
        Highest order of differencing. The authors tried up to four and kept one.
    significance
        Level at which a causality test passes, 0.99 in the paper (0.90 and 0.95 were compared).
    bidirectional
        ``"weaker_dropped"`` keeps only the direction with the larger F where both pass (a tie drops
        both); ``"allowed"`` keeps both.
    criterion
        ``"bica"`` ln(RSS/(n-k)) + k ln(n)/n, ``"bic"`` ln(RSS/n) + k ln(n)/n, ``"aic"`` ln(RSS/n) + 2k/n.
    folds
        Counts of contiguous folds. Building runs once with each; the lower cross-validated RSS wins.
    selection
        ``"residual"`` judges the next block on the current equation's residuals; ``"joint"`` judges the
        re-estimated joint equation.
    first_block
        Whether the best first block enters only ``"if_better"``, as every later block does, or ``"always"``, which a
        literal reading of the paper allows and which makes equations about twice as long.
    max_parameter_share
        Forward selection pauses when parameters exceed this share of the observations.
    seasonal, trend, final_in_sample_deletion
        Whether the three closing steps are taken.
    min_observations
        Fewest usable rows (after differencing and lagging) from which a system may be built.
    max_delay
        Longest ragged edge: a series whose last value is more than this many periods before the panel's
        last row is left out, since the estimation window ends where the latest series ends.
    tolerance, max_sweeps
        Gauss-Seidel stops when no value, in standard deviations of its series, moves by more than
        ``tolerance``, or after ``max_sweeps``.
    max_condition
        Largest condition number of I - A0, in standardised units, that the guard accepts.
    plausible_change
        A forecast is plausible while its change over h periods stays within this multiple of the largest
        change over h periods in the series' own history; in levels, and of a series converted by logs also in logs.
        (A rate near zero moves far in logs: without the levels a bill rate of 0.3 could be forecast at 338.)
    max_cuts
        Links that the guard may cut while answering one implausible forecast.
    """

    season_length: int = 12
    n_lags: int = 12
    block_lags: int = 12
    conversion_rule: ConversionRule = "white_noise"
    max_difference_order: int = 1
    significance: float = 0.99
    bidirectional: Bidirectional = "weaker_dropped"
    criterion: Criterion = "bica"
    folds: tuple[int, ...] = (4, 10)
    selection: Selection = "residual"
    first_block: FirstBlock = "if_better"
    max_parameter_share: float = 0.25
    seasonal: bool = True
    trend: bool = True
    final_in_sample_deletion: bool = True
    min_observations: int = 40
    max_delay: int = 3
    tolerance: float = 1e-13
    max_sweeps: int = 1000
    max_condition: float = 1e4
    plausible_change: float = 2.0
    max_cuts: int = 20

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise SettingsError(f"{name} must be one of {', '.join(choices)}; it is {getattr(self, name)!r}.")
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}; it is {getattr(self, name)!r}.")
        if not 0.0 < self.significance < 1.0:
            raise SettingsError(f"significance lies between 0 and 1; it is {self.significance!r}.")
        if not self.folds or min(self.folds) < 2:
            raise SettingsError(f"folds needs one or more counts of at least 2; it is {self.folds!r}.")

    @property
    def presample(self) -> int:
        """Converted rows used up by lags before the first row of an equation."""
        return max(self.n_lags, self.block_lags)


_CHOICES: dict[str, tuple[str, ...]] = {
    "criterion": get_args(Criterion),
    "bidirectional": get_args(Bidirectional),
    "selection": get_args(Selection),
    "first_block": get_args(FirstBlock),
    "conversion_rule": get_args(ConversionRule),
}

_LEAST: dict[str, float] = {
    "season_length": 1,
    "n_lags": 1,
    "block_lags": 0,
    "max_difference_order": 1,
    "max_parameter_share": 0.0,
    "min_observations": 20,
    "max_delay": 0,
    "tolerance": 0.0,
    "max_sweeps": 1,
    "max_condition": 1.0,
    "plausible_change": 0.0,
    "max_cuts": 0,
}
