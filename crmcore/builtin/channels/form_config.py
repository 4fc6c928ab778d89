"""What a public form asks, and where the answers go."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

FieldKind = Literal["text", "multiline", "email", "phone", "number", "date", "choice", "checkbox", "file"]
Text = Annotated[str, Meta(max_length=500)]
LabelText = Text | dict[Annotated[str, Meta(max_length=8)], Text]
_TARGET = re.compile(
    r"|email|phone|name|subject|text|contact\.[a-z_]{1,60}|(contact|conversation)\.custom\.[a-z0-9_]{1,63}"
)
CONTACT_FIELDS = frozenset(
    {"first_name", "last_name", "company", "job_title", "language", "time_zone", "gender"}
)

_NO_TARGET: Label = {"en": "There is no target “{name}”.", "ru": "Цели «{name}» нет."}
_NOT_WRITTEN: Label = {
    "en": "A form does not write the contact's “{name}”.",
    "ru": "Форма не заполняет поле контакта «{name}».",
}
_CHOICES: Label = {
    "en": "A choice needs its choices, and nothing else has any.",
    "ru": "Варианты нужны вопросу с выбором, и только ему.",
}
_FILE_TARGET: Label = {
    "en": "A file goes with the message: its question has no target.",
    "ru": "Файл прикрепляется к сообщению: у такого вопроса нет цели.",
}
_SAME_NAME: Label = {
    "en": "Two questions have the same name.",
    "ru": "У двух вопросов одно и то же имя.",
}
_TRAP: Label = {
    "en": "The trap needs a name of its own: “{name}” is a question.",
    "ru": "Ловушке нужно собственное имя: «{name}» — это вопрос.",
}


class FormField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question.

    ``target`` says where the answer goes: ``email``, ``phone``, ``name``, ``subject``, ``text``,
    ``contact.first_name`` and the like, ``contact.custom.KEY``, ``conversation.custom.KEY``; empty: into the
    message's text, after its label. A ``file`` goes with the message and has no target.
    """

    name: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    label: LabelText
    type: FieldKind = "text"
    required: bool = False
    choices: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=200)] = []
    target: Annotated[str, Meta(max_length=100)] = ""
    help: LabelText = ""

    def __post_init__(self) -> None:
        if not _TARGET.fullmatch(self.target):
            raise InvalidValue(_NO_TARGET, code="unknown_target", path="/target", name=self.target)
        root, _, rest = self.target.partition(".")
        if root == "contact" and not rest.startswith("custom.") and rest not in CONTACT_FIELDS:
            raise InvalidValue(_NOT_WRITTEN, code="unknown_target", path="/target", name=rest)
        if self.type == "file" and self.target:
            raise InvalidValue(_FILE_TARGET, code="unknown_target", path="/target")
        if (self.type == "choice") != bool(self.choices):
            raise InvalidValue(_CHOICES, code="choices", path="/choices")


def ordinary_fields() -> list[FormField]:
    """Return the questions of a form that nobody has configured: name, e-mail address, message."""
    return [
        FormField(name="name", label={"en": "Your name", "ru": "Ваше имя"}, target="name"),
        FormField(
            name="email",
            label={"en": "E-mail address", "ru": "Адрес почты"},
            type="email",
            required=True,
            target="email",
        ),
        FormField(
            name="message",
            label={"en": "Message", "ru": "Сообщение"},
            type="multiline",
            required=True,
            target="text",
        ),
    ]


class FormConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a form.

    Unconfigured, it asks for name, e-mail address and message. ``task_title`` makes a task of every message,
    due ``task_due_in_s`` seconds later. Against machines:
    ``trap`` is the name of a field that people do not see; what comes back sooner than ``minimum_fill_s``
    seconds, or fills the trap, is dropped and kept in view; one address may send ``limit_per_address`` times
    in ``limit_window_s`` seconds. The ordinary one second is what no person can do: with what a browser fills in,
    two and a half are enough for a short message.
    """

    title: LabelText = field(default_factory=lambda: {"en": "Write to us", "ru": "Напишите нам"})
    fields: Annotated[list[FormField], Meta(min_length=1, max_length=40)] = field(
        default_factory=ordinary_fields
    )
    intro: LabelText = ""
    thanks: LabelText = ""
    submit: LabelText = ""
    language: Literal["en", "ru"] = "en"
    task_title: Annotated[str, Meta(max_length=200)] = ""
    task_due_in_s: Annotated[int, Meta(ge=0, le=31_536_000)] = 86_400
    trap: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")] = "website"
    minimum_fill_s: Annotated[float, Meta(ge=0, le=600)] = 1.0
    limit_per_address: Annotated[int, Meta(ge=0, le=10_000)] = 5
    limit_window_s: Annotated[int, Meta(ge=1, le=86_400)] = 600

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise InvalidValue(_SAME_NAME, code="repeated", path="/fields")
        if self.trap in names:
            raise InvalidValue(_TRAP, code="taken", path="/trap", name=self.trap)
