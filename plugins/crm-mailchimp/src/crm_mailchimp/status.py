"""The contact's field “Newsletter status”: what all audiences together say."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from crm_mailchimp.fields import STATUS, STATUSES
from crm_mailchimp.membership import of_contacts
from crmcore import PluginContext, text_of
from crmcore.tables import Contact

_CHUNK = 500


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
        changed: dict[UUID, dict[str, Any]] = {}
        for row in rows:
            found = {membership.status for membership in memberships[row["id"]]}
            status = next((name for name in STATUSES if name in found), None)
            if _custom(row["custom"]).get(STATUS) != status:
                changed[row["id"]] = {"custom": {STATUS: status}}
        refused = await plugin.records.update_many("contact", changed, reason="Mailchimp")
        for contact, problems in refused.items():
            # Deleted meanwhile, or a rule of the workspace refuses the contact as it is: the others went on.
            reason = "; ".join(text_of(problem.message) for problem in problems)
            plugin.log.warning("mailchimp_status_not_kept", contact=str(contact), reason=reason[:300])


def _custom(value: Any) -> dict[str, Any]:
    custom: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    return custom
