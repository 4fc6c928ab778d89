"""Phones and call scripts as record types: lists, pages, programming interface and permissions come of it."""

from collections.abc import Mapping
from typing import Any

from crm_telephony.tables import TelephonyPhone, TelephonyScript
from crm_telephony.words import DIRECTIONS
from crmcore import JsonSchema, RecordType


def _text(en: str, ru: str, limit: int, **more: Any) -> JsonSchema:
    return {"type": "string", "maxLength": limit, "x-crm": {"label": {"en": en, "ru": ru}}, **more}


class PhoneType(RecordType, frozen=True, kw_only=True):
    """Whose phone it is."""

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the phone."""
        return str(document.get("phone") or document.get("id"))

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the phone with its user by name."""
        document = super().document(row)
        user = row["user"]
        document["user_id"] = user
        document["user"] = None if user is None else {"id": user, "name": row.get("user.name") or ""}
        return document


PHONE = PhoneType(
    key="telephony_phone",
    plural="telephony_phones",
    label={"en": "Agent’s phone", "ru": "Телефон сотрудника"},
    label_plural={"en": "Agents’ phones", "ru": "Телефоны сотрудников"},
    table=TelephonyPhone,
    joined=(TelephonyPhone.user.name,),
    properties={
        "phone": _text("Extension or number", "Внутренний или прямой номер", 120, minLength=1),
        "user_id": {
            "type": ["string", "null"],
            "format": "uuid",
            "x-crm": {"label": {"en": "Agent", "ru": "Сотрудник"}, "reference": "user"},
        },
        "line": _text("Calls by the line", "Звонит по линии", 120),
        "user": {
            "type": ["object", "null"],
            "readOnly": True,
            "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
            "x-crm": {"label": {"en": "Agent", "ru": "Сотрудник"}},
        },
    },
    required=("phone", "user_id"),
    list_columns=("phone", "user", "line"),
    filters=("phone", "user_id"),
    sorts=("created_at", "phone"),
    default_sort="phone",
    shared=True,
)

SCRIPT = RecordType(
    key="telephony_script",
    plural="telephony_scripts",
    label={"en": "Call script", "ru": "Сценарий разговора"},
    label_plural={"en": "Call scripts", "ru": "Сценарии разговоров"},
    table=TelephonyScript,
    properties={
        "name": _text("Name", "Название", 200, minLength=1),
        "direction": {
            "type": "string",
            "enum": ["any", "in", "out"],
            "x-crm": {"label": {"en": "Calls", "ru": "Звонки"}, "choices": DIRECTIONS},
        },
        "line": _text("Only for the line", "Только для линии", 120),
        "queue": _text("Only for the queue", "Только для очереди", 120),
        "text": _text("What to say", "Что говорить", 10_000, minLength=1),
        "active": {"type": "boolean", "x-crm": {"label": {"en": "In use", "ru": "Используется"}}},
    },
    required=("name", "text"),
    list_columns=("name", "direction", "line", "queue", "active"),
    filters=("name", "direction", "line", "queue", "active"),
    sorts=("created_at", "name"),
    default_sort="name",
    shared=True,
)
