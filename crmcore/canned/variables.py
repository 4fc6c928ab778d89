"""Variables in canned replies: ``{{contact.first_name}}``, with a fallback behind a bar."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from crmcore.contracts.labels import Label

_PLACE = re.compile(r"\{\{\s*([^{}|]{1,100}?)\s*(?:\|([^{}]{0,200}))?\}\}")
KNOWN: dict[str, Label] = {
    "contact.first_name": {"en": "First name", "ru": "Имя"},
    "contact.last_name": {"en": "Last name", "ru": "Фамилия"},
    "contact.name": {"en": "Whole name", "ru": "Имя целиком"},
    "contact.company": {"en": "Company", "ru": "Компания"},
    "contact.job_title": {"en": "Job title", "ru": "Должность"},
    "conversation.number": {"en": "Number of the conversation", "ru": "Номер обращения"},
    "conversation.subject": {"en": "Subject", "ru": "Тема"},
    "agent.name": {"en": "Who answers", "ru": "Кто отвечает"},
    "agent.first_name": {"en": "First name of who answers", "ru": "Имя того, кто отвечает"},
    "workspace.name": {"en": "Workspace", "ru": "Рабочее пространство"},
}
CUSTOM = ("contact.custom.", "conversation.custom.")


def names_in(text: str) -> list[str]:
    """Return the variables that ``text`` has, each once."""
    return list(dict.fromkeys(name for name, _ in _PLACE.findall(text)))


def unknown_in(text: str, custom: Collection[str]) -> list[str]:
    """Return the variables in ``text`` that mean nothing; ``custom`` are those of custom fields."""
    return [name for name in names_in(text) if name not in KNOWN and name not in custom]


def filled(text: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return ``text`` with its variables filled, and those that had neither a value nor a fallback.

    What a value has of braces stays as it is: it is never filled again.
    """
    missing: list[str] = []

    def place(match: re.Match[str]) -> str:
        name, fallback = match.group(1), match.group(2)
        value = _said(values.get(name))
        if value:
            return value
        if fallback is None and name not in missing:
            missing.append(name)
        return (fallback or "").strip()

    return _PLACE.sub(place, text), missing


def _said(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_said(item) for item in value)
    if isinstance(value, Mapping):
        return str(value.get("name") or "")
    return str(value).strip()
