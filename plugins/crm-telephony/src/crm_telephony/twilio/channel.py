"""The channel ``twilio_voice``: calls at Twilio, led by its own TwiML or by ours."""

import msgspec

from crm_telephony import words
from crm_telephony.report import Report
from crm_telephony.told import message_of
from crm_telephony.twilio import twiml
from crm_telephony.twilio.callback import Callback, form_fields, is_form, read_callback
from crm_telephony.twilio.config import TwilioVoiceConfig
from crm_telephony.twilio.handling import alone, handle, is_elsewhere, is_ours
from crm_telephony.twilio.numbers import identities
from crm_telephony.twilio.rest import KEY, check
from crm_telephony.twilio.signature import is_signed
from crmcore import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundMessage,
    InboundRequest,
    RawDelivery,
    Verified,
)


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    """Prove that Twilio sent the request for this account; raises :class:`~crmcore.Forged`.

    The delivery key is Twilio's idempotency token, which it repeats when it delivers again; without one, the
    call and its place in the sequence. Where Twilio asks what to do, the answer is TwiML; from any other it reads
    nothing.
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
    answer = _answer(callback, request.url, config)
    return Verified(
        delivery_key=_delivery_key(request, callback),
        status=200 if answer else 204,
        content_type=twiml.KIND if answer else "application/json",
        answer=answer,
    )


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    """Return one message for a call that is over, none for its earlier stages or for another line."""
    config: TwilioVoiceConfig = account.config
    if is_ours(delivery):
        return [message_of(msgspec.json.decode(delivery.body, type=Report), config)]
    callback = read_callback(delivery.url, delivery.body)
    if callback is None or callback.outcome is None or callback.step or config.ring:
        return []
    if is_elsewhere(callback, config):
        return []
    report = alone(callback, callback.at or delivery.received_at, "ended")
    return [message_of(report, config, identities=identities(callback.customer), thread=callback.thread)]


def _answer(callback: Callback, url: str, config: TwilioVoiceConfig) -> bytes:
    """Return what Twilio is to do now, empty where it does not ask."""
    if callback.is_question and config.ring:
        return twiml.ring(config, url)
    if callback.step == "dialled":
        answered = callback.dial_status in ("completed", "answered")
        return twiml.after_dialling(config, url, answered=answered)
    if callback.step == "left" or (callback.step == "out" and callback.dial_status):
        return twiml.hang_up()
    return b""


def _delivery_key(request: InboundRequest, callback: Callback) -> str:
    token = request.headers.get("i-twilio-idempotency-token", "")[:120]
    sent = token or f"{callback.sequence}/{callback.status}"
    # One call's steps come without a sequence of their own.
    step = f"{callback.step}/" if callback.step else ""
    kind = f"{callback.recording_sid[-12:]}/" if callback.recording_status else ""
    dialled = f"/{callback.dial_status}" if callback.dial_status and not token else ""
    return f"{callback.call_sid}:{step}{kind}{sent}{dialled}"


TWILIO_VOICE = Channel(
    key=KEY,
    label=words.TWILIO,
    verify=verify,
    parse=parse,
    handle=handle,
    config=TwilioVoiceConfig,
    check=check,
    capabilities=Capabilities(reply=False, identity_kinds=("phone", "handle")),
    icon="phone",
)
