"""Euro-area data for the tests of discovered equations."""

from __future__ import annotations

import pandas as pd
import pytest

from macrotrade.providers.equations.area_wide import area_wide_frame
from macrotrade.sources.euro_area import load_euro_area


@pytest.fixture(scope="session")
def euro_area() -> pd.DataFrame:
    """Columns pi, y, i and r, as the whole database gives them."""
    return area_wide_frame(load_euro_area().as_of("2018-12-31"))
