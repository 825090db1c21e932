"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# No test depends on the clock: a busy machine is no failure.
settings.register_profile("macrotrade", deadline=None)
settings.load_profile("macrotrade")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data kept beside the checkout, or skip."""
    folder = Path(os.environ.get("MACROTRADE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data folder {folder} is absent; set MACROTRADE_SHARED_DATA to run this test")
    return folder
