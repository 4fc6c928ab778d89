"""``crmcore fields``: custom fields and what a change of them would mean."""

from pathlib import Path
from typing import Any

import rich_click as click

from crmcore.cli.field_change import change
from crmcore.cli.field_named import field_named, json_object, leaving_in
from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused


@click.group()
def fields() -> None:
    """Custom fields: which there are, and which records would not pass them."""


@fields.command("list")
@click.argument("record_type", required=False)
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, record_type: str | None, as_json: bool) -> None:
    """List the custom fields of RECORD_TYPE, or of all.

    A field is dormant while its plugin, its type or its check is away: values are kept, nothing is required.

    \b
    Examples:
      crmcore fields list
      crmcore fields list contact --json
    """

    async def work() -> list[dict[str, Any]]:
        from crmcore.contracts.actors import system_actor
        from crmcore.contracts.labels import text_of

        async with place.opened(place.existing()) as crm:
            kinds = (
                [record_type] if record_type else [k for k, t in crm.records.types.items() if t.custom_fields]
            )
            found: list[dict[str, Any]] = []
            for kind in kinds:
                for field in await crm.fields.list(kind, actor=system_actor("command line")):
                    found.append(
                        {
                            "record_type": field.record_type,
                            "key": field.key,
                            "label": field.label,
                            "type": field.type,
                            "format": field.format,
                            "owner": field.owner,
                            "required": field.required,
                            "filterable": field.filterable,
                            "required_when": field.required_when,
                            "required_before_leaving": field.required_before_leaving,
                            "leaving_asleep": text_of(field.leaving_asleep),
                            "version": field.version,
                            "state": "dormant" if field.dormant else "active",
                            "reason": text_of(field.dormant),
                            "schema": field.schema,
                        }
                    )
            return found

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            f"{field['record_type']}.{field['key']}",
            f"{field['type']} ({field['format']})" if field["format"] else str(field["type"]),
            str(field["owner"] or "–"),
            "required" if field["required"] else "",
            _state(field),
        ]
        for field in found
    ]
    print_table(["FIELD", "TYPE", "PLUGIN", "", "STATE"], rows, "There are no custom fields.")


def _state(field: dict[str, Any]) -> str:
    state = f"{field['state']}: {field['reason']}" if field["reason"] else str(field["state"])
    asleep = field["leaving_asleep"]
    return f"{state}; not required before leaving: {asleep}" if asleep else state


@fields.command()
@click.argument("name", required=False, metavar="[RECORD_TYPE.KEY]")
@click.option("--required/--not-required", default=None, help="Plan with this instead of what is stored.")
@click.option("--type", "type_", help="Plan with this field type.")
@click.option("--format", "format_", help="Plan with this validator; empty for none.")
@click.option("--options", help="Plan with these options of the type, a JSON object.")
@click.option(
    "--required-before-leaving",
    "leaving",
    metavar="JSON",
    help='Plan with {"field": "stage", "choices": ["qualified"]}: needed before one of these choices is left.',
)
@json_option
@workspace_options
@click.pass_context
def plan(
    context: click.Context,
    name: str | None,
    required: bool | None,
    type_: str | None,
    format_: str | None,
    options: str | None,
    leaving: str | None,
    as_json: bool,
) -> None:
    """Tell which stored records would not pass a field as it is, or as you would like to change it.

    Changes nothing: `crmcore fields change` does. Without a name, all fields as they are. Exit code 1 when a record
    would not pass; such records stay readable and savable, only the field itself must be right when somebody
    changes it. Records that stand in a choice which they could not leave without the field are told too; they pass.

    \b
    Examples:
      crmcore fields plan
      crmcore fields plan contact.website --format url
      crmcore fields plan contact.tier --required --json
    """
    place: Place = context.obj
    changes: dict[str, Any] = {"required": required, "type": type_, "format": format_}
    if options is not None:
        changes["options"] = json_object("--options", options)
    changes = {key: value for key, value in changes.items() if value is not None}
    if leaving is not None:
        changes["required_before_leaving"] = leaving_in("--required-before-leaving", leaving)
    if changes and not name:
        raise click.UsageError("name the field that you would like to change, for example contact.tier")

    async def work() -> list[Any]:
        import msgspec

        from crmcore.contracts.actors import system_actor

        actor = system_actor("command line")
        async with place.opened(place.existing()) as crm:
            record_type, _, key = (name or "").partition(".")
            kinds = [record_type] if name else [k for k, t in crm.records.types.items() if t.custom_fields]
            plans = []
            for kind in kinds:
                for definition in await crm.fields.list(kind, actor=actor):
                    if definition.key == key or (not name and not definition.dormant):
                        field = msgspec.structs.replace(definition.as_custom_field(), **changes)
                        plans.append(await crm.fields.plan(field, actor=actor))
            if name and not plans:
                raise Refused(f"There is no field {name}. `crmcore fields list` shows those there are.")
            return plans

    plans = run(work())
    if as_json:
        print_json(plans)
    else:
        for found in plans:
            click.echo(
                f"{found.record_type}.{found.key}: {found.failing} of {found.total} records would not pass"
                f" ({found.with_value} have a value)"
            )
            for failing in found.samples:
                click.echo(f"  {failing.title} ({failing.id}): {failing.problem.sentence()}")
            if found.failing > len(found.samples):
                click.echo(f"  … and {found.failing - len(found.samples)} more")
            if found.stopped:
                click.echo(
                    f"  {found.stopped} records lack it and stand in a choice that they could not leave:"
                )
            for stopped in found.stopped_samples:
                click.echo(f"  {stopped.title} ({stopped.id}): {stopped.problem.sentence()}")
            if found.stopped > len(found.stopped_samples):
                click.echo(f"  … and {found.stopped - len(found.stopped_samples)} more")
        if not plans:
            click.echo("There are no custom fields.")
    context.exit(1 if any(found.failing for found in plans) else 0)


