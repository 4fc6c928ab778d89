"""Who may see which calls."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm_telephony.phones import phones_of_user
from crm_telephony.settings import ALL_CALLS
from crm_telephony.tables import TelephonyCall
from crmcore import Actor, PluginContext


async def may_see(call: Mapping[str, Any], actor: Actor, plugin: PluginContext) -> bool:
    """Tell whether ``actor`` may see the row of a call: all calls, their own, those of contacts they see."""
    if actor.may(ALL_CALLS):
        return True
    if call["contact"] is not None and await plugin.records.seen_by(actor).get("contact", call["contact"]):
        return True
    id = user_id(actor)
    if id is None:
        return False
    rang = set(call["phones"].split()) | {call["line"]}
    return call["user"] == id or not rang.isdisjoint(await phones_of_user(id))


def own_calls(actor: Actor) -> Any:
    """Return the condition for the calls that ``actor`` took or made; None when they see all."""
    if actor.may(ALL_CALLS):
        return None
    return TelephonyCall.user == (user_id(actor) or UUID(int=0))


def sees_numbers(actor: Actor) -> bool:
    """Tell whether no rule hides phone numbers of contacts from ``actor``."""
    return "phones" not in actor.hidden.get("contact", frozenset())


def user_id(actor: Actor) -> UUID | None:
    """Return whose account it is, of a person or of a person's token."""
    if actor.kind not in ("user", "token"):
        return None
    try:
        return UUID(actor.id)
    except ValueError:
        return None
