"""A custom field as the command line names it: ``contact.tier``."""

from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.contracts.fields import Leaving
    from crmcore.records.definition import Definition
    from crmcore.workspace import Crm


async def field_named(crm: "Crm", name: str) -> "Definition":
    """Return the field ``RECORD_TYPE.KEY``, by its key or another of its names; raises Refused."""
    from crmcore.contracts.actors import system_actor

    record_type, _, key = name.partition(".")
    for definition in await crm.fields.list(record_type, actor=system_actor("command line")):
        if key in definition.names:
            return definition
    raise Refused(f"There is no field {name}. `crmcore fields list` shows those there are.")


def leaving_in(option: str, text: str) -> "Leaving | None":
    """Return what an option says about the list that is left, None for an empty text; raises UsageError."""
    import msgspec

    from crmcore.contracts.fields import Leaving

    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Leaving)
    except msgspec.MsgspecError as error:
        raise click.UsageError(
            f'{option} is not of the form {{"field": "stage", "choices": ["qualified"]}}: {error}'
        ) from error


def json_object(option: str, text: str) -> dict[str, Any]:
    """Return the JSON object that an option was given; raises UsageError for anything else."""
    import msgspec

    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise click.UsageError(f"{option} is no JSON object: {error}") from error
