"""The machine-built forecasting system and its Bayesian model average, after arrays.

One equation for each series is built without human hands: converted to white noise, screened for Granger causality,
selected forward and deleted backward by a cross-validated information criterion, solved simultaneously, and averaged
with two autoregressions.

    system = build_system(levels, names, SystemSettings(), first_season=0, start=468)
    print(system.equation("HOUSTNE"))
    result = average(system, levels, n_horizons=6, members=MAS)
    result.levels, result.weights, result.forecasts[0].cuts

`levels` is (n_periods, n_series) of reported numbers, NaN where unknown; its last row is the origin's period, late
series simply end in NaN. `forecast(system, levels, 6)` gives the machine member alone (`SystemForecast`).

===========================  =========================================================================
`SystemSettings`             every choice, the published one as default
`build_system` -> `System`   ``names``, ``equations``, ``candidates(name)``, ``links()``, ``left_out``,
                             ``imputed``, ``twins``, ``cuts``, ``dynamic_radius``, ``appearances()``
`Equation`                   ``str()``, ``table()``, ``to_latex()``, ``terms`` of `Term`
`forecast`                   ``levels``, ``scales``, ``edge_levels``, ``solution``, ``replacements``
`average`                    members' forecasts and weights; `MACHINE`, `MA`, `MAS`
`solve_callables`            Gauss-Seidel over any callables
===========================  =========================================================================
"""

from macrotrade.providers.bma.averaging import MA, MACHINE, MAS, AveragedForecast, average, posterior_weights
from macrotrade.providers.bma.conversion import Conversion, choose_conversions
from macrotrade.providers.bma.equation import Equation, Term, TermRow
from macrotrade.providers.bma.forecasting import SystemForecast, forecast
from macrotrade.providers.bma.guard import Cut, Replacement
from macrotrade.providers.bma.sample import Imputed, LeftOut, Sample, Twin
from macrotrade.providers.bma.screen import Screen, screen_causes
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.solving import LoopHealth, Solution, loop_health, solve_callables, solve_linear
from macrotrade.providers.bma.system import Link, System, build_system

__all__ = [
    "MA",
    "MACHINE",
    "MAS",
    "AveragedForecast",
    "Conversion",
    "Cut",
    "Equation",
    "Imputed",
    "LeftOut",
    "Link",
    "LoopHealth",
    "Replacement",
    "Sample",
    "Screen",
    "Solution",
    "System",
    "SystemForecast",
    "SystemSettings",
    "Term",
    "TermRow",
    "Twin",
    "average",
    "build_system",
    "choose_conversions",
    "forecast",
    "loop_health",
    "posterior_weights",
    "screen_causes",
    "solve_callables",
    "solve_linear",
]
