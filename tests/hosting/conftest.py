"""Hosts for the tests, ended after each."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from crmcore_shell import Shell
from hosted import Served, Written

from crmcore.testing.clock import TurnableClock


@pytest.fixture
def written(tmp_path: Path, fresh_database: Callable[[], str]) -> Written:
    return Written(tmp_path, fresh_database)


@pytest.fixture
async def serve(clock: TurnableClock) -> AsyncIterator[Callable[[Path], Served]]:
    async with AsyncExitStack() as stack:

        def make(file: Path) -> Served:
            served = Served(file, clock)

            async def end() -> None:
                for tenant in served.host.tenants.values():
                    await tenant.leave()

            stack.push_async_callback(end)
            return served

        yield make


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in an empty folder."""
    made = Shell(tmp_path)
    yield made
    made.end_all()
