"""Commands that say what to hold now, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from macrotrade.cli.app import app
from macrotrade.cli.options import AsOf, Json, StrategyFile, day
from macrotrade.cli.screen import show

__all__ = ["explain", "signal"]


@app.command()
def signal(
    file: StrategyFile,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Print what each provider says of each instrument, and what to hold.

    Decides for the last decision day up to --as-of, or up to today; refused where the data are too old for that.

    Example: macrotrade signal strategies/treasury_autoregression.toml --as-of 2008-12-31
    """
    from macrotrade.report.terminal import decision_table, decisions_json
    from macrotrade.strategy.decide import decide
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    decisions = decide(strategy, strategy.data.load(), day(as_of or datetime.now()))
    if json:
        typer.echo(decisions_json(decisions))
    else:
        show(decision_table(decisions))


@app.command()
def explain(
    file: StrategyFile,
    provider: Annotated[str | None, typer.Option("--provider", help="Label or name; the first that explains.")] = None,
    instrument: Annotated[str | None, typer.Option("--instrument", help="Symbol; the strategy's first.")] = None,
    as_of: AsOf = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Earlier day; the decision before.")
    ] = None,
) -> None:
    """Print why a provider's forecast changed since the decision before: releases, revisions, the model itself.

    Example: macrotrade explain strategies/treasury_bond_bma.toml --provider bma --instrument ZB --as-of 2008-12-31
    """
    from macrotrade.report.terminal import explanation_table
    from macrotrade.strategy.explain import explain as why
    from macrotrade.strategy.spec import read_strategy

    strategy = read_strategy(file)
    for explanation in why(strategy, strategy.data.load(), provider, instrument, day(as_of), day(since)):
        show(explanation_table(explanation))
