"""The plugin's context, with Shopify at the other end of its client."""

import pytest
from shopify_context import Context
from stand_in import Shopify

from crmcore.testing.canary_watch import CanaryWatch


def pytest_configure(config: pytest.Config) -> None:
    """Watch over the secrets of every test."""
    if not config.pluginmanager.has_plugin(CanaryWatch.NAME):
        config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)


@pytest.fixture
def shopify() -> Shopify:
    """The shop at the other end."""
    return Shopify()


@pytest.fixture
def plugin(shopify: Shopify) -> Context:
    """A configured plugin."""
    return Context(shopify)
