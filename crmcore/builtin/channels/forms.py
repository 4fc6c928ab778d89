"""Public forms as a page shows and sends them."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from crmcore.builtin.channels.form import SentForm
from crmcore.builtin.channels.form_answers import Answers, problems_in
from crmcore.builtin.channels.form_config import FieldKind, FormConfig
from crmcore.builtin.channels.form_token import FormTokens
from crmcore.clock import Clock
from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.contracts.labels import Label, text_of
from crmcore.conversations.accounts import ChannelAccounts, Found
from crmcore.conversations.service import Conversations
from crmcore.errors import Invalid, NotFound

_SEND: Label = {"en": "Send", "ru": "Отправить"}
_THANKS: Label = {
    "en": "Thank you. We have your message and will answer soon.",
    "ru": "Спасибо! Мы получили ваше сообщение и скоро ответим.",
}
_AUTOCOMPLETE = {"email": "email", "phone": "tel", "name": "name"}


class FormInput(Struct, frozen=True, kw_only=True):
    """One question as a page shows it."""

    name: str
    label: str
    type: FieldKind
    required: bool
    help: str
    choices: tuple[str, ...]
    max_length: int
    autocomplete: str


class FormDefinition(Struct, frozen=True, kw_only=True):
    """A form as a page shows it, its texts in one language.

    The page sends back the answers by their input's name, ``token`` as it is, and what somebody wrote into an
    input named ``trap`` that people do not see.
    """

    slug: str
    title: str
    intro: str
    thanks: str
    submit: str
    language: str
    inputs: tuple[FormInput, ...]
    token: str
    trap: str


class Forms:
    """The public forms of one workspace: ``definition`` for showing one, ``submit`` for sending it."""

    def __init__(
        self,
        *,
        accounts: ChannelAccounts,
        conversations: Conversations,
        tokens: FormTokens,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._conversations = conversations
        self._tokens = tokens
        self._clock = clock

    async def definition(self, slug: str, language: str = "") -> FormDefinition:
        """Return the form at ``slug`` with a fresh token, in ``language`` or the form's own.

        Raises NotFound for what is no form, or is paused.
        """
        found, config = await self._form(slug)
        language = language or config.language
        return FormDefinition(
            slug=found.row["slug"],
            title=text_of(config.title, language),
            intro=text_of(config.intro, language),
            thanks=text_of(config.thanks or _THANKS, language),
            submit=text_of(config.submit or _SEND, language),
            language=language,
            inputs=tuple(
                FormInput(
                    name=field.name,
                    label=text_of(field.label, language),
                    type=field.type,
                    required=field.required,
                    help=text_of(field.help, language),
                    choices=tuple(field.choices),
                    max_length=20_000 if field.type == "multiline" else 500,
                    autocomplete=_AUTOCOMPLETE.get(field.target, "off"),
                )
                for field in config.fields
            ),
            token=self._tokens.token(found.row["id"], self._clock()),
            trap=config.trap,
        )

    async def submit(
        self,
        slug: str,
        answers: Answers,
        *,
        token: str,
        trap: str = "",
        url: str,
        remote_address: str = "",
        user_agent: str = "",
        language: str = "",
    ) -> Verified:
        """Take a filled form. What a machine sent is answered like everything else.

        Raises Invalid with every problem at ``/NAME`` of its input (or without a path when the form was open for
        too long), NotSignedIn when the token is not ours, TooMany, NotFound.
        """
        _, config = await self._form(slug)
        problems = problems_in(config, answers, self._tokens.default_country)
        if problems:
            raise Invalid(problems=tuple(problems))
        names = {field.name for field in config.fields}
        sent = SentForm(
            token=token,
            values={name: _plain(value) for name, value in answers.items() if name in names},
            trap=trap[:200],
            known={"ip_address": remote_address[:45], "browser": user_agent[:300], "language": language[:20]},
        )
        request = InboundRequest(
            method="POST",
            url=url,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(sent),
            received_at=self._clock(),
            remote_address=remote_address,
        )
        return await self._conversations.receive(slug, request)

    async def _form(self, slug: str) -> tuple[Found, FormConfig]:
        found = await self._accounts.get(slug)
        config = found.account.config
        if found.channel is None or found.trouble or not isinstance(config, FormConfig):
            raise NotFound()
        return found, config


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
