"""Who is at the other end: a contact by number, or a new one."""

from uuid import UUID

from crm_telephony.report import is_number
from crmcore import PluginContext

_NAMED_AS_NUMBER = frozenset("+0123456789 ()-.")


async def contact_of(number: str, name: str, plugin: PluginContext, *, make: bool) -> UUID | None:
    """Return the contact who has ``number``; a new one where ``make`` allows it. None when hidden."""
    if not is_number(number):
        return None
    for point in await plugin.points.find("phone", [number]):
        return point.contact
    if not make:
        return None
    document: dict[str, object] = {"phones": [number]}
    first, _, last = " ".join(name.split()).partition(" ")
    if first and not set(name) <= _NAMED_AS_NUMBER:
        document |= {"first_name": first[:120], "last_name": last[:120]}
    try:
        return (await plugin.records.create("contact", document, reason="incoming call")).id
    except Exception:
        # Somebody else may have made the same contact in this moment; otherwise the gate has its reasons, a field
        # that is required for example, and the call goes on without a contact until it is over.
        for point in await plugin.points.find("phone", [number]):
            return point.contact
        return None
