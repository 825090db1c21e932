"""The small economy, for neural forecasters."""

from tests.small_economy import history

__all__ = ["history"]
