"""The channel ``twilio_voice``: finished calls become messages, missed ones tasks as well."""

import msgspec

from crm_telephony import words
from crm_telephony.call import Call
from crm_telephony.twilio.callback import Callback, form_fields, is_form, read_callback
from crm_telephony.twilio.config import TwilioVoiceConfig
from crm_telephony.twilio.numbers import identities, is_hidden
from crm_telephony.twilio.signature import is_signed
from crmcore import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundMessage,
    InboundRequest,
    RawDelivery,
    TaskRequest,
    Verified,
    text_of,
)

KEY = "twilio_voice"


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    """Prove that Twilio sent the request for this account; raises :class:`~crmcore.Forged`.

    The delivery key is Twilio's idempotency token, which it repeats when it delivers again; without one, the
    call and its place in the sequence. Twilio wants any answer of the 200s and reads nothing from it.
    """
    config: TwilioVoiceConfig = account.config
    form = is_form(request.headers)
    try:
        fields = form_fields(request.body) if form else ()
        callback = read_callback(request.url, request.body if form else b"")
    except ValueError:
        raise Forged("too many fields") from None
    tokens = (config.auth_token, config.auth_token_previous)
    signature = request.headers.get("x-twilio-signature", "")
    # A GET or an empty POST has nothing in its body to sign; its fields are in the URL.
    if not is_signed(signature, request.url, fields, request.body, tokens, form=form or not request.body):
        raise Forged("the signature does not fit")
    if callback is None or not form:
        return Verified(delivery_key=None, status=204)
    if callback.account_sid not in ("", config.account_sid):
        raise Forged("signed for another account")
    return Verified(delivery_key=_delivery_key(request, callback), status=204)


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    """Return one message for a call that is over, none for its earlier stages or for another line."""
    config: TwilioVoiceConfig = account.config
    callback = read_callback(delivery.url, delivery.body)
    if callback is None or callback.outcome is None:
        return []
    if config.number and callback.line.startswith("+") and callback.line != config.number:
        return []
    hidden = is_hidden(callback.customer)
    who = text_of(words.HIDDEN, config.language) if hidden else callback.customer
    ended_at = callback.at or delivery.received_at
    call = Call(
        call_sid=callback.call_sid,
        direction=callback.direction,
        outcome=callback.outcome,
        number="" if hidden else callback.customer,
        line=callback.line,
        seconds=callback.seconds,
        recording_url=callback.recording_url,
        ended_at=ended_at,
    )
    return [
        InboundMessage(
            external_id=callback.call_sid,
            thread_key=callback.thread,
            identities=identities(callback.customer),
            # Nobody is made a contact for hiding: the conversation stands alone until an agent knows more.
            name="" if hidden else callback.caller_name,
            subject=text_of(words.SUBJECT, config.language, who=who),
            text=_told(call, callback, config.language),
            sent_at=ended_at,
            task=_task(call, who, config),
            details=msgspec.to_builtins(call),
        )
    ]


def _delivery_key(request: InboundRequest, callback: Callback) -> str:
    token = request.headers.get("i-twilio-idempotency-token", "")[:150]
    return f"{callback.call_sid}:{token or f'{callback.sequence}/{callback.status}'}"


def _told(call: Call, callback: Callback, language: str) -> str:
    text = call.text(language) + "."
    if call.recording_url:
        length = words.length_text(callback.recording_seconds, language)
        text += "\n" + text_of(words.RECORDED, language, length=length, url=call.recording_url)
    return text


def _task(call: Call, who: str, config: TwilioVoiceConfig) -> TaskRequest | None:
    """Return the task to call back; a hidden number cannot be called."""
    if call.direction != "in" or call.outcome == "answered" or not call.number:
        return None
    if not config.call_back_within_minutes:
        return None
    title = text_of(words.CALL_BACK, config.language, who=who)
    return TaskRequest(title=title, due_in_s=config.call_back_within_minutes * 60)


TWILIO_VOICE = Channel(
    key=KEY,
    label=words.CHANNEL,
    verify=verify,
    parse=parse,
    config=TwilioVoiceConfig,
    capabilities=Capabilities(reply=False, identity_kinds=("phone", "handle")),
    icon="phone",
)
