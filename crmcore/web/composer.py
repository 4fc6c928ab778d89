"""What can be written into a conversation: follows the channel's capabilities, with no code per channel."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.channels import Capabilities
from crmcore.contracts.labels import Label
from crmcore.conversations.drafts import Draft
from crmcore.conversations.found import Found
from crmcore.errors import NotFound
from crmcore.files.described import described

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


class Composer(Struct, frozen=True, kw_only=True):
    """``reason`` says why no reply can be sent, or what to know before writing one.

    ``begun`` are the visitor's drafts: the text of the other kind comes back when it is chosen.
    """

    can_reply: bool
    reason: str = ""
    via: str = ""
    max_length: int | None = None
    kind: str = "reply"
    text: str = ""
    error: str = ""
    attachments: bool = False
    files: tuple[dict[str, Any], ...] = ()
    begun: dict[str, str] = {}


async def composer_for(
    visit: "Visit",
    document: dict[str, Any],
    *,
    kind: str = "reply",
    text: str = "",
    error: str = "",
    files: tuple[dict[str, Any], ...] = (),
    drafts: Mapping[str, Draft] | None = None,
) -> Composer:
    """Return the composer of the conversation ``document``: with ``text``, or with what is among the ``drafts``."""
    drafts = drafts or {}
    begun = {kind: draft.text for kind, draft in drafts.items()}
    if not text and begun:
        kind = kind if kind in begun else next(iter(begun))
        if not error and (ids := drafts[kind].attachments):
            files += tuple(described(row) for row in await visit.crm.files.usable(ids, actor=visit.actor))
    found = await _account_of(visit, document)
    texts = visit.texts
    written: dict[str, Any] = {"error": error, "files": files, "begun": begun}
    note: dict[str, Any] = {"can_reply": False, "kind": "note", "attachments": True} | written
    note["text"] = text or begun.get("note", "")
    if found is None:
        return Composer(reason=texts.gettext("This conversation has no channel to answer through."), **note)
    if found.channel is None:
        return Composer(
            reason=_why(visit, found, texts.gettext("The channel does not work at the moment.")), **note
        )
    able = found.channel.capabilities
    if not able.reply:
        return Composer(
            reason=texts.gettext(
                "“{channel}” only takes messages in. Answer by another way and keep a note here.",
                channel=found.account.name,
            ),
            **note,
        )
    if not document.get("contact"):
        return Composer(reason=texts.gettext("Nobody is known to answer to."), **note)
    if closed := _window_closed(visit, document, able):
        return Composer(reason=closed, **note)
    reason = ""
    if found.trouble:
        reason = texts.gettext("The channel is paused: a reply waits until it works again.")
    elif found.channel.reply_hint is not None:
        reason = _hint(visit, found)
    return Composer(
        can_reply=True,
        reason=reason,
        via=found.account.name,
        max_length=able.max_length,
        attachments=able.attachments,
        kind="note" if kind == "note" else "reply",
        text=text or begun.get(kind, ""),
        **written,
    )


async def _account_of(visit: "Visit", document: dict[str, Any]) -> Found | None:
    account = document.get("account") or {}
    if not account.get("id"):
        return None
    try:
        found: Found = await visit.crm.channel_accounts.get(str(account["id"]))
    except NotFound:
        return None
    return found


def _hint(visit: "Visit", found: Found) -> str:
    """Return what the channel says about replies; a plugin's function that fails says nothing."""
    try:
        hint = found.channel.reply_hint if found.channel else None
        return visit.say(hint(found.account.config)) if hint else ""
    except Exception:
        return ""


def _why(visit: "Visit", found: Found, fallback: str) -> str:
    trouble: Label = found.trouble
    return visit.say(trouble) or fallback


def _window_closed(visit: "Visit", document: dict[str, Any], able: Capabilities) -> str:
    last = document.get("last_inbound_at")
    if able.reply_window_s is None:
        return ""
    window = timedelta(seconds=able.reply_window_s)
    if last is not None and visit.formats.now - last <= window:
        return ""
    return visit.texts.gettext(
        "This channel lets you answer within {time} of the customer’s last message. That time is over.",
        time=visit.formats.span(able.reply_window_s),
    )
