"""The plugin's context, with Shopify at the other end of its client."""

import pytest
from shopify_context import Context
from stand_in import Shopify


@pytest.fixture
def shopify() -> Shopify:
    """The shop at the other end."""
    return Shopify()


@pytest.fixture
def plugin(shopify: Shopify) -> Context:
    """A configured plugin."""
    return Context(shopify)
