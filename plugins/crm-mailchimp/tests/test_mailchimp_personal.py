"""register_personal_data: a subscriber is given out, deleted at Mailchimp for good, and never half."""

from uuid import uuid4

import pytest
from crm_mailchimp.audience import member_hash
from crm_mailchimp.personal import SUBSCRIBER
from crm_mailchimp.plugin import register_personal_data
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import MailchimpTrouble
from mailchimp_api import AUDIENCE, KEY, Mailchimp
from mailchimp_context import Context

from crmcore import DataSubject, Identity

ANN, OLD = member_hash("ann@example.com"), member_hash("old@example.com")


@pytest.fixture
async def subject(plugin: Context, mailchimp: Mailchimp) -> DataSubject:
    """Somebody who was pushed under an old address and is a member under the present one too."""
    contact = uuid4()
    mailchimp.members |= {ANN: "subscribed", OLD: "unsubscribed", "other": "subscribed"}
    await plugin.store.set(f"member:{contact}", OLD)
    points = (
        Identity(kind="email", value="ann@example.com"),
        Identity(kind="email", value="never@example.com"),
    )
    return DataSubject(contacts=(contact, uuid4()), points=points)


async def test_every_address_is_given_out_and_deleted(
    subject: DataSubject, plugin: Context, mailchimp: Mailchimp
) -> None:
    assert register_personal_data() == [SUBSCRIBER]
    items = [item async for item in SUBSCRIBER.export(subject, plugin)]  # type: ignore[arg-type]
    assert [item.data["status"] for item in items] == ["unsubscribed", "subscribed"]
    assert await SUBSCRIBER.erase(subject, plugin) == 2  # type: ignore[arg-type]
    assert mailchimp.members == {"other": "subscribed"} and plugin.store.values == {}
    assert await SUBSCRIBER.erase(subject, plugin) == 0  # type: ignore[arg-type]


async def test_an_erasure_that_mailchimp_does_not_do_fails_and_forgets_nothing(
    subject: DataSubject, plugin: Context
) -> None:
    plugin.settings = MailchimpSettings(api_key=KEY, audience_id="unknown")
    with pytest.raises(MailchimpTrouble):
        await SUBSCRIBER.erase(subject, plugin)  # type: ignore[arg-type]
    plugin.settings = MailchimpSettings(api_key="", audience_id=AUDIENCE)
    with pytest.raises(MailchimpTrouble, match="API key"):
        await SUBSCRIBER.erase(subject, plugin)  # type: ignore[arg-type]
    assert list(plugin.store.values.values()) == [OLD]
