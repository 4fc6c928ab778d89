"""Buttons that set something off in a plugin, where a plugin's data stands."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actions import Action, ActionRef
from crmcore.contributions.actions import MAX_ITEM, NUMBER, PHONE
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


class Button(Struct, frozen=True, kw_only=True):
    """One button. Where ``asks``, it leads to a form or a question at ``address``; else it runs at once.

    ``fields`` are what is sent with the press; ``token`` among them makes the press run once.
    """

    label: str
    icon: str
    tone: str
    address: str
    asks: bool
    fields: tuple[tuple[str, str], ...] = ()


class Buttons:
    """Makes the buttons of one plugin at one place: a record (``ref``: ``TYPE:ID``), or none.

    ``at`` says for files where the blocks stand; it is the record unless told otherwise. ``back`` is the page to
    come back to.
    """

    def __init__(
        self,
        visit: "Visit",
        plugin: str,
        *,
        ref: str = "",
        back: str,
        at: str = "",
        refs: Sequence[ActionRef] = (),
    ) -> None:
        self._visit = visit
        self._plugin = plugin
        self._ref = ref
        self._back = back
        self._at = at or ref
        self._refs = refs

    def with_refs(self, refs: Sequence[ActionRef]) -> "Buttons":
        """Return the same with buttons of its own: those of a whole panel or page."""
        return Buttons(self._visit, self._plugin, ref=self._ref, back=self._back, at=self._at, refs=refs)

    @property
    def own(self) -> list[Button]:
        """The buttons of the whole panel or page."""
        return self.of(self._refs)

    def of(self, refs: Sequence[ActionRef]) -> list[Button]:
        """Return the buttons for ``refs``: those of actions that there are and that the visitor may use."""
        found = []
        for ref in refs[:10]:
            key = f"{self._plugin}.{ref.action}"
            owned = self._visit.crm.contributions.actions.find(key, self._visit.actor)
            if owned is not None and len(ref.item) <= MAX_ITEM:
                found.append(self.button(owned, label=ref.label, item=ref.item))
        return found

    def phone(self, number: str) -> list[Button]:
        """Return the buttons beside a phone number, of all plugins."""
        offered = self._visit.crm.contributions.actions.offered(self._visit.actor, PHONE)
        return [self.button(owned, item=number) for _, owned in offered]

    def button(self, owned: Registered[Action], *, label: str = "", item: str = "") -> Button:
        """Return the button of one action."""
        return button_of(self._visit, owned, ref=self._ref, back=self._back, label=label, item=item)

    def file(self, id: UUID) -> str:
        """Return the address of a file in a block."""
        query = self._visit.crm.contributions.media.query(self._plugin, id, self._at, self._visit.actor)
        return f"/ui/media/{id}?{query}"


def button_of(
    visit: "Visit", owned: Registered[Action], *, ref: str, back: str, label: str = "", item: str = ""
) -> Button:
    """Return the button of an action about the record ``ref`` and one ``item`` there."""
    action = owned.item
    address = f"/ui/actions/{owned.plugin}/{action.key}"
    fields = {"ref": ref, "item": item, "back": back}
    fields = {name: value for name, value in fields.items() if value}
    asks = action.form is not None or bool(action.confirm)
    return Button(
        label=label[:80] or visit.say(action.label),
        icon=action.icon,
        tone=action.tone,
        address=f"{address}?{urlencode(fields)}" if asks else address,
        asks=asks,
        fields=() if asks else (*fields.items(), ("token", new_token())),
    )


def record_buttons(visit: "Visit", record_type: str, id: UUID, back: str) -> list[Button]:
    """Return the buttons that plugins offer on every page of such a record."""
    offered = visit.crm.contributions.actions.offered(visit.actor, record_type)
    return [button_of(visit, owned, ref=f"{record_type}:{id}", back=back) for _, owned in offered]


def call_buttons(visit: "Visit", ref: str, number: str) -> list[Button]:
    """Return the buttons of plugins beside a phone number; none for what is no number in E.164."""
    if NUMBER.fullmatch(number) is None:
        return []
    offered = visit.crm.contributions.actions.offered(visit.actor, PHONE)
    return [button_of(visit, owned, ref=ref, back=visit.path, item=number) for _, owned in offered]


def bulk_actions(visit: "Visit", record_type: str) -> list[tuple[str, str, str]]:
    """Return what plugins offer for records marked in a list: where the marked are sent, the label, the icon."""
    offered = visit.crm.contributions.actions.offered(visit.actor, record_type, bulk=True)
    return [
        (
            f"/ui/bulk-actions/{record_type}/{owned.plugin}/{owned.item.key}",
            visit.say(owned.item.label),
            owned.item.icon,
        )
        for _, owned in offered
    ]


def new_token() -> str:
    """Return what makes one press of a button different from every other."""
    return secrets.token_urlsafe(18)
