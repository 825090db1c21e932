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

On panels the same is a provider, `BMA` or `Machine`, whose fit is a `BMAForecaster`:

    provider = BMA(members="mas", start="1998-01", system={"criterion": "bic"})
    forecaster = provider.fit(panel, Target(("DGS10", "HOUST"), (1, 2, 6)))
    forecaster.forecast(panel), forecaster.system.equation("HOUST"), forecaster.exhibits()

===========================================  =========================================================
`what_changed` -> `SystemChange`             this month's system against last month's
`explain_change` -> `ForecastChange`         why a forecast changed, in parts that sum to the change
`save_forecaster`, `load_forecaster`,
`save_system`, `load_system`                 one file, read back to the bit
===========================================  =========================================================
"""

from macrotrade.providers.bma.averaging import MA, MACHINE, MAS, AveragedForecast, average, posterior_weights
from macrotrade.providers.bma.changes import SystemChange, what_changed
from macrotrade.providers.bma.conversion import Conversion, choose_conversions
from macrotrade.providers.bma.equation import Equation, Term, TermRow
from macrotrade.providers.bma.explain import explain_change
from macrotrade.providers.bma.explanation import ForecastChange, Part
from macrotrade.providers.bma.forecaster import BMAForecaster
from macrotrade.providers.bma.forecasting import SystemForecast, forecast
from macrotrade.providers.bma.guard import Cut, Replacement
from macrotrade.providers.bma.provider import BMA, Machine
from macrotrade.providers.bma.sample import Imputed, LeftOut, Sample, Twin
from macrotrade.providers.bma.screen import Screen, screen_causes
from macrotrade.providers.bma.settings import SystemSettings
from macrotrade.providers.bma.solving import LoopHealth, Solution, loop_health, solve_callables, solve_linear
from macrotrade.providers.bma.store import load_forecaster, load_system, save_forecaster, save_system
from macrotrade.providers.bma.system import Link, System, build_system

__all__ = [
    "BMA",
    "MA",
    "MACHINE",
    "MAS",
    "AveragedForecast",
    "BMAForecaster",
    "Conversion",
    "Cut",
    "Equation",
    "ForecastChange",
    "Imputed",
    "LeftOut",
    "Link",
    "LoopHealth",
    "Machine",
    "Part",
    "Replacement",
    "Sample",
    "Screen",
    "Solution",
    "System",
    "SystemChange",
    "SystemForecast",
    "SystemSettings",
    "Term",
    "TermRow",
    "Twin",
    "average",
    "build_system",
    "choose_conversions",
    "explain_change",
    "forecast",
    "load_forecaster",
    "load_system",
    "loop_health",
    "posterior_weights",
    "save_forecaster",
    "save_system",
    "screen_causes",
    "solve_callables",
    "solve_linear",
    "what_changed",
]
