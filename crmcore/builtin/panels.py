"""The core's own panel: what else the person has written."""

from crmcore.contracts.blocks import Item, Items
from crmcore.contracts.context import PluginContext
from crmcore.contracts.labels import text_of
from crmcore.contracts.panels import Panel, PanelContent
from crmcore.contracts.subjects import Subject
from crmcore.contracts.values import Badge, Tone, When
from crmcore.hookspecs import hookimpl

_STATUS: dict[str, tuple[dict[str, str], Tone]] = {
    "open": ({"en": "open", "ru": "открыт"}, "accent"),
    "waiting": ({"en": "waiting", "ru": "ждём клиента"}, "warn"),
    "snoozed": ({"en": "snoozed", "ru": "отложен"}, "violet"),
    "closed": ({"en": "closed", "ru": "закрыт"}, "neutral"),
}
_NONE = {"en": "No other conversations.", "ru": "Других обращений нет."}
_SHOWN = 8


class Panels:
    """Contributes the panel of a person's other conversations."""

    @hookimpl
    def register_panels(self) -> list[Panel]:
        """Return the built-in panels."""
        return [
            Panel(
                key="conversations",
                title={"en": "Other conversations", "ru": "Другие обращения"},
                load=other_conversations,
                icon="messages-square",
                order=100,
                ttl_s=15,
            )
        ]


async def other_conversations(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Return the contact's latest conversations, without the one that is being looked at."""
    empty = text_of(_NONE, subject.language)
    if subject.contact is None:
        return PanelContent(status="empty", message=empty)
    theirs = {"field": "contact_id", "op": "eq", "value": str(subject.contact["id"])}
    found = await plugin.records.seen_by(subject.actor).find("conversation", theirs, limit=_SHOWN + 1)
    rows = [record.document for record in found if record.id != subject.id][:_SHOWN]
    if not rows:
        return PanelContent(status="empty", message=empty)
    items = tuple(
        Item(
            title=f"#{row['number']} {row['subject']}".strip(),
            subtitle=row.get("preview") or "",
            meta=(_badge(row["status"], subject.language), When(at=row["last_activity_at"])),
            href=f"/inbox/{row['id']}",
        )
        for row in rows
    )
    return PanelContent(blocks=(Items(items=items),))


def _badge(status: str, language: str) -> Badge:
    label, tone = _STATUS[status]
    return Badge(label=text_of(label, language), tone=tone)
