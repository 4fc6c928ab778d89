"""The plugin's context, with Mailchimp at the other end of its client and a few contacts."""

import pytest
from mailchimp_api import Mailchimp
from mailchimp_context import Context

from crmcore.testing.canary_watch import CanaryWatch


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def mailchimp() -> Mailchimp:
    """The audience at the other end."""
    return Mailchimp()


@pytest.fixture
def plugin(mailchimp: Mailchimp) -> Context:
    """A configured plugin."""
    return Context(mailchimp)
