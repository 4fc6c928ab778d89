"""What Twilio's callbacks say while a call goes on, and about its recording."""

from datetime import datetime
from typing import Any

import msgspec

from crm_telephony.live import follow
from crm_telephony.recordings import recording_is_ready
from crm_telephony.report import Direction, Outcome, Report, Stage
from crm_telephony.tables import TelephonyCall
from crm_telephony.twilio.callback import Callback, read_callback
from crm_telephony.twilio.config import TwilioVoiceConfig
from crm_telephony.twilio.numbers import is_hidden
from crmcore import ChannelAccount, PluginContext, RawDelivery, Retry

OURS = "report:"
"""How the keys of deliveries begin that we made ourselves, of calls whose end several callbacks tell together."""
_DIALLED: dict[str, Outcome] = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "failed": "failed",
    "canceled": "cancelled",
}


def is_ours(delivery: RawDelivery) -> bool:
    """Tell whether the delivery is a report of our own."""
    return delivery.delivery_key.startswith(OURS) and not delivery.url.partition("?")[2]


async def handle(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    """Follow the call that a callback tells of, and keep its recording."""
    if is_ours(delivery):
        return
    config: TwilioVoiceConfig = account.config
    callback = read_callback(delivery.url, delivery.body)
    if callback is None or is_elsewhere(callback, config):
        return
    if callback.recording_sid and callback.recording_status in ("", "completed"):
        await _recorded(callback, plugin)
    if not callback.step and not callback.is_question and not config.ring:
        await _follow_alone(callback, delivery.received_at, account, plugin)
        return
    report = await _together(callback, delivery.received_at, config)
    if report is None:
        return
    await follow(report, account, plugin)
    if report.stage == "ended":
        await plugin.connections.deliver(account.id, f"{OURS}{report.key}", msgspec.json.encode(report))


def is_elsewhere(callback: Callback, config: TwilioVoiceConfig) -> bool:
    """Tell whether a callback is about another line of the same Twilio account."""
    known = config.number and callback.line.startswith("+") and not callback.step
    return bool(known and callback.line != config.number)


async def _follow_alone(
    callback: Callback, now: datetime, account: ChannelAccount, plugin: PluginContext
) -> None:
    """Somebody else's TwiML answers: status callbacks say all there is, and the last becomes the message."""
    stages: dict[str, Stage] = {"ringing": "ringing", "in-progress": "answered"}
    stage: Stage | None = "ended" if callback.outcome else stages.get(callback.status)
    if stage is None:
        return
    at = callback.at or now
    before = await _row(callback.call_sid)
    await follow(alone(callback, at, stage, before["started_at"] if before else None), account, plugin)


def alone(callback: Callback, at: datetime, stage: Stage, started: datetime | None = None) -> Report:
    """Return the report of a call of which only its own status callbacks tell."""
    answered = callback.outcome == "answered" or stage == "answered"
    return Report(
        key=callback.call_sid,
        stage=stage,
        direction=callback.direction,
        outcome=callback.outcome or ("answered" if answered else "missed"),
        number="" if is_hidden(callback.customer) else callback.customer,
        name="" if is_hidden(callback.customer) else callback.caller_name,
        line=callback.line,
        waited_s=0 if callback.outcome == "answered" else callback.seconds,
        talked_s=callback.seconds if callback.outcome == "answered" else 0,
        recording=callback.recording_sid,
        started_at=started or at,
        answered_at=at if stage == "answered" else None,
        ended_at=at if stage == "ended" else None,
    )


async def _together(callback: Callback, now: datetime, config: TwilioVoiceConfig) -> Report | None:
    """Return what callback and row say together of a call that our own TwiML leads."""
    at = callback.at or now
    row = await _row(callback.thread)
    if callback.is_question:
        return _report(callback, row, "ringing", at, phones=tuple(config.ring))
    if callback.step == "leg":
        if callback.status == "in-progress":
            return _report(callback, row, "answered", at, agent=callback.called)
        return None
    if callback.step == "out":
        if callback.dial_status:
            outcome = _DIALLED.get(callback.dial_status, "missed")
            return _report(callback, row, "ended", at, outcome=outcome, seconds=callback.dial_seconds)
        if callback.outcome not in (None, "answered"):
            return _report(callback, row, "ended", at, outcome=callback.outcome)
        return None
    if callback.step:
        return None  # the dialled phones, a voice message: told by the call's own end
    if callback.outcome is None:
        return None
    answered = row is not None and row["answered_at"] is not None
    outcome = "answered" if answered else ("cancelled" if callback.outcome == "cancelled" else "missed")
    return _report(callback, row, "ended", at, outcome=outcome, seconds=callback.seconds)


def _report(
    callback: Callback,
    row: dict[str, Any] | None,
    stage: Stage,
    at: datetime,
    *,
    outcome: Outcome | None = None,
    seconds: int = 0,
    agent: str = "",
    phones: tuple[str, ...] = (),
) -> Report:
    row = row or {}
    started: datetime = row.get("started_at") or at
    answered: datetime | None = row.get("answered_at") or (at if stage == "answered" else None)
    direction: Direction = "out" if callback.step == "out" else "in"
    customer = "" if callback.step == "leg" else callback.customer
    waited = max(0, round(((answered or at) - started).total_seconds()))
    talked = 0
    if outcome == "answered":
        talked = max(0, round((at - answered).total_seconds())) if answered and direction == "in" else seconds
        waited = waited if answered else 0
    return Report(
        key=callback.thread,
        stage=stage,
        direction=direction,
        outcome=outcome or ("answered" if answered else "missed"),
        number=row.get("number") or ("" if is_hidden(customer) else customer),
        name="" if is_hidden(customer) else callback.caller_name,
        line=row.get("line") or ("" if callback.step in ("leg", "out") else callback.line),
        phones=phones or tuple((row.get("phones") or "").split()),
        agent=agent or row.get("agent") or "",
        waited_s=min(waited, 10_000_000),
        talked_s=min(talked, 10_000_000),
        voicemail=bool(row.get("voicemail")),
        recording=row.get("recording_ref") or "",
        started_at=started,
        answered_at=answered,
        ended_at=at if stage == "ended" else None,
    )


async def _recorded(callback: Callback, plugin: PluginContext) -> None:
    voicemail = callback.step == "voicemail"
    found = await recording_is_ready(callback.thread, callback.recording_sid, plugin, voicemail=voicemail)
    if not found and callback.recording_status == "completed":
        # The call is told of by another callback, which may come later.
        raise Retry("the call of this recording is not known yet", after_s=20)


async def _row(key: str) -> dict[str, Any] | None:
    return await TelephonyCall.select().where(TelephonyCall.call_sid == key).first()
