"""Checks that the answers of a form have somewhere to go."""

from collections.abc import Awaitable, Callable, Sequence

from crmcore.builtin.channels.form_config import CONTACT_FIELDS, FormConfig
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem

CustomFieldKeys = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the keys of the custom fields of a record type that people may write."""

_NO_TARGET: Label = {
    "en": "There is no target “{name}”. Possible: {known}.",
    "ru": "Цели «{name}» нет. Можно: {known}.",
}
_OWN = ("email", "phone", "name", "subject", "text")


async def target_problems(config: FormConfig, custom_fields: CustomFieldKeys) -> list[Problem]:
    """Return a problem at ``/fields/N/target`` for each question whose answer would have no place."""
    known = [*_OWN, *(f"contact.{name}" for name in sorted(CONTACT_FIELDS))]
    for record_type in ("contact", "conversation"):
        known += [f"{record_type}.custom.{key}" for key in await custom_fields(record_type)]
    return [
        Problem(
            path=f"/fields/{place}/target",
            code="unknown_target",
            message=_NO_TARGET,
            params={"name": field.target, "known": ", ".join(known)},
        )
        for place, field in enumerate(config.fields)
        if field.target and field.target not in known
    ]
