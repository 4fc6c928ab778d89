"""``crmcore fields change``: another rule for a field, and what becomes of the values that it refuses."""

from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.field_named import field_named, json_object, leaving_in
from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run

if TYPE_CHECKING:
    from crmcore.records.definition import Definition
    from crmcore.records.field_life import Outcome


@click.command("change")
@click.argument("name", metavar="RECORD_TYPE.KEY")
@click.option("--required/--not-required", default=None, help="Whether new records need a value.")
@click.option(
    "--filterable/--not-filterable", default=None, help="Whether lists filter by it and search finds it."
)
@click.option("--type", "type_", help="Another field type.")
@click.option("--format", "format_", help="Another validator; empty for none.")
@click.option("--options", help="Other options of the type, a JSON object.")
@click.option(
    "--required-before-leaving",
    "leaving",
    metavar="JSON",
    help='{"field": "stage", "choices": ["qualified"]}: needed before one of these choices is left; empty for none.',
)
@click.option(
    "--outcome",
    type=click.Choice(["reject", "grandfather", "map"]),
    default="reject",
    show_default=True,
    help="What becomes of stored values that the new rule refuses: nothing is changed while there is one (reject), "
    "they stay until somebody changes them (grandfather), they are replaced (map).",
)
@click.option(
    "--map",
    "mapping",
    metavar="JSON",
    help='With --outcome map: {"old": "new", "*": null}; * is every other value that is refused, null takes a value '
    "away.",
)
@json_option
@workspace_options
@click.pass_obj
def change(
    place: Place,
    name: str,
    required: bool | None,
    filterable: bool | None,
    type_: str | None,
    format_: str | None,
    options: str | None,
    leaving: str | None,
    outcome: "Outcome",
    mapping: str | None,
    as_json: bool,
) -> None:
    """Change the rule of the field RECORD_TYPE.KEY. `crmcore fields plan` tells before which records would not pass.

    \b
    Examples:
      crmcore fields change contact.website --format url --outcome grandfather
      crmcore fields change contact.age --options '{"minimum": 18}'
      crmcore fields change contact.budget --required-before-leaving '{"field": "stage", "choices": ["new"]}'
      crmcore fields change contact.age --options '{"minimum": 18}' --outcome map --map '{"*": null}'
    """
    changes: dict[str, Any] = {
        "required": required,
        "filterable": filterable,
        "type": type_,
        "format": format_,
        "options": None if options is None else json_object("--options", options),
    }
    changes = {key: value for key, value in changes.items() if value is not None}
    if leaving is not None:
        changes["required_before_leaving"] = leaving_in("--required-before-leaving", leaving)
    if not changes:
        raise click.UsageError("say what is to change, for example --required")
    if (mapping is not None) != (outcome == "map"):
        raise click.UsageError("--outcome map and --map go together")
    replaced = None if mapping is None else json_object("--map", mapping)

    async def work() -> "Definition":
        import msgspec

        from crmcore.contracts.actors import system_actor

        actor = system_actor("command line")
        async with place.opened(place.existing()) as crm:
            definition = await field_named(crm, name)
            field = msgspec.structs.replace(definition.as_custom_field(), **changes)
            return await crm.fields.update(
                definition.id,
                field,
                actor=actor,
                version=definition.version,
                outcome=outcome,
                mapping=replaced,
            )

    changed = run(work())
    if as_json:
        print_json({"record_type": changed.record_type, "key": changed.key, "version": changed.version})
        return
    click.echo(f"{changed.record_type}.{changed.key} is changed, version {changed.version}.")
