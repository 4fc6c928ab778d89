"""The plugin's context, with Mailchimp at the other end of its client and a few contacts."""

import pytest
from mailchimp_api import Mailchimp
from mailchimp_context import Context


@pytest.fixture
def mailchimp() -> Mailchimp:
    """The audience at the other end."""
    return Mailchimp()


@pytest.fixture
def plugin(mailchimp: Mailchimp) -> Context:
    """A configured plugin."""
    return Context(mailchimp)
