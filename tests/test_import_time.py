"""Starting is quick because nothing heavy is fetched before it is needed; benchmarks/startup.py holds the times."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = (
    "IPython", "dask", "distributed", "fsspec", "jinja2", "joblib", "matplotlib", "numba", "numpy", "pandas", "plotly",
    "pyarrow", "pydantic", "ray", "requests", "scipy", "sklearn", "statsmodels", "torch", "vectorbt", "yfinance",
)  # fmt: skip


def imported_by(script: str) -> set[str]:
    """Heavy libraries that a fresh interpreter has imported after `script`."""
    report = f"import sys; print('|'.join(n for n in {HEAVY} if n in sys.modules), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", f"{script}\n{report}"], capture_output=True, text=True, timeout=120, check=True
    )
    return {name for name in run.stderr.strip().rpartition("\n")[2].split("|") if name}


def command_script(*arguments: str) -> str:
    """Script that runs the command with these arguments and stays alive."""
    return f"""
import runpy, sys
sys.argv = ["macrotrade", *{arguments}]
try:
    runpy.run_module("macrotrade", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
"""


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert imported_by("import macrotrade; dir(macrotrade)") == set()


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    assert imported_by(command_script("--help")) == set()


def test_a_live_signal_imports_neither_vectorbt_nor_what_draws_reports(tmp_path: Path) -> None:
    file = tmp_path / "strategy.toml"
    file.write_text('provider = "autoregression"\ninstrument = "ZN"\nstart = "2010-01-31"\n', encoding="utf-8")

    imported = imported_by(command_script("signal", str(file), "--as-of", "2012-06-30"))

    assert not imported & {"vectorbt", "torch", "plotly", "matplotlib", "sklearn"}
    assert not imported & {"dask", "distributed", "ray", "joblib"}


def test_the_contract_imports_neither_an_engine_nor_a_model_library() -> None:
    light = {"numpy", "pandas", "pyarrow", "scipy"}

    assert imported_by("import macrotrade.forecast, macrotrade.panel, macrotrade.instruments") <= light | {"numba"}
