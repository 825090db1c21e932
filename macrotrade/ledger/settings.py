"""Settings as they are written down: everything that is needed to compute a decision again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from macrotrade.errors import MacrotradeError, SettingsError
from macrotrade.forecast import provider_settings
from macrotrade.ledger.chain import canonical
from macrotrade.strategy.parts import ProviderChoice
from macrotrade.strategy.spec import Strategy

__all__ = ["settings_text", "strategy_of"]


def settings_text(strategy: Strategy) -> str:
    """A strategy as canonical JSON, its data section included, with every setting of its providers.

    Settings that the strategy leaves to a provider's defaults are spelt out, so that a later default changes nothing;
    so is how seldom it is fitted, which may be its default too.
    """
    plain = strategy.model_dump(mode="json")
    plain["providers"] = [
        {**given, **_whole(choice), **_fitted_every(choice, strategy)}
        for given, choice in zip(plain["providers"], strategy.providers, strict=True)
    ]
    return canonical(plain)


def strategy_of(text: str, row: int) -> Strategy:
    """The strategy that :func:`settings_text` wrote; `row` is named where it cannot be read any more.

    Raises
    ------
    SettingsError
        If this version of macrotrade does not know a setting.
    """
    try:
        return Strategy.model_validate(json.loads(text))
    except ValueError as error:
        raise SettingsError(
            f"The settings of row {row} are not understood by this version of macrotrade: {error}. "
            "Replay with the version that the row names."
        ) from None


def _whole(choice: ProviderChoice) -> dict[str, Any]:
    """All settings of a provider as JSON has them; none where it cannot be loaded here or they are not plain."""
    try:
        settings = {name: _plain(value) for name, value in provider_settings(choice.load()).items()}
        canonical(settings)
    except (MacrotradeError, TypeError, ValueError):
        return {}
    return settings


def _fitted_every(choice: ProviderChoice, strategy: Strategy) -> dict[str, int]:
    """Origins between fits; none where the provider cannot be loaded here."""
    try:
        return {"refit_every": choice.fitted_every(strategy.schedule)}
    except MacrotradeError:
        return {}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value) if item.init}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value
