"""The contact's field “Newsletter status”: what all audiences together say."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crm_mailchimp.fields import STATUS, STATUSES
from crm_mailchimp.membership import of_contacts
from crmcore import CrmError, PluginContext
from crmcore.tables import Contact

_CHUNK = 500
# As many writes wait for one commit together; more would take the database's connections from everybody else.
_AT_ONCE = 4


async def write_status(contacts: Sequence[UUID], plugin: PluginContext) -> None:
    """Keep the status at each contact: the best that any audience has for one of its addresses.

    Writing what is there already would only make noise in the history. Contacts that were deleted are left alone.
    """
    for start in range(0, len(contacts), _CHUNK):
        part = list(dict.fromkeys(contacts[start : start + _CHUNK]))
        memberships = await of_contacts(part)
        rows = await Contact.select(Contact.id, Contact.custom).where(
            Contact.id.is_in(part), Contact.deleted_at.is_null()
        )
        changed = []
        for row in rows:
            found = {membership.status for membership in memberships[row["id"]]}
            status = next((name for name in STATUSES if name in found), None)
            if _custom(row["custom"]).get(STATUS) != status:
                changed.append((row["id"], status))
        for first in range(0, len(changed), _AT_ONCE):
            some = changed[first : first + _AT_ONCE]
            await asyncio.gather(*(_write(contact, status, plugin) for contact, status in some))


async def _write(contact: UUID, status: str | None, plugin: PluginContext) -> None:
    try:
        await plugin.records.update("contact", contact, {"custom": {STATUS: status}}, reason="Mailchimp")
    except CrmError as error:
        # Deleted meanwhile, or a rule of the workspace refuses the contact as it is: the others go on.
        plugin.log.warning("mailchimp_status_not_kept", contact=str(contact), reason=str(error)[:300])


def _custom(value: Any) -> dict[str, Any]:
    custom: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    return custom
