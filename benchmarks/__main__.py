"""``python -m benchmarks [PART ...] [--write]``: time the parts and print one table.

A part is a module of this folder with a function ``rows() -> list[Row]``. With ``--write`` the table of each part
replaces its section of RESULTS.md, so that parts can be timed one by one.
"""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from benchmarks._table import Row, machine, markdown

FOLDER = Path(__file__).parent


def main() -> None:
    """Time the parts asked for, all by default."""
    parts = sorted(module.name for module in iter_modules([str(FOLDER)]) if not module.name.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time macrotrade against plain writing.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"parts to time, of: {', '.join(parts)}")
    parser.add_argument("--write", action="store_true", help="keep the tables in benchmarks/RESULTS.md")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.parts) - set(parts))
    if unknown:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(parts)}")
    found: dict[str, list[Row]] = {}
    for part in chosen.parts or parts:
        print(f"timing {part} ...", flush=True)
        found[part] = import_module(f"benchmarks.{part}").rows()
        if chosen.write:
            _write(part, found[part])
    print(machine())
    print(markdown([row for rows in found.values() for row in rows]))


def _write(part: str, rows: list[Row]) -> None:
    results = FOLDER / "RESULTS.md"
    text = results.read_text(encoding="utf-8") if results.exists() else _OPENING
    section = f"## {part}\n\n{machine()}\n\n{markdown(rows)}\n"
    pattern = re.compile(rf"^## {re.escape(part)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    added = text.rstrip("\n") + "\n\n" + section
    text = pattern.sub(lambda _: section + "\n", text) if pattern.search(text) else added
    results.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


_OPENING = """# How fast

Written by `python -m benchmarks --write`. Each part runs the naive version and ours in the same process on the same
data; results are compared before they are timed. Times are the best of several, warm; cold times are in the notes.
"""

if __name__ == "__main__":
    main()
