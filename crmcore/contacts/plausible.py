"""Checks of a contact's plain fields: a zone that exists, an address that is one, a language tag, a safe picture."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]{1,62}", re.ASCII)


def is_time_zone(value: str) -> bool:
    """Tell whether ``value`` names a zone of the IANA database."""
    if not _ZONE_NAME.fullmatch(value):
        return False
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def is_ip_address(value: str) -> bool:
    """Tell whether ``value`` is an IPv4 or IPv6 address."""
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def is_language(value: str) -> bool:
    """Tell whether ``value`` has the form of a language tag (BCP 47): ``ru``, ``pt-BR``."""
    return _TAG.fullmatch(value) is not None


def is_picture(value: str) -> bool:
    """Tell whether ``value`` is an address that a browser may load a picture from."""
    return value.startswith("https://") and not any(mark.isspace() for mark in value)


_CHECKS: dict[str, tuple[Callable[[str], bool], str, Label]] = {
    "time_zone": (
        is_time_zone,
        "unknown_time_zone",
        {
            "en": "Write a time zone like Europe/Berlin.",
            "ru": "Укажите часовой пояс, например Europe/Moscow.",
        },
    ),
    "ip_address": (
        is_ip_address,
        "not_an_ip_address",
        {"en": "This is not an IP address.", "ru": "Это не IP-адрес."},
    ),
    "language": (
        is_language,
        "not_a_language",
        {
            "en": "Write a language as a tag, like en or pt-BR.",
            "ru": "Укажите язык кодом, например ru или pt-BR.",
        },
    ),
    "avatar": (
        is_picture,
        "not_a_picture",
        {"en": "A picture's address begins with https://.", "ru": "Адрес картинки начинается с https://."},
    ),
}


def check_plain_fields(draft: Draft) -> None:
    """Add a problem for each changed plain field of a contact that is not what its name says; empty is fine."""
    for name, (holds, code, message) in _CHECKS.items():
        value = draft.values.get(name)
        stored = (draft.before or {}).get(name)
        if isinstance(value, str) and value and value != stored and not holds(value):
            draft.problem(f"/{name}", code, message)
