"""The ``form`` channel: a public page whose answers become a contact, a conversation and, if asked, a task."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from crmcore.builtin.channels.form_answers import message_of, problems_in
from crmcore.builtin.channels.form_config import FormConfig
from crmcore.builtin.channels.form_targets import CustomFieldKeys, target_problems
from crmcore.builtin.channels.form_token import FormTokens
from crmcore.contracts.channels import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundRequest,
    RawDelivery,
    Verified,
)
from crmcore.contracts.messages import InboundMessage
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.conversions import problem_of

_EXPIRED = {
    "en": "The form was open for too long. Load it again and send it once more.",
    "ru": "Форма была открыта слишком долго. Обновите страницу и отправьте ещё раз.",
}
_NOT_JSON = {
    "en": "This is not a filled form: it is not JSON.",
    "ru": "Это не заполненная форма: это не JSON.",
}
# A day: people leave a form open over night.
_LONGEST_S = 86_400


Name = Annotated[str, Meta(max_length=100)]
# Longer than what any question takes: a question says its own maximum.
Answer = Annotated[str, Meta(max_length=200_000)]


class SentForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filled form as it is stored: answers by field name, what stood in the trap, who sent it."""

    token: Annotated[str, Meta(max_length=500)]
    values: dict[Name, Answer | Annotated[list[Answer], Meta(max_length=1000)]]
    trap: Answer = ""
    known: dict[Name, Answer] = field(default_factory=dict)


def form_channel(tokens: FormTokens, custom_fields: CustomFieldKeys) -> Channel:
    """Return the channel for public forms.

    ``tokens`` say when a form was opened, ``custom_fields`` the keys that answers of a record type may go to.
    """

    async def check_config(config: FormConfig) -> Sequence[Problem]:
        """Refuse targets among custom fields that the workspace has not."""
        return await target_problems(config, custom_fields)

    def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
        """Accept a form that was opened here, with answers that fit its questions."""
        sent = _sent(request.body)
        opened = tokens.opened(account.id, sent.token)
        if opened is None:
            raise Forged
        if request.received_at - opened.at > timedelta(seconds=_LONGEST_S):
            raise InvalidValue(_EXPIRED, code="form_expired")
        for problem in problems_in(account.config, sent.values, tokens.default_country):
            raise InvalidValue(
                problem.message, code=problem.code, path=f"/values{problem.path}", **problem.params
            )
        # One opened form is one message: sent twice, it is the same delivery.
        return Verified(delivery_key=opened.nonce)

    def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
        """Return the message in a filled form, marked when a machine filled it."""
        sent = _sent(delivery.body)
        config: FormConfig = account.config
        opened = tokens.opened(account.id, sent.token)
        if opened is None:
            raise Forged
        took_s = (delivery.received_at - opened.at).total_seconds()
        # A clock that was set back makes the time negative: that is nobody's haste.
        hasty = 0 <= took_s < config.minimum_fill_s
        return [
            message_of(
                config,
                sent.values,
                external_id=delivery.delivery_key,
                trapped=bool(sent.trap.strip()) or hasty,
                known=sent.known,
            )
        ]

    return Channel(
        key="form",
        label={"en": "Web form", "ru": "Форма на сайте"},
        icon="file-text",
        verify=verify,
        parse=parse,
        config=FormConfig,
        check_config=check_config,
        capabilities=Capabilities(reply=False, identity_kinds=("email", "phone")),
        public_form=True,
    )


def _sent(body: bytes) -> SentForm:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidValue(_NOT_JSON, code="not_a_form") from None
    try:
        return msgspec.convert(document, SentForm)
    except msgspec.ValidationError as error:
        found = problem_of(error, SentForm)
        raise InvalidValue(found.message, code=found.code, path=found.path, **found.params) from None
