"""Publishers on the loopback, asked by this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from tests.sources.live.server import PublisherServer


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[PublisherServer]:
    """Every fetch of the test goes to it; attempts are as many as ever, but nobody waits between them."""
    with PublisherServer() as server, stamina.set_testing(True, attempts=5, cap=True):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
