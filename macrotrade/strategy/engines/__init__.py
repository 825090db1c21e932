"""Where the blocks of a walk are computed: in this process, in others of this machine, on a Dask or a Ray cluster."""

from macrotrade.strategy.engines.engine import ORIGINS_IN_A_BLOCK, Engine, EngineName, engine_for
from macrotrade.strategy.engines.pool import Lost
from macrotrade.strategy.engines.running import kept_open, run_tasks

__all__ = ["ORIGINS_IN_A_BLOCK", "Engine", "EngineName", "Lost", "engine_for", "kept_open", "run_tasks"]
