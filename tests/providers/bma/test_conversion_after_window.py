"""A value known after the window's end counts when a form is chosen."""

from __future__ import annotations

import numpy as np

from macrotrade.providers.bma import SystemSettings, build_system, forecast


def test_a_series_that_turns_negative_after_the_common_window_never_reaches_the_logs() -> None:
    rng = np.random.default_rng(3)
    levels = np.exp(np.cumsum(rng.normal(0.0, 0.02, (150, 3)), axis=0))
    levels[-1, 0] = -0.5
    levels[-2:, 1] = np.nan
    system = build_system(levels, ["reserves", "late", "other"], SystemSettings())
    assert not system.conversions[0].log
    assert np.isfinite(forecast(system, levels, 3).levels).all()
