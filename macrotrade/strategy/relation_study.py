"""Which macro flows carry information for which sectors: the file, and the study that it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from macrotrade._typing import Frequency, Measure
from macrotrade.errors import SettingsError
from macrotrade.panel.vintages import History
from macrotrade.providers.neural.relations import Relations, RelationStudy, relations
from macrotrade.providers.neural.settings import NeuralSettings
from macrotrade.strategy.parts import DataOptions, Document, ProviderChoice, checked_day, parse, read_toml

__all__ = ["RelationFile", "read_relations", "run_relations"]

_Day: TypeAlias = Annotated[str | None, BeforeValidator(checked_day)]


class RelationFile(Document):
    """A study of relations as a TOML file describes it.

    Attributes
    ----------
    name, description
        For the page.
    as_of
        Day of the panel; the last one there is by default.
    flows
        Label of each flow to its series.
    sectors
        Label of each sector to the series forecast.
    provider
        Neural networks, such as ``{name = "lstm", reads = "all"}``.
    measure, horizon, frequency, unseen, n_folds, n_draws, placebo
        As of :class:`macrotrade.providers.neural.relations.RelationStudy`.
    data
        As of a study.
    """

    singulars: ClassVar[Mapping[str, str]] = {}

    name: str = "relations"
    description: str = ""
    as_of: _Day = None
    flows: Mapping[str, tuple[str, ...]]
    sectors: Mapping[str, str]
    provider: ProviderChoice
    measure: Measure = "log_change"
    horizon: int = Field(default=3, ge=1)
    frequency: Frequency = "M"
    unseen: float = Field(default=0.4, gt=0.0, lt=1.0)
    n_folds: int = Field(default=4, ge=1)
    n_draws: int = Field(default=2000, ge=100)
    placebo: bool = True
    data: DataOptions = DataOptions()

    @model_validator(mode="after")
    def _can_be_asked(self) -> RelationFile:
        try:
            self.study()
        except SettingsError as error:
            raise ValueError(str(error)) from None
        return self

    def study(self) -> RelationStudy:
        """What is asked."""
        provider = self.provider.load()
        if not isinstance(provider, NeuralSettings):
            raise SettingsError(f"provider {self.provider.name!r} is no neural ensemble; take lstm or feed-forward.")
        return RelationStudy(
            flows=self.flows,
            sectors=self.sectors,
            provider=provider,
            measure=self.measure,
            horizon=self.horizon,
            frequency=self.frequency,
            unseen=self.unseen,
            n_folds=self.n_folds,
            n_draws=self.n_draws,
            placebo=self.placebo,
        )


def read_relations(file: str | Path) -> RelationFile:
    """Study of relations from a TOML file; SettingsError names every mistake in it."""
    return parse(RelationFile, read_toml(file), str(file))


def run_relations(asked: RelationFile, history: History, tell: Callable[[str], None] | None = None) -> Relations:
    """What was found on the panel of the file's day; see :func:`macrotrade.providers.neural.relations.relations`."""
    return relations(history.as_of(asked.as_of or history.last_day), asked.study(), tell)
