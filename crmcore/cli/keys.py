"""``crmcore keys``: the keys that stored secrets and sensitive values are encrypted with."""

from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine

if TYPE_CHECKING:
    from crmcore.secrets.rotation import KeyUse


@click.group()
def keys() -> None:
    """The keys that encrypt secrets and sensitive values.

    \b
    To change the key of a workspace while people work:
      crmcore keys add
      crmcore keys rotate
      crmcore keys list
      crmcore keys retire OLD
    """


@keys.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List the keys by their fingerprints, and how many stored rows need each.

    The first one encrypts what is written; the others only open what they encrypted.

    \b
    Example:
      crmcore keys list
    """

    async def work() -> "list[KeyUse]":
        async with place.opened(place.existing()) as crm:
            return await crm.rotation.list()

    found = run(work())
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    rows = [
        [
            use.id,
            "encrypts" if use.first else "opens" if use.in_ring else "MISSING",
            ", ".join(f"{name}: {count}" for name, count in use.used.items()) or "nothing",
        ]
        for use in found
    ]
    print_table(["key", "state", "needed by rows of"], rows, "There is no key.")


@keys.command()
@workspace_options
@click.pass_obj
def add(place: Place) -> None:
    """Make a new key and put it first.

    Running processes take it up within two seconds. With the keys in CRMCORE_SECRET_KEY, the new key is printed, to
    be put there.

    \b
    Example:
      crmcore keys add && crmcore keys rotate
    """
    from crmcore.secrets.keys import new_key

    crm = place.existing()
    text = new_key()
    if crm.keys.file is None:
        click.echo(
            f"{text}\n\nPut this key first in {crm.keys.source}, a comma and the old ones behind it, and restart "
            "every process. Then run: crmcore keys rotate"
        )
        return
    id = crm.keys.add(text)
    click.echo(
        f"The key {id} is the first in {crm.keys.source} now. Make a copy of that file, then run: ", nl=False
    )
    click.echo("crmcore keys rotate")


@keys.command()
@workspace_options
@click.pass_obj
def rotate(place: Place) -> None:
    """Encrypt everything with the first key that older ones encrypted.

    People can work meanwhile. An interrupted rotation goes on where it stopped.

    \b
    Example:
      crmcore keys rotate
    """

    async def work() -> dict[str, int]:
        async with place.opened(place.existing()) as crm:
            return await crm.rotation.run(ProgressLine())

    changed = run(work())
    click.echo(f"{sum(changed.values())} rows were encrypted anew.")


@keys.command()
@click.argument("key")
@workspace_options
@click.pass_obj
def retire(place: Place, key: str) -> None:
    """Take KEY, a fingerprint, out of the ring; refused while anything stored needs it.

    Backups made before need it still: keep a copy with them.

    \b
    Example:
      crmcore keys retire 4ea01c77
    """

    async def work() -> str:
        async with place.opened(place.existing()) as crm:
            await crm.rotation.retire(key)
            return crm.keys.source if crm.keys.file is None else ""

    source = run(work())
    click.echo(f"Nothing needs {key} any more. Take it out of {source}." if source else f"{key} is retired.")
