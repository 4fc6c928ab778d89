"""Panels of plugins: where they stand, what they say, and what is shown when they say nothing."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.blocks import Block, Items, KeyValues, Stats, Table
from crmcore.contracts.panels import Panel, PanelContent
from crmcore.contracts.records import Record
from crmcore.contracts.subjects import Slot, Subject
from crmcore.contracts.values import Badge, Link, Money
from crmcore.errors import NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered
from crmcore.web.panel_cache import Kept, PanelKey
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MAX_PANELS = 8
MAX_BLOCKS = 50
# What is older is no longer worth showing, even with its age beside it.
STALE_FOR = timedelta(hours=24)
SLOTS: tuple[Slot, ...] = ("conversation", "contact", "company")
STALE = N_("{reason} This is what it said {ago}.")


class PanelPlace(Struct, frozen=True, kw_only=True):
    """A panel that is not loaded yet; ``address`` loads it."""

    title: str
    icon: str
    address: str


class PanelView(Struct, frozen=True, kw_only=True):
    """A panel as it is shown. ``state``: ok, stale, empty, setup or error; ``at`` is when its data was loaded."""

    title: str
    icon: str
    plugin: str
    address: str
    state: str
    setup: str = ""
    message: str = ""
    blocks: tuple[Block, ...] = ()
    badge: Badge | None = None
    link: Link | None = None
    at: datetime | None = None


def places(visit: "Visit", slot: Slot, id: UUID) -> list[PanelPlace]:
    """Return the panels of ``slot`` in their order, at most :data:`MAX_PANELS`."""
    found = [
        (owned.item.order, key, owned.item)
        for key, owned in visit.crm.host.registry.panels.items()
        if slot in owned.item.slots
    ]
    return [
        PanelPlace(title=visit.say(panel.title), icon=panel.icon, address=panel_address(key, slot, id))
        for _, key, panel in sorted(found, key=lambda entry: entry[:2])[:MAX_PANELS]
    ]


def panel_address(key: str, slot: str, id: UUID) -> str:
    """Return where the panel ``key`` about a record is loaded from."""
    return f"/ui/panels/{key}?ref={slot}:{id}"


async def load_panel(
    visit: "Visit", key: str, slot: Slot, id: UUID, *, again: bool = False
) -> PanelView | None:
    """Return the panel ``key`` about the record ``id``, None when it is not for this visitor.

    A panel's answer is kept for its ``ttl_s``. When loading fails, what it said before is shown with its age for
    a day, unless there is money in it: an old sum is worse than none. ``again`` asks the plugin in any case.
    """
    owned = visit.crm.host.registry.panels.get(key)
    if owned is None or slot not in owned.item.slots:
        raise NotFound
    record = await visit.crm.records.get(slot, id, actor=visit.actor)
    contact = await _contact_of(visit, record)
    cache, now = visit.site.panels, visit.formats.now
    cache_key = _cache_key(key, record, contact, f"{visit.language} {visit.actor.sight}")
    kept = cache.get(cache_key)
    if kept is None or again or now - kept.at >= timedelta(seconds=owned.item.ttl_s):
        subject = Subject(
            record_type=slot,
            id=id,
            document=record.document,
            contact=contact.document if contact else None,
            language=visit.language,
            actor=visit.actor,
        )
        try:
            content = await _ask(visit, owned, subject)
        except PluginFailed as failed:
            return _after_failure(visit, owned, key, record, kept, failed)
        kept = Kept(content, content.fetched_at or now)
        if content.status != "error":
            cache.put(cache_key, kept)
    if kept.content.status == "setup" and not visit.actor.may("plugin.write"):
        return None
    return _view(visit, owned, key, record, kept)


async def _ask(visit: "Visit", owned: Registered[Panel], subject: Subject) -> PanelContent:
    host = visit.crm.host
    content: PanelContent = await host.dispatch.run(
        owned.plugin,
        f"panel.{owned.item.key}",
        owned.item.load,
        subject,
        host.context(owned.plugin),
        timeout_s=owned.item.timeout_s,
        returns=PanelContent,
    )
    return content


async def _contact_of(visit: "Visit", record: Record) -> Record | None:
    if record.type == "contact":
        return record
    contact: dict[str, Any] = record.document.get("contact") or {}
    if not contact.get("id"):
        return None
    try:
        found: Record = await visit.crm.records.get("contact", contact["id"], actor=visit.actor)
    except NotFound:
        return None
    return found


def _cache_key(key: str, record: Record, contact: Record | None, reader: str) -> PanelKey:
    # The versions are part of it: a changed e-mail address asks the plugin anew.
    about = f"{contact.id}:{contact.version}" if contact else ""
    version = "" if record.type == "conversation" else str(record.version)
    return (key, record.type, str(record.id), version, about, reader)


def _view(
    visit: "Visit", owned: Registered[Panel], key: str, record: Record, kept: Kept, **instead: Any
) -> PanelView:
    content = kept.content
    values: dict[str, Any] = {
        "title": visit.say(owned.item.title),
        "icon": owned.item.icon,
        "plugin": owned.plugin,
        "address": panel_address(key, record.type, record.id) + "&again=1",
        "state": content.status,
        "setup": _setup_address(visit, owned.plugin),
        "message": content.message,
        "blocks": content.blocks[:MAX_BLOCKS],
        "badge": content.badge,
        "link": content.link,
        "at": kept.at,
    }
    return PanelView(**(values | instead))


def _setup_address(visit: "Visit", plugin: str) -> str:
    if plugin in visit.crm.host.registry.settings:
        return f"/settings/plugins/{plugin}"
    return f"/settings/plugins#{plugin}"


def _after_failure(
    visit: "Visit",
    owned: Registered[Panel],
    key: str,
    record: Record,
    kept: Kept | None,
    failed: PluginFailed,
) -> PanelView:
    reason = failed.sentence(visit.language)
    if kept is None or visit.formats.now - kept.at > STALE_FOR or has_money(kept.content):
        return _view(
            visit,
            owned,
            key,
            record,
            Kept(PanelContent(), visit.formats.now),
            state="error",
            message=reason,
            at=None,
        )
    message = visit.texts.gettext(STALE, reason=reason, ago=visit.formats.ago(kept.at))
    return _view(visit, owned, key, record, kept, state="stale", message=message)


def has_money(content: PanelContent) -> bool:
    """Tell whether any value in ``content`` is an amount of money."""
    for block in content.blocks:
        values: list[Any] = []
        if isinstance(block, KeyValues | Stats):
            values = [item.value for item in block.items]
        elif isinstance(block, Items):
            values = [value for item in block.items for value in item.meta]
        elif isinstance(block, Table):
            values = [cell for row in block.rows for cell in row]
        if any(isinstance(value, Money) for value in values):
            return True
    return False
