"""The small economy, for what is read of a panel."""

from tests.small_economy import history

__all__ = ["history"]