@fields.command()
@click.argument("name", metavar="RECORD_TYPE.KEY")
@click.argument("new_name")
@workspace_options
@click.pass_obj
def rename(place: Place, name: str, new_name: str) -> None:
    """Give the field RECORD_TYPE.KEY the further name NEW_NAME.

    The key is an id and stays: what knows the old name loses nothing. Change the label on the page or by the API.

    \b
    Example:
      crmcore fields rename contact.tier level
    """

    async def work() -> None:
        from crmcore.contracts.actors import system_actor

        async with place.opened(place.existing()) as crm:
            definition = await field_named(crm, name)
            await crm.fields.rename(definition.id, new_name, actor=system_actor("command line"))

    run(work())
    click.echo(f"{name} can be written as {name.partition('.')[0]}.{new_name} too.")


@fields.command()
@click.argument("name", metavar="RECORD_TYPE.KEY")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@workspace_options
@click.pass_obj
def export(place: Place, name: str, file: Path) -> None:
    """Write all values of the field RECORD_TYPE.KEY into FILE: CSV in gzip, with id, title and the value as JSON.

    \b
    Example:
      crmcore fields export contact.tier tier.csv.gz
    """

    async def work() -> int:
        async with place.opened(place.existing()) as crm:
            return await crm.fields.life.values(await field_named(crm, name)).export(file)

    click.echo(f"{run(work())} values written to {file}.")


@fields.command()
@click.argument("name", metavar="RECORD_TYPE.KEY")
@workspace_options
@click.pass_obj
def delete(place: Place, name: str) -> None:
    """Delete the field RECORD_TYPE.KEY.

    For thirty days `crmcore fields restore` brings it back with its values; then they are exported into the data
    folder and taken out of the records.

    \b
    Example:
      crmcore fields delete contact.tier
    """

    async def work() -> None:
        from crmcore.contracts.actors import system_actor

        async with place.opened(place.existing()) as crm:
            await crm.fields.delete((await field_named(crm, name)).id, actor=system_actor("command line"))

    run(work())
    click.echo(f"{name} is deleted. `crmcore fields restore {name}` undoes it within 30 days.")


@fields.command()
@click.argument("name", metavar="RECORD_TYPE.KEY")
@workspace_options
@click.pass_obj
def restore(place: Place, name: str) -> None:
    """Bring the deleted field RECORD_TYPE.KEY back, with the values that records keep.

    \b
    Example:
      crmcore fields restore contact.tier
    """

    async def work() -> None:
        from crmcore.contracts.actors import system_actor

        actor = system_actor("command line")
        async with place.opened(place.existing()) as crm:
            for definition in await crm.fields.retired(actor=actor):
                if f"{definition.record_type}.{definition.key}" == name:
                    await crm.fields.restore(definition.id, actor=actor)
                    return
            raise Refused(f"There is no deleted field {name}.")

    run(work())
    click.echo(f"{name} is back.")


fields.add_command(change)
