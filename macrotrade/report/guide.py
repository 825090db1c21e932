"""How to read a report: what each number means, and what is left out."""

from __future__ import annotations

from macrotrade.report.parts import Words

__all__ = ["guide"]

_TERMS = {
    "Timing": (
        "A decision uses what was public by the end of its day, closing prices included. Its order is filled, and its "
        "cost paid, at the close of the last session on or before that day: the very close that the forecast has read, "
        "which a trader could meet only nearly. The position earns from the next session on, until the next decision. "
        "A strategy that sets a delay is filled that many sessions later; 'Filled a session later', among the "
        "sensitivities, tells what one more session would have left."
    ),
    "Long/flat, long/short": (
        "Long/flat holds 1 when a rise is likelier than a fall, else nothing. Long/short holds 1 or -1."
    ),
    "Efficiency": (
        "Annualised return over annualised volatility. It is not the Sharpe ratio: bills are not subtracted. For "
        "Treasury futures, whose returns are already in excess of bills, the two nearly agree."
    ),
    "Sharpe ratio and its error": (
        "Mean return over its standard deviation, annualised, with bills subtracted only where the column of "
        "excess returns is shown: Treasury instruments are in excess of bills already, the S&P 500 is not. Twenty"
        " years leave a standard error near 0.22, so most strategies of this kind are not told apart by their "
        "ratios."
    ),
    "Hit rate and base rate": (
        "The share of calls with the right sign, and the share that always calling the commoner direction would "
        "have had, which is known only afterwards. A hit rate means something only above its base rate. It is not "
        "profit: being right in quiet months and wrong in large ones loses money."
    ),
    "Robust p-value": (
        "Probability of an association this strong if there were none, allowing for persistence in forecasts and "
        "outcomes. Among twenty such tests, one falls below 5% by chance."
    ),
    "Deflated Sharpe ratio": (
        "Probability that the true Sharpe ratio lies above what the best of all the run's trials would be expected to "
        "show if none had skill. Half is no evidence. A trial is a provider with a rule on an instrument."
    ),
    "Probability of overfitting": (
        "How often the trial that was best on half of the months falls below the middle on the other half, over all "
        "ways of cutting the months into two halves of eight blocks each."
    ),
    "Interval for a difference": (
        "Sessions are drawn again in blocks, strategy and benchmark together, so that what moves both does not "
        "count as a difference."
    ),
    "Drawdown": ("Fall from the highest value so far. Monthly points in the figure are the deepest of their month."),
    "Benchmarks": (
        "Buy and hold; always short; 12-1 momentum (Jegadeesh and Titman, 1993); for Treasuries the sign of carry"
        " and roll-down over the bill rate; and traders who toss coins."
    ),
    "What is not here": (
        "Taxes, dividends of the S&P 500 index, interest on margin, market impact, and the cost of data. Fills "
        "are assumed at the close that the decision has read (see Timing). The choice of providers and rules was made "
        "with today's knowledge."
    ),
}


def guide() -> Words:
    """Terms of the page with their definitions."""
    return Words(terms=_TERMS)
