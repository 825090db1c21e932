"""Ratios that somebody else has printed, for a study to be set beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from macrotrade.errors import near_misses
from macrotrade.strategy.parts import Part

__all__ = ["Published"]


class Published(Part):
    """Ratios of root mean squared errors to the study's first base, as printed elsewhere.

    Attributes
    ----------
    source
        Who printed them and where, such as ``Paranhos (2023), table 2``.
    series, window
        Of the study, which they are about.
    ratios
        Label of a provider to its ratio at each horizon of the study, in their order.
    """

    source: str
    series: str
    window: str
    ratios: Mapping[str, tuple[float, ...]]

    def check(self, labels: Sequence[str], windows: Sequence[str], horizons: Sequence[int]) -> None:
        """Raise ValueError unless they are about providers, a window and all horizons of the study."""
        if self.window not in windows:
            raise ValueError(f"published.window {self.window!r} is no window. {near_misses(self.window, windows)}")
        for label, ratios in self.ratios.items():
            if label not in labels:
                raise ValueError(f"published.ratios {label!r} is no provider. {near_misses(label, labels)}")
            if len(ratios) != len(horizons):
                raise ValueError(
                    f"published.ratios {label!r} has {len(ratios)} numbers for {len(horizons)} horizons; give one each"
                )
