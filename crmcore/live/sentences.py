"""What a change is called, in one sentence."""

from collections.abc import Mapping

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.records import RecordType

_OF_EVENTS: Mapping[str, Label] = {
    "message_received": {"en": "New message", "ru": "Новое сообщение"},
    "message_written": {"en": "Reply written", "ru": "Написан ответ"},
    "message_noted": {"en": "Note written", "ru": "Написана заметка"},
    "message_updated": {"en": "Message changed", "ru": "Сообщение изменено"},
    "contact_merged": {"en": "Contacts merged", "ru": "Контакты объединены"},
    "contact_unmerged": {"en": "Merge of contacts undone", "ru": "Объединение контактов отменено"},
}
_OF_ACTIONS: Mapping[str, Label] = {
    "created": {"en": "{what}: added", "ru": "{what}: добавлено"},
    "updated": {"en": "{what}: changed", "ru": "{what}: изменено"},
    "deleted": {"en": "{what}: deleted", "ru": "{what}: удалено"},
    "restored": {"en": "{what}: restored", "ru": "{what}: восстановлено"},
}
_OTHER: Label = {"en": "{what}: something happened", "ru": "{what}: новое событие"}


def said(name: str, record_type: RecordType, by: str, language: str) -> str:
    """Return what happened in ``language``: ``Contact: changed (Anna)``. It names no value and no field."""
    label = _OF_EVENTS.get(name) or _OF_ACTIONS.get(name.rpartition("_")[2], _OTHER)
    text = text_of(label, language, what=text_of(record_type.label, language))
    return f"{text} ({by})" if by else text
