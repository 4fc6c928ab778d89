"""What Twilio is told to do with a call: TwiML (https://www.twilio.com/docs/voice/twiml)."""

from collections.abc import Iterable
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from crm_telephony.twilio.config import TwilioVoiceConfig

KIND = "text/xml; charset=utf-8"
LONGEST_MESSAGE_S = 180
LONGEST_CALL_S = 14_400
_VOICES = {"en": "en-US", "ru": "ru-RU"}
EVENTS = "initiated ringing answered completed"


def step_url(address: str, step: str, **more: str) -> str:
    """Return the account's address as Twilio calls it at ``step``; signed with everything in it."""
    return f"{address.partition('?')[0]}?{urlencode({'step': step, **more})}"


def ring(config: TwilioVoiceConfig, address: str) -> bytes:
    """Ring all phones of the settings at once; what comes after is asked for at the step ``dialled``."""
    ends = "".join(_end(phone, address) for phone in config.ring)
    recorded = _recorded(config, address)
    dial = (
        f'<Dial timeout="{config.ring_s}" timeLimit="{LONGEST_CALL_S}"'
        f" action={quoteattr(step_url(address, 'dialled'))}{recorded}>{ends}</Dial>"
    )
    return _response(_say(config.greeting, config), dial)


def after_dialling(config: TwilioVoiceConfig, address: str, *, answered: bool) -> bytes:
    """Take a voice message from whom nobody answered, or end the call."""
    if answered or not config.voicemail:
        return _response("<Hangup/>")
    record = (
        f'<Record maxLength="{LONGEST_MESSAGE_S}" playBeep="true" action={quoteattr(step_url(address, "left"))}'
        f" recordingStatusCallback={quoteattr(step_url(address, 'voicemail'))}/>"
    )
    return _response(_say(config.voicemail, config), record)


def hang_up() -> bytes:
    """End the call."""
    return _response("<Hangup/>")


def connect(number: str, config: TwilioVoiceConfig, address: str) -> str:
    """Connect an agent, who has picked up, with ``number``."""
    action = quoteattr(step_url(address, "out", number=number))
    caller = f" callerId={quoteattr(config.number)}" if config.number else ""
    dial = (
        f"<Dial{caller} action={action}{_recorded(config, address)}><Number>{escape(number)}</Number></Dial>"
    )
    return _response(dial).decode()


def _end(phone: str, address: str) -> str:
    kind, _, name = phone.partition(":")
    tag = {"client": "Client", "sip": "Sip"}.get(kind, "Number")
    text = name if tag == "Client" else phone
    callback = quoteattr(step_url(address, "leg"))
    return f'<{tag} statusCallback={callback} statusCallbackEvent="{EVENTS}">{escape(text)}</{tag}>'


def _recorded(config: TwilioVoiceConfig, address: str) -> str:
    if not config.record:
        return ""
    callback = quoteattr(step_url(address, "recording"))
    return f' record="record-from-answer-dual" recordingStatusCallback={callback}'


def _say(text: str, config: TwilioVoiceConfig) -> str:
    return f'<Say language="{_VOICES[config.language]}">{escape(text)}</Say>' if text else ""


def _response(*verbs: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?><Response>' + _joined(verbs) + "</Response>").encode()


def _joined(verbs: Iterable[str]) -> str:
    return "".join(verbs)
