"""Values on their way between a contact and a member, as text on both sides."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from crm_mailchimp.mapping import TAG, FieldRule

LONGEST = 255  # Mailchimp's limit of a text field, in bytes of UTF-8


def value_here(document: Mapping[str, Any], field: str) -> str:
    """Return the contact's value of ``field`` as text, empty when it has none."""
    if field == "phone":
        phones = document.get("phones") or []
        return str(phones[0]) if phones else ""
    if field.startswith(TAG):
        names = {str(name).casefold() for name in document.get("tags") or ()}
        return "yes" if field.removeprefix(TAG).casefold() in names else ""
    if field.startswith("custom."):
        return as_text((document.get("custom") or {}).get(field.removeprefix("custom.")))
    return as_text(document.get(field))


def value_there(merge_fields: Mapping[str, Any], merge: str) -> str:
    """Return the member's value of ``merge`` as text, empty when it has none."""
    return as_text(merge_fields.get(merge))


def as_text(value: Any) -> str:
    """Return a value as it is compared and sent: numbers without needless zeros, lists with commas, days as days."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(as_text(part) for part in value)
    if isinstance(value, Mapping):
        return " ".join(as_text(part) for part in value.values() if part)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return " ".join(str(value).split())


def sent(rule: FieldRule, text: str) -> str:
    """Return ``text`` in the form that a merge field of the rule's type takes."""
    if rule.type == "birthday" and len(text) == len("2026-11-22"):
        return text[5:].replace("-", "/")
    if rule.type == "date":
        return text[:10]
    return text.encode()[:LONGEST].decode(errors="ignore")


def changes_for(document: Mapping[str, Any], taken: Mapping[str, str]) -> dict[str, Any]:
    """Return the changes that give a contact the texts ``taken``, by field. An empty text empties the field."""
    changes: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for field, text in taken.items():
        if field == "phone":
            numbers = [number for number in (document.get("phones") or [])[1:] if number != text]
            changes["phones"] = [text, *numbers] if text else numbers
        elif field.startswith(TAG):
            tag = field.removeprefix(TAG)
            names = changes.get("tags", document.get("tags") or [])
            others = [name for name in names if name.casefold() != tag.casefold()]
            changes["tags"] = [*others, tag] if text else others
        elif field.startswith("custom."):
            key = field.removeprefix("custom.")
            custom[key] = _like((document.get("custom") or {}).get(key), text)
        elif field == "company":
            changes[field] = text or None
        else:
            changes[field] = text
    if custom:
        changes["custom"] = custom
    return changes


def _like(before: Any, text: str) -> Any:
    """Return ``text`` as a value of the same kind as the one before it."""
    if not text:
        return None
    if isinstance(before, bool):
        return text.casefold() in ("yes", "true", "1", "да")
    if isinstance(before, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _number(value: float | Decimal) -> str:
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)
