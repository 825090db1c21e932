"""Starting is quick because nothing heavy is fetched before it is needed; benchmarks/startup.py holds the times."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "IPython", "jinja2", "joblib", "matplotlib", "numba", "numpy", "pandas", "plotly", "pyarrow", "pydantic",
    "requests", "scipy", "sklearn", "statsmodels", "torch", "vectorbt", "yfinance",
)  # fmt: skip


def imported_by(script: str) -> set[str]:
    """Heavy libraries that a fresh interpreter has imported after `script`."""
    report = f"import sys; print('|'.join(n for n in {HEAVY} if n in sys.modules), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", f"{script}\n{report}"], capture_output=True, text=True, timeout=120, check=True
    )
    return {name for name in run.stderr.strip().split("|") if name}


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported_by("import macrotrade; dir(macrotrade)") == set()


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    script = """
import runpy, sys
sys.argv = ["macrotrade", "--help"]
try:
    runpy.run_module("macrotrade", run_name="__main__")
except SystemExit as end:
    assert not end.code
"""
    assert imported_by(script) == set()


def test_the_contract_imports_neither_an_engine_nor_a_model_library() -> None:
    light = {"numpy", "pandas", "pyarrow", "scipy"}

    assert imported_by("import macrotrade.forecast, macrotrade.panel, macrotrade.instruments") <= light | {"numba"}
