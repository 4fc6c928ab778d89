"""What an account's page tells beside its settings: its address, how listening goes, what has arrived lately."""

from typing import Any

from msgspec import Struct

from crmcore.connections.listening_log import with_listening
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

SHOWN_DELIVERIES = 20
STATES = {
    "received": (N_("Waits"), "neutral"),
    "done": (N_("Done"), "ok"),
    "dropped": (N_("Dropped"), "neutral"),
    "held": (N_("Held"), "warn"),
    "quarantined": (N_("Not understood"), "bad"),
}
LISTENING = {
    "listening": (N_("Listening"), "ok"),
    "waiting": (N_("No connection"), "bad"),
    "stopped": (N_("Not listening"), "neutral"),
}


class ShownDelivery(Struct, frozen=True):
    """A line of the table: a delivery's document, its state in words and that state's colour."""

    d: dict[str, Any]
    word: str
    tone: str

    @property
    def again(self) -> bool:
        """Whether a person may have it worked on again."""
        return bool(self.d["state"] in ("quarantined", "held", "dropped"))


class ShownAccount(Struct, frozen=True, kw_only=True):
    """``address`` is where the other side delivers, empty when it does not.

    ``listening`` is how the long-lived task goes, and None where there is none. ``deliveries`` are the latest, and
    None for who may not see them.
    """

    address: str
    listening: dict[str, Any] | None
    listening_word: str
    listening_tone: str
    deliveries: list[ShownDelivery] | None


async def shown_account(visit: Visit, account: dict[str, Any]) -> ShownAccount:
    """Return what the page of ``account`` tells."""
    gettext = visit.texts.gettext
    [document] = await with_listening([account], visit.crm.clock())
    listening = document["listening"]
    if listening is None and account["listens"]:
        listening = {"state": "stopped", "since": None, "error": "", "error_at": None, "again_at": None}
    word, tone = LISTENING.get(listening["state"] if listening else "", ("", "neutral"))
    deliveries = None
    if visit.actor.may("inbound.read"):
        page = await visit.crm.conversations.deliveries(
            actor=visit.actor, account=str(account["id"]), limit=SHOWN_DELIVERIES
        )
        deliveries = [_shown(visit, item) for item in page.items]
    base_url = visit.crm.settings.base_url.rstrip("/")
    return ShownAccount(
        address=f"{base_url}/hooks/{account['slug']}" if account["receives"] else "",
        listening=listening,
        listening_word=gettext(word) if word else "",
        listening_tone=tone,
        deliveries=deliveries,
    )


def _shown(visit: Visit, delivery: dict[str, Any]) -> ShownDelivery:
    word, tone = STATES[delivery["state"]]
    return ShownDelivery(delivery, visit.texts.gettext(word), tone)
