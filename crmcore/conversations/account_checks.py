"""Checks what people configure about a channel account."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.conversations.policy import Policy
from crmcore.conversations.storable import storable_text
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.conversions import converted
from crmcore.errors import Invalid
from crmcore.plugins.sentences import failed

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# An address that reads like an id would never be found as an address.
UUID_LIKE = re.compile(r"[0-9a-f-]{32,36}")
NAME_LENGTH = 120
CHECK_TIMEOUT_S = 5.0

_NO_CHANNEL = {"en": "There is no channel “{name}”.", "ru": "Канала «{name}» нет."}
_TAKEN = {"en": "The address “{name}” is taken.", "ru": "Адрес «{name}» занят."}
_UNKNOWN = {"en": "There is no field “{name}”.", "ru": "Нет поля «{name}»."}
_NOT_OBJECT = {"en": "This must be an object.", "ru": "Здесь должен быть объект."}
_NO_NAME = {
    "en": "Give it a name of at most {limit} characters.",
    "ru": "Укажите название не длиннее {limit} символов.",
}
_NOT_SLUG = {
    "en": "Use small letters, digits and hyphens, at most 63.",
    "ru": "Используйте строчные латинские буквы, цифры и дефисы, не больше 63.",
}


def unknown_channel(key: str) -> Invalid:
    """Return the refusal of a channel that no plugin brings."""
    return _refused("/channel", "unknown_channel", _NO_CHANNEL, name=key[:60])


def taken(slug: str) -> Invalid:
    """Return the refusal of an address that another account has."""
    return _refused("/slug", "taken", _TAKEN, name=slug)


def check_fields(changes: Mapping[str, Any]) -> None:
    """Raise Invalid for a field that an account has not, or that nobody changes."""
    for name in sorted(changes.keys() - {"name", "slug", "policy", "config"}):
        raise _refused(f"/{name}", "unknown_field", _UNKNOWN, name=name)
    if not isinstance(changes.get("config", {}), Mapping):
        raise _refused("/config", "wrong_type", _NOT_OBJECT)


def checked_name(name: Any) -> str:
    """Return a name as it is stored; raises Invalid."""
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > NAME_LENGTH or storable_text(text) != text:
        raise _refused("/name", "wrong_form", _NO_NAME, limit=NAME_LENGTH)
    return text


def checked_slug(slug: Any) -> str:
    """Return an address as it is stored; raises Invalid."""
    if not isinstance(slug, str) or not SLUG.fullmatch(slug) or UUID_LIKE.fullmatch(slug):
        raise _refused("/slug", "wrong_form", _NOT_SLUG)
    return slug


async def free_slug(name: str) -> str:
    """Return an address made from a name, with a tail when that is taken."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", ascii_name))[:50].strip("-") or "account"
    if await ChannelAccountRow.exists().where(ChannelAccountRow.slug == slug):
        return f"{slug}-{secrets.token_hex(4)}"
    return slug


async def check_in_workspace(
    check: Callable[[Any], Awaitable[Sequence[Problem]]], config: Any, plugin: str
) -> None:
    """Raise Invalid with what the channel's own ``check`` finds wrong with ``config``, or when it fails."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            problems = list(await check(config))
    except Exception as error:  # a plugin's function: whatever it raises, nothing unchecked is stored
        log = structlog.get_logger("crmcore.conversations")
        log.warning("config_not_checked", plugin=plugin, error=type(error).__name__)
        raise _refused("/config", "plugin_failed", failed(plugin)) from error
    if problems:
        raise Invalid(
            problems=tuple(
                msgspec.structs.replace(problem, path=f"/config{problem.path}") for problem in problems
            )
        )


def checked_policy(value: Mapping[str, Any]) -> Policy:
    """Return an open-case policy; raises Invalid."""
    return converted(value, Policy, under="/policy")


def _refused(path: str, code: str, message: Label, **params: Any) -> Invalid:
    return Invalid(problems=(Problem(path=path, code=code, message=message, params=params),))
