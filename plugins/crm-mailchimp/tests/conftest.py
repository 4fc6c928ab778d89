"""A database of each kind, a workspace with an audience, and Mailchimp at the other end of its client."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mailchimp_api import NOW, Mailchimp
from mailchimp_workspace import Workspace, opened

from crmcore.testing.canary_watch import CanaryWatch
from crmcore.testing.clock import TurnableClock
from crmcore.testing.workspaces import Databases


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def sqlite_url(crm_sqlite: Databases) -> str:
    """The URL of a fresh SQLite file."""
    return crm_sqlite.fresh()


@pytest.fixture
def clock() -> TurnableClock:
    """A clock to turn."""
    return TurnableClock(NOW)


@pytest.fixture
def mailchimp(clock: TurnableClock) -> Mailchimp:
    """The audience at the other end."""
    return Mailchimp(clock)


@pytest.fixture
async def workspace(
    mailchimp: Mailchimp, crm_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """A workspace with a connected audience, on each kind of database."""
    async with opened(crm_url, tmp_path, mailchimp, clock) as workspace:
        await workspace.connect()
        yield workspace


@pytest.fixture
async def here(
    mailchimp: Mailchimp, sqlite_url: str, tmp_path: Path, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """The same on SQLite alone, for what does not depend on the database."""
    async with opened(sqlite_url, tmp_path, mailchimp, clock) as workspace:
        await workspace.connect()
        yield workspace
