"""A pytest plugin: what a test's secrets are, and that none of them got out. A leak fails its test.

Put ``config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)`` into ``pytest_configure``.
"""

import zlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from crmcore.testing.canaries import Canaries
from crmcore.testing.canary_places import files_below, watch_places
from crmcore.testing.canary_sources import watch_sources

ONE_IN = 8
"""Of the PostgreSQL databases every eighth is read whole, by its test: 30 ms each. SQLite's files always are."""


class CanaryWatch:
    """Watches all tests of a session, one after the other. ``@pytest.mark.lets_out("why")`` excuses a test."""

    NAME = "canary-watch"

    def __init__(self) -> None:
        self.canaries = Canaries()
        self._patch = pytest.MonkeyPatch()
        self._end: Callable[[], None] = lambda: None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "lets_out(why): this test shows a secret of its own on purpose")

    def pytest_sessionstart(self) -> None:
        watch_sources(self._patch, self.canaries)
        self._end = watch_places(self._patch, self.canaries)

    def pytest_sessionfinish(self) -> None:
        self._end()
        self._patch.undo()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Keep the secrets that a whole module or session uses."""
        before, self.canaries.lasts = self.canaries.lasts, fixturedef.scope != "function"
        try:
            return (yield)
        finally:
            self.canaries.lasts = before

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look through everything after the last fixture has closed what it opened."""
        try:
            return (yield)
        finally:
            folder = getattr(item, "funcargs", {}).get("tmp_path")
            leaks = self.canaries.settle(files_below(folder) if isinstance(folder, Path) else ())
            if leaks and item.get_closest_marker("lets_out") is None:
                pytest.fail("A secret got out:\n" + "\n".join(leaks), pytrace=False)


def is_drawn(node: str) -> bool:
    """Tell whether the database of the test ``node`` is one that is read whole."""
    return zlib.crc32(node.encode()) % ONE_IN == 0
