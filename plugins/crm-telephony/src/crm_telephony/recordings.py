"""Recordings: fetched when they are ready, kept as files of ours, deleted when their time is over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm_telephony.backend import Backend, NotYet
from crm_telephony.backends import BACKENDS
from crm_telephony.tables import TelephonyCall
from crmcore import CrmError, InvalidValue, Job, OutgoingRefused, PluginContext, Retry

FETCH = "fetch_recording"
AGAIN_S = 30.0
MOST_AT_ONCE = 500


async def recording_is_ready(key: str, ref: str, plugin: PluginContext, *, voicemail: bool = False) -> bool:
    """Note where the recording of a call is and have it fetched; False when the call is not known."""
    table = TelephonyCall
    values: dict[Any, Any] = {table.recording_ref: ref}
    if voicemail:
        values[table.voicemail] = True
    await table.update(values, force=True).where(table.call_sid == key)
    await table.update({table.recording_state: "waiting"}, force=True).where(
        table.call_sid == key, table.recording_state == "none"
    )
    row = await table.select(table.id, table.recording_state).where(table.call_sid == key).first()
    if row is None:
        return False
    if row["recording_state"] == "waiting":
        await ask_for(row["id"], plugin)
    return True


async def ask_for(call: UUID, plugin: PluginContext) -> None:
    """Put the fetching of a call's recording into the queue, once."""
    await plugin.enqueue(FETCH, {"call": str(call)}, key=f"recording:{call}")


async def fetch_recording(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Fetch the recording of one call. Done twice, it is there once."""
    table = TelephonyCall
    row = await table.select().where(table.id == UUID(str(payload["call"]))).first()
    if row is None or row["recording_state"] != "waiting" or row["account"] is None:
        return
    account = await plugin.connections.get(row["account"])
    backend: Backend = BACKENDS[account.channel]
    try:
        sound = await backend.fetch(row, account, plugin)
    except NotYet as reason:
        raise Retry(str(reason), after_s=AGAIN_S) from reason
    except OutgoingRefused:
        await _note(row["id"], "failed")
        raise
    if sound is None or not sound.data:
        await _note(row["id"], "none" if sound is None else "failed")
        return
    try:
        file = await plugin.files.keep(sound.name, sound.content_type, sound.data)
    except InvalidValue:
        await _note(row["id"], "failed")
        raise
    except CrmError as refused:
        if refused.code == "too_large":
            await _note(row["id"], "failed")
        raise
    kept = (
        await table.update({table.recording: file, table.recording_state: "kept"}, force=True)
        .where(table.id == row["id"], table.recording_state == "waiting")
        .returning(table.id)
    )
    if not kept:
        # It was erased, or fetched by another, while it came.
        await plugin.files.delete(file)


async def delete_old(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Delete recordings that are older than the settings allow."""
    days = plugin.settings.keep_recordings_days
    if not days:
        return
    before = plugin.now() - timedelta(days=days)
    table = TelephonyCall
    while True:
        rows = (
            await table.select(table.id, table.recording)
            .where(table.ended_at < before, table.recording.is_not_null())
            .limit(MOST_AT_ONCE)
        )
        for row in rows:
            await forget(row, plugin)
        if len(rows) < MOST_AT_ONCE:
            return


async def forget(row: Mapping[str, Any], plugin: PluginContext) -> None:
    """Delete the file of a call's recording; where it was stays unknown from then on."""
    await plugin.files.delete(row["recording"])
    table = TelephonyCall
    values: dict[Any, Any] = {
        table.recording: None,
        table.recording_state: "deleted",
        table.recording_ref: "",
    }
    await table.update(values, force=True).where(table.id == row["id"])


async def _note(call: UUID, state: str) -> None:
    await TelephonyCall.update({TelephonyCall.recording_state: state}, force=True).where(
        TelephonyCall.id == call
    )


JOBS = (
    Job(
        key=FETCH,
        run=fetch_recording,
        label={"en": "Fetch a recording", "ru": "Получить запись разговора"},
        at_once=4,
        timeout_s=90.0,
    ),
    Job(
        key="delete_recordings",
        run=delete_old,
        label={"en": "Delete old recordings", "ru": "Удалить старые записи разговоров"},
        at="40 3 * * *",
        timeout_s=600.0,
    ),
)
