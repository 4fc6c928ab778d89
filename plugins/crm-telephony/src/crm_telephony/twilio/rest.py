"""Twilio's REST API (2010-04-01): calls that agents begin, recordings, the connection test."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from crm_telephony.backend import LARGEST_RECORDING, Backend, Dial, NotYet, Sound
from crm_telephony.report import Report
from crm_telephony.twilio.callback import OUTCOMES
from crm_telephony.twilio.config import TwilioVoiceConfig
from crm_telephony.twilio.twiml import EVENTS, connect, step_url
from crmcore import (
    ChannelAccount,
    CheckResult,
    HttpAnswer,
    OutgoingFailed,
    OutgoingRefused,
    PluginContext,
    Problem,
    Refusal,
)

KEY = "twilio_voice"
RING_S = 30


class _Answer(Struct):
    """What matters of Twilio's answers; the rest is ignored."""

    sid: str = ""
    code: int | None = None
    message: str = ""
    friendly_name: str = ""
    status: str | int = ""
    duration: str | None = None


async def ask(
    account: ChannelAccount,
    plugin: PluginContext,
    method: str,
    path: str,
    fields: list[tuple[str, str]] | None = None,
    *,
    max_bytes: int | None = None,
) -> HttpAnswer:
    """Send a request for the account; raises OutgoingFailed and OutgoingRefused."""
    config: TwilioVoiceConfig = account.config
    pair = base64.b64encode(f"{config.account_sid}:{config.auth_token}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    data = None
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        data = urlencode(fields).encode()
    url = f"{config.api}/2010-04-01/Accounts/{config.account_sid}{path}"
    return await plugin.http.request(
        method, url, headers=headers, data=data, timeout_s=15.0, max_bytes=max_bytes
    )


async def dial(asked: Dial, account: ChannelAccount, plugin: PluginContext) -> str:
    """Let Twilio ring the agent's phone and connect it with the customer; raises :class:`~crmcore.Refusal`."""
    config: TwilioVoiceConfig = account.config
    if not config.number:
        raise _refusal(
            "no_number", "The line has no public number in its settings.", "В настройках линии нет номера."
        )
    fields = [
        ("To", asked.phone),
        ("From", config.number),
        ("Twiml", connect(asked.number, config, account.address)),
        ("Timeout", str(RING_S)),
        ("StatusCallback", step_url(account.address, "out", number=asked.number)),
        ("StatusCallbackMethod", "POST"),
        *(("StatusCallbackEvent", event) for event in EVENTS.split()),
    ]
    try:
        answer = await ask(account, plugin, "POST", "/Calls.json", fields)
    except (OutgoingFailed, OutgoingRefused) as error:
        raise Refusal(Problem(code="away", message=error.label())) from error
    said = _read(answer)
    if answer.status != 201 or not said.sid:
        reason = said.message or f"HTTP {answer.status}"
        raise _refusal("refused", f"Twilio refuses the call: {reason}", f"Twilio отказывает: {reason}")
    return said.sid[:64]


async def fetch(call: dict[str, Any], account: ChannelAccount, plugin: PluginContext) -> Sound | None:
    """Return the recording of a call; raises :class:`NotYet`."""
    sid = call["recording_ref"]
    if not sid.startswith("RE"):
        return None
    try:
        answer = await ask(
            account, plugin, "GET", f"/Recordings/{quote(sid, safe='')}.mp3", max_bytes=LARGEST_RECORDING
        )
    except OutgoingFailed as failed:
        raise NotYet(str(failed)) from failed
    if answer.status != 200:
        raise NotYet(f"status {answer.status}")
    return Sound(name=f"{sid}.mp3", content_type="audio/mpeg", data=answer.body)


async def look(call: dict[str, Any], account: ChannelAccount, plugin: PluginContext) -> Report | None:
    """Return how a call went whose last callback was lost."""
    sid = call["call_sid"]
    if not sid.startswith("CA"):
        return None
    try:
        answer = await ask(account, plugin, "GET", f"/Calls/{quote(sid, safe='')}.json")
    except (OutgoingFailed, OutgoingRefused):
        return None
    said = _read(answer)
    outcome = OUTCOMES.get(str(said.status))
    if answer.status != 200 or outcome is None:
        return None
    seconds = (
        int(said.duration) if said.duration and said.duration.isascii() and said.duration.isdigit() else 0
    )
    seconds = min(seconds, 10_000_000)
    config: TwilioVoiceConfig = account.config
    if outcome == "answered" and (config.ring or call["direction"] == "out") and call["answered_at"] is None:
        outcome = "missed"  # our TwiML took it, and none of the phones was picked up
    return Report(
        key=sid,
        stage="ended",
        direction=call["direction"],
        outcome=outcome,
        number=call["number"],
        line=call["line"],
        phones=tuple(call["phones"].split()),
        agent=call["agent"],
        waited_s=0 if outcome == "answered" else seconds,
        talked_s=seconds if outcome == "answered" else 0,
        voicemail=call["voicemail"],
        recording=call["recording_ref"],
        started_at=call["started_at"],
        answered_at=call["answered_at"],
        ended_at=call["started_at"] + timedelta(seconds=seconds),
    )


async def check(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    """Test the connection: read the account."""
    try:
        answer = await ask(account, plugin, "GET", ".json")
    except (OutgoingFailed, OutgoingRefused) as error:
        return CheckResult(ok=False, message=error.label())
    said = _read(answer)
    if answer.status != 200:
        reason = said.message or f"HTTP {answer.status}"
        return CheckResult(
            ok=False, message={"en": f"Twilio refuses: {reason}", "ru": f"Twilio отказывает: {reason}"}
        )
    name = said.friendly_name[:100]
    return CheckResult(
        ok=True,
        message={"en": f"Signed in to Twilio’s account {name}.", "ru": f"Аккаунт Twilio {name} доступен."},
    )


def _read(answer: HttpAnswer) -> _Answer:
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Answer()
    said.message = "".join(char for char in said.message if char.isprintable())[:200]
    return said


def _refusal(code: str, en: str, ru: str) -> Refusal:
    return Refusal(Problem(code=code, message={"en": en, "ru": ru}))


TWILIO_BACKEND = Backend(channel=KEY, dial=dial, fetch=fetch, look=look)
