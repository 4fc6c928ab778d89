"""``crmcore role``: what users may do."""

import sys
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused


@click.group()
def role() -> None:
    """What the people who work here may do."""


@role.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List all roles, the built-in ones first.

    \b
    Examples:
      crmcore role list
    """

    async def work() -> list[Any]:
        async with place.opened(place.existing()) as crm:
            return await crm.roles.list(actor=_actor())

    found = run(work())
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    rows = [
        [
            item.key,
            item.label["en"],
            "built in" if item.built_in else "",
            ", ".join(sorted(set(item.rows.values()))),
        ]
        for item in found
    ]
    print_table(["KEY", "NAME", "", "NARROWED TO"], rows, "There are no roles.")


@role.command()
@click.argument("key")
@workspace_options
@click.pass_obj
def show(place: Place, key: str) -> None:
    """Show one role as JSON, in the form that `crmcore role set` takes.

    \b
    Examples:
      crmcore role show agent > agent.json
    """

    async def work() -> dict[str, Any]:
        async with place.opened(place.existing()) as crm:
            found = msgspec.to_builtins(await crm.roles.get(key, actor=_actor()))
            return {name: found[name] for name in ("key", "label", "permissions", "rows", "fields")}

    print_json(run(work()))


@role.command("set")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@workspace_options
@click.pass_obj
def set_(place: Place, file: Path) -> None:
    """Make or change the role that a JSON file describes; - reads it from stdin.

    \b
    Examples:
      crmcore role set dealers.json
      crmcore role show agent | jq '.rows = {"*": "team"}' | crmcore role set -
    """
    from crmcore.accounts.role import NewRole, RoleChanges

    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        new = msgspec.json.decode(raw, type=NewRole)
    except (OSError, msgspec.MsgspecError) as error:
        raise Refused(f"{file} is no role: {error}") from error

    async def work() -> str:
        from crmcore.accounts.role_table import role_keys

        async with place.opened() as crm:
            if new.key not in await role_keys():
                await crm.roles.create(new, actor=_actor())
                return "made"
            changes = RoleChanges(
                label=new.label, permissions=new.permissions, rows=new.rows, fields=new.fields
            )
            await crm.roles.update(new.key, changes, actor=_actor())
            return "changed"

    done = run(work())
    click.echo(f"The role {new.key} was {done}. It counts from the next request of whoever has it.")


@role.command()
@click.argument("key")
@workspace_options
@click.pass_obj
def delete(place: Place, key: str) -> None:
    """Delete a role that nobody has.

    \b
    Examples:
      crmcore role delete dealers
    """

    async def work() -> None:
        async with place.opened(place.existing()) as crm:
            await crm.roles.delete(key, actor=_actor())

    run(work())
    click.echo(f"The role {key} is gone.")


def _actor() -> Any:
    from crmcore.contracts.actors import system_actor

    return system_actor("crmcore role")
