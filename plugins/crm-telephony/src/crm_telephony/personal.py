"""Calls of one person: given out, and made nobody's."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from crm_telephony.tables import TelephonyCall
from crmcore import DataItem, DataSubject, PersonalData, PluginContext

_SHOWN = (
    "direction",
    "outcome",
    "number",
    "line",
    "seconds",
    "queue",
    "agent",
    "waited_s",
    "held_s",
    "transferred_to",
    "result",
    "notes",
    "recording_url",
)


async def export_calls(subject: DataSubject, plugin: PluginContext) -> AsyncIterator[DataItem]:
    """Yield every call with the person, the oldest first."""
    for row in await TelephonyCall.select().where(_with(subject)).order_by(TelephonyCall.ended_at):
        data: dict[str, Any] = {name: row[name] for name in _SHOWN if row[name] not in ("", None)}
        files = (row["recording"],) if row["recording"] is not None else ()
        yield DataItem(id=str(row["id"]), data={"ended_at": row["ended_at"].isoformat(), **data}, files=files)


async def erase_calls(subject: DataSubject, plugin: PluginContext) -> int:
    """Take number, recording, notes and the vendor's id out of the calls; how many and how long stays."""
    rows = await TelephonyCall.select(TelephonyCall.id, TelephonyCall.recording).where(
        _with(subject), TelephonyCall.call_sid.not_like("erased-%")
    )
    for row in rows:
        if row["recording"] is not None:
            await plugin.files.delete(row["recording"])
        values: dict[Any, Any] = {
            TelephonyCall.call_sid: f"erased-{uuid4().hex}",
            TelephonyCall.number: "",
            TelephonyCall.recording_url: "",
            TelephonyCall.recording_ref: "",
            TelephonyCall.recording: None,
            TelephonyCall.recording_state: "deleted",
            TelephonyCall.transferred_to: "",
            TelephonyCall.notes: "",
        }
        await TelephonyCall.update(values, force=True).where(TelephonyCall.id == row["id"])
    return len(rows)


def _with(subject: DataSubject) -> Any:
    """Return the condition: calls of the contact, and those with one of its numbers that are nobody's."""
    condition: Any = TelephonyCall.contact.is_in(list(subject.contacts))
    numbers = [point.value for point in subject.points if point.kind == "phone"]
    if numbers:
        condition = condition | (TelephonyCall.contact.is_null() & TelephonyCall.number.is_in(numbers))
    return condition


CALLS_OF_A_PERSON = PersonalData(
    key="calls", label={"en": "Calls", "ru": "Звонки"}, export=export_calls, erase=erase_calls
)
