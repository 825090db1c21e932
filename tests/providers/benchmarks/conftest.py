"""The small economy, for benchmark forecasters."""

from tests.small_economy import history

__all__ = ["history"]
