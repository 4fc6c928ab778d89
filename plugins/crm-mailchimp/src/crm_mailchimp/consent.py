"""What a member's status says about consent, and how it comes to the contact's marks and box."""

from collections.abc import Mapping
from typing import Any

from crm_mailchimp.answers import Member
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.membership import ACTIVE, Membership
from crmcore import PluginContext

_UNSUBSCRIBED = "Unsubscribed in Mailchimp"
_CLEANED = "Mail did not arrive, says Mailchimp"
_BACK = "Subscribed again in Mailchimp"


async def hear_status(
    membership: Membership,
    member: Member,
    document: Mapping[str, Any],
    config: AudienceConfig,
    plugin: PluginContext,
) -> dict[str, Any]:
    """Mark the address by what became of the member, and return the changes of the contact's custom fields.

    ``membership`` still has the status of before. Who left in Mailchimp has left here; who came back there by
    themselves is back. An ending that was begun here is no news.
    """
    before, now = membership.status, member.status
    opted_in = (document.get("custom") or {}).get(OPT_IN)
    address = member.email_address or membership.address
    if now in ACTIVE:
        back = before in ("unsubscribed", "cleaned")
        if membership.marked:
            await plugin.points.mark("email", address, opt_out=False, bounced=False, reason=_BACK)
            membership.marked = False
        if back:
            membership.left_here = False
        return {OPT_IN: True} if opted_in is None or (back and opted_in is not True) else {}
    if now == before or membership.left_here:
        return {}
    if now == "unsubscribed":
        if config.mark_opt_out:
            await _mark(membership, plugin, address, opt_out=True, reason=_UNSUBSCRIBED)
        return {OPT_IN: False} if opted_in is True else {}
    if now == "cleaned":
        await _mark(membership, plugin, address, bounced=True, reason=_CLEANED)
    return {}


async def _mark(membership: Membership, plugin: PluginContext, address: str, **marks: Any) -> None:
    if await plugin.points.mark("email", address, **marks):
        membership.marked = True
