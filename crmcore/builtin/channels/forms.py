"""Public forms as a page shows and sends them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.builtin.channels.form import SentForm
from crmcore.builtin.channels.form_answers import Answers, problems_in
from crmcore.builtin.channels.form_config import FieldKind, FormConfig
from crmcore.builtin.channels.form_token import FormTokens
from crmcore.clock import Clock
from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.attachments import sender_of_form
from crmcore.conversations.found import Found
from crmcore.conversations.service import Conversations
from crmcore.errors import Invalid, NotFound, NotSignedIn
from crmcore.files.service import Files
from crmcore.files.spool import Spooled

_SEND: Label = {"en": "Send", "ru": "Отправить"}
_THANKS: Label = {
    "en": "Thank you. We have your message and will answer soon.",
    "ru": "Спасибо! Мы получили ваше сообщение и скоро ответим.",
}
# Stands for a file while the other answers are looked at, and for one that a machine sent.
_SOME_FILE = "00000000-0000-0000-0000-000000000000"
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
        files: Files,
        tokens: FormTokens,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._conversations = conversations
        self._files = files
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
        files: Mapping[str, Spooled] | None = None,
    ) -> Verified:
        """Take a filled form, with ``files`` by their input. What a machine sent is answered like everything else.

        Raises Invalid with every problem at ``/NAME`` of its input (or without a path when the form was open for
        too long), NotSignedIn when the token is not ours, TooMany, NotFound.
        """
        found, config = await self._form(slug)
        given = {field.name for field in config.fields if field.type == "file"} & (files or {}).keys()
        others = {name: value for name, value in answers.items() if name not in _file_names(config)}
        # Everything else is looked at before a file is stored: what is refused leaves nothing behind.
        problems = problems_in(
            config, others | dict.fromkeys(given, _SOME_FILE), self._tokens.default_country
        )
        if problems:
            raise Invalid(problems=tuple(problems))
        answers = others
        if given and files and not trap.strip():
            if self._tokens.opened(found.row["id"], token) is None:
                raise NotSignedIn
            await self._conversations.check_address(found, remote_address)
            answers = others | await self._stored(found.row["id"], {name: files[name] for name in given})
        elif given:
            answers = others | dict.fromkeys(given, _SOME_FILE)
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

    async def _stored(self, account: UUID, files: Mapping[str, Spooled]) -> dict[str, str]:
        """Store the files of a form and return their ids by input; raises Invalid with each that is refused."""
        ids: dict[str, str] = {}
        problems: list[Problem] = []
        for name, file in files.items():
            try:
                ids[name] = str((await self._files.keep(file, actor=sender_of_form(account)))["id"])
            except InvalidValue as refused:
                problems.append(refused.problem(f"/{name}"))
        if problems:
            raise Invalid(problems=tuple(problems))
        return ids

    async def _form(self, slug: str) -> tuple[Found, FormConfig]:
        found = await self._accounts.get(slug)
        config = found.account.config
        if found.channel is None or found.trouble or not isinstance(config, FormConfig):
            raise NotFound()
        return found, config


def _file_names(config: FormConfig) -> set[str]:
    return {field.name for field in config.fields if field.type == "file"}


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
