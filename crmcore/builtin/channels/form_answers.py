"""Checks the answers of a form, and sorts them into the parts of a message."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from crmcore.builtin.channels.form_config import FormConfig, FormField
from crmcore.contacts.points import email_address, phone_number
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.messages import Attachment, Identity, InboundMessage, TaskRequest
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.written_numbers import written_number

Answers = Mapping[str, str | Sequence[str]]
_LIMITS = {"multiline": 20_000, "email": 320, "phone": 60, "number": 40, "date": 10}
_YES = frozenset({"on", "true", "yes", "1"})

_REQUIRED: Label = {"en": "This is required.", "ru": "Это обязательное поле."}
_TOO_LONG: Label = {
    "en": "This may have at most {limit} characters.",
    "ru": "Здесь может быть не больше {limit} символов.",
}
_NOT_A_NUMBER: Label = {"en": "This must be a number.", "ru": "Здесь должно быть число."}
_NOT_A_DATE: Label = {
    "en": "Write a date as year, month and day, like 2026-11-22.",
    "ru": "Запишите дату как год, месяц и день, например 2026-11-22.",
}
_NOT_A_FILE: Label = {"en": "Choose a file.", "ru": "Выберите файл."}
_NOT_A_CHOICE: Label = {"en": "Choose one of the list.", "ru": "Выберите из списка."}
_UNSTORABLE: Label = {
    "en": "The text has a character that cannot be stored.",
    "ru": "В тексте есть символ, который нельзя сохранить.",
}


def answer_to(field: FormField, answers: Answers) -> str:
    """Return the answer to ``field`` as text; empty when there is none."""
    value = answers.get(field.name, "")
    text = value if isinstance(value, str) else next((item for item in reversed(value)), "")
    return text.replace("\r\n", "\n").strip()


def problems_in(config: FormConfig, answers: Answers, default_country: str = "US") -> list[Problem]:
    """Return what is wrong with ``answers``, each at ``/NAME`` of its field."""
    found = []
    for field in config.fields:
        problem = _problem(field, answer_to(field, answers), default_country)
        if problem is not None:
            found.append(problem.problem(f"/{field.name}"))
    return found


def message_of(
    config: FormConfig, answers: Answers, *, external_id: str, trapped: bool, known: Mapping[str, str]
) -> InboundMessage:
    """Return the message that ``answers`` make. ``known`` are the sender's address and browser."""
    parts: dict[str, Any] = {"email": "", "phone": "", "name": "", "subject": "", "text": ""}
    contact: dict[str, Any] = {name: value for name, value in known.items() if value}
    contact_custom: dict[str, Any] = {}
    conversation_custom: dict[str, Any] = {}
    lines: list[str] = []
    files: list[Attachment] = []
    for field in config.fields:
        text = answer_to(field, answers)
        if not text and field.type != "checkbox":
            continue
        if field.type == "file":
            files.append(Attachment(name=text_of(field.label, config.language), file_id=UUID(text)))
            continue
        root, _, rest = field.target.partition(".")
        if field.target in parts:
            parts[field.target] = text
        elif rest.startswith("custom."):
            place = contact_custom if root == "contact" else conversation_custom
            place[rest.removeprefix("custom.")] = _value(field, text)
        elif root == "contact":
            contact[rest] = text
        else:
            lines.append(_line(field, text, config.language))
    text = "\n\n".join(part for part in (parts["text"], "\n".join(lines)) if part)
    if not text:
        answered = [(field, answer_to(field, answers)) for field in config.fields if field.type != "file"]
        text = "\n".join(_line(field, answer, config.language) for field, answer in answered if answer)
    return InboundMessage(
        external_id=external_id,
        text=text,
        identities=tuple(
            Identity(kind=kind, value=parts[kind]) for kind in ("email", "phone") if parts[kind]
        ),
        name=parts["name"],
        subject=parts["subject"] or text_of(config.title, config.language),
        contact=contact,
        contact_custom=contact_custom,
        conversation_custom=conversation_custom,
        task=TaskRequest(title=config.task_title, due_in_s=config.task_due_in_s)
        if config.task_title
        else None,
        attachments=tuple(files),
        trapped=trapped,
    )


def _problem(field: FormField, text: str, country: str) -> InvalidValue | None:
    if not text or (field.type == "checkbox" and text.casefold() not in _YES):
        return InvalidValue(_REQUIRED, code="required") if field.required else None
    limit = _LIMITS.get(field.type, 500)
    if len(text) > limit:
        return InvalidValue(_TOO_LONG, code="too_long", limit=limit)
    if "\x00" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
        return InvalidValue(_UNSTORABLE, code="unstorable")
    try:
        if field.type == "email":
            email_address(text)
        elif field.type == "phone":
            phone_number(text, country)
        elif field.type == "number" and _number(text) is None:
            return InvalidValue(_NOT_A_NUMBER, code="wrong_type")
    except InvalidValue as error:
        return error
    if field.type == "date" and not _is_date(text):
        return InvalidValue(_NOT_A_DATE, code="not_a_date")
    if field.type == "file" and not _is_id(text):
        return InvalidValue(_NOT_A_FILE, code="not_a_file")
    if field.type == "choice" and text not in field.choices:
        return InvalidValue(_NOT_A_CHOICE, code="not_a_choice")
    return None


def _value(field: FormField, text: str) -> Any:
    if field.type == "checkbox":
        return text.casefold() in _YES
    if field.type == "number":
        number = _number(text)
        return text if number is None else number
    return text


def _number(text: str) -> int | float | None:
    """Return the number that was typed, None for what is none; raises InvalidValue for what could mean two."""
    compact = written_number(text)
    if not compact.isascii() or "_" in compact:
        return None
    try:
        number = float(compact)
    except ValueError:
        return None
    if number != number or abs(number) > 10**15:
        return None
    return int(number) if number.is_integer() else number


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _line(field: FormField, text: str, language: str) -> str:
    if field.type == "checkbox":
        yes = text.casefold() in _YES
        text = text_of({"en": "yes", "ru": "да"} if yes else {"en": "no", "ru": "нет"}, language)
    label = text_of(field.label, language)
    return f"{label}:\n{text}" if "\n" in text else f"{label}: {text}"
