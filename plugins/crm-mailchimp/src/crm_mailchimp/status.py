"""The contact's field “Newsletter status”: what all audiences together say."""

from collections.abc import Sequence
from uuid import UUID

from crm_mailchimp.fields import STATUS, STATUSES
from crm_mailchimp.membership import of_contacts
from crmcore import PluginContext, Record


async def write_status(
    contacts: Sequence[UUID], plugin: PluginContext, documents: Sequence[Record] = ()
) -> None:
    """Keep the status at each contact: the best that any audience has for one of its addresses.

    Writing what is there already would only make noise in the history. ``documents`` are those of the contacts that
    are at hand.
    """
    if not contacts:
        return
    at_hand = {record.id: record for record in documents}
    for contact, memberships in (await of_contacts(contacts)).items():
        found = {membership.status for membership in memberships}
        status = next((name for name in STATUSES if name in found), None)
        record = at_hand.get(contact) or await plugin.records.get("contact", contact)
        if record is None or (record.document.get("custom") or {}).get(STATUS) == status:
            continue
        await plugin.records.update("contact", contact, {"custom": {STATUS: status}}, reason="Mailchimp")
