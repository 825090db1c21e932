"""Candidates of a selection that have been judged, each in a file of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from macrotrade._files import atomically
from macrotrade._typing import Frequency

__all__ = ["Candidate", "CandidateStore"]


@dataclass(frozen=True)
class Candidate:
    """What a candidate said of the months that it is judged on.

    Attributes
    ----------
    label, settings
        Its search, and all that the provider was told; for whoever reads the file.
    errors
        (series, horizon, period, outcome less forecast) of each month whose outcome is known.
    refusal
        Why it has none; empty where it has.
    """

    label: str
    settings: Mapping[str, Any]
    errors: tuple[tuple[str, int, str, float], ...]
    refusal: str = ""

    def table(self, frequency: Frequency) -> pd.DataFrame:
        """The errors as a frame: series, horizon, period (a Period), error."""
        frame = pd.DataFrame(self.errors, columns=["series", "horizon", "period", "error"])
        return frame.assign(period=pd.PeriodIndex(frame["period"], freq=frequency))


@dataclass(frozen=True)
class CandidateStore:
    """Candidates by name, in a folder or, without one, in memory.

    A file is there whole or not at all, so a run that was killed loses the candidate that it was at.

    Attributes
    ----------
    folder
        Where they are kept, or None.
    """

    folder: Path | None = None
    _seen: dict[str, Candidate] = field(default_factory=dict, init=False, repr=False, compare=False)

    def read(self, name: str) -> Candidate | None:
        """Candidate of that name, None where it is not kept, or not as it was written: it is then judged again."""
        if name not in self._seen and self.folder is not None:
            try:
                record = json.loads(self._file(name).read_text(encoding="utf-8"))
                errors = tuple((series, horizon, period, error) for series, horizon, period, error in record["errors"])
                self._seen[name] = Candidate(record["label"], record["settings"], errors, record["refusal"])
            except (FileNotFoundError, ValueError, TypeError, KeyError):
                return None
        return self._seen.get(name)

    def write(self, name: str, candidate: Candidate) -> None:
        """Keep one."""
        self._seen[name] = candidate
        if self.folder is not None:
            with atomically(self._file(name)) as temporary:
                temporary.write_text(json.dumps(asdict(candidate), indent=1), encoding="utf-8")

    def _file(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"
