"""The commands: each parses, calls one function and prints.

Exit codes: 0 done; 2 usage (an unknown key, name or option); 3 refused (stale or bad data, a broken law); 4 nothing
to do.
"""

from macrotrade.cli import runs, signals

# isort: split
# The order of registration is the order of the help: what is run first, then what it left, then what it stands on.
from macrotrade.cli import ledger

# isort: split
from macrotrade.cli import data, equations, networks, providers, relations
from macrotrade.cli.app import app

__all__ = ["app", "data", "equations", "ledger", "networks", "providers", "relations", "runs", "signals"]
