"""What a conversation remembers of its messages: who waits since when, the last words.

The results do not depend on the order in which messages are written: a message that arrives late, with an older
time, changes only what it would have changed in its place.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

PREVIEW_LENGTH = 200

NOTHING_YET: Mapping[str, Any] = {
    "message_count": 0,
    "last_activity_at": None,
    "last_inbound_at": None,
    "last_outbound_at": None,
    "waiting_since": None,
    "first_response_at": None,
}


def preview_of(text: str) -> str:
    """Return the beginning of ``text`` on one line."""
    return " ".join(text[: PREVIEW_LENGTH * 4].split())[:PREVIEW_LENGTH]


def after_inbound(row: Mapping[str, Any], text: str, at: datetime) -> dict[str, Any]:
    """Return the columns of the conversation ``row`` after the customer wrote ``text`` at ``at``."""
    values = _after_message(row, text, at)
    values["last_inbound_at"] = _later(row["last_inbound_at"], at)
    answered = row["last_outbound_at"]
    if answered is None or at > answered:
        since = row["waiting_since"]
        values["waiting_since"] = at if since is None else min(since, at)
    return values


def after_reply(row: Mapping[str, Any], text: str, at: datetime) -> dict[str, Any]:
    """Return the columns of the conversation ``row`` after somebody answered with ``text`` at ``at``."""
    values = _after_message(row, text, at)
    values["last_outbound_at"] = _later(row["last_outbound_at"], at)
    values["waiting_since"] = None
    if row["first_response_at"] is None and row["last_inbound_at"] is not None:
        values["first_response_at"] = at
    return values


def after_note(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return the columns of the conversation ``row`` after a note, which customers never see."""
    return {
        "message_count": row["message_count"] + 1,
        "last_activity_at": _later(row["last_activity_at"], at),
    }


def _after_message(row: Mapping[str, Any], text: str, at: datetime) -> dict[str, Any]:
    values = after_note(row, at)
    spoken = [moment for moment in (row["last_inbound_at"], row["last_outbound_at"]) if moment is not None]
    if not spoken or at >= max(spoken):
        values["preview"] = preview_of(text)
    return values


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)
