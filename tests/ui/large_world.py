"""Makes a workspace large: contacts with conversations, one long thread, a long list of custom fields."""

from uuid import UUID

from crmcore.contracts.actors import system_actor
from crmcore.contracts.fields import CustomField
from crmcore.demo.bulk import generate
from crmcore.demo.setting import CHAT
from crmcore.workspace import Crm

MESSAGES, FIELDS = 500, 60
SYSTEM = system_actor("tests")


async def fill_large(crm: Crm, known: dict[str, str], size: int) -> None:
    """Add contacts up to ``size``, messages to the known conversation, and fields of companies."""
    await crm.channel_accounts.create("api", "Website chat", {}, actor=SYSTEM, slug=CHAT)
    await generate(crm, size, {}, lambda what, done, of: None)
    for number in range(MESSAGES):
        await crm.conversations.note(UUID(known["conversation"]), f"Note {number} of many", actor=SYSTEM)
    for number in range(FIELDS):
        field = CustomField(
            record_type="company", key=f"field_{number}", label=f"Field {number}", order=number
        )
        await crm.fields.create(field, actor=SYSTEM)
