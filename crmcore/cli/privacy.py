"""``crmcore privacy``: what is stored of a person, given out, erased, kept no longer than it should be."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run

if TYPE_CHECKING:
    from crmcore.workspace import Crm


@click.group()
def privacy() -> None:
    """Personal data: export and erase a person, and how long data is kept."""


@privacy.command()
@click.argument("contact")
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ZIP file to write.",
)
@workspace_options
@click.pass_obj
def export(place: Place, contact: str, file: Path) -> None:
    """Write everything that is stored of a person into one ZIP file.

    CONTACT is the contact's id, e-mail address or phone number. The file has JSON for programs, the attachments, and
    a page for people; what plugins keep is in it.

    \b
    Example:
      crmcore privacy export anna@example.com --to anna.zip
    """
    from crmcore.contracts.actors import system_actor

    async def work() -> int:
        async with place.opened(place.existing()) as crm:
            id = await _contact(crm, contact)
            return await crm.privacy.export_to(id, file, actor=system_actor("command line"))

    count = run(work())
    click.echo(f"{file}: {count} items.")


@privacy.command()
@click.argument("contact")
@click.option("--preview", is_flag=True, help="Only show what would go.")
@click.option(
    "--confirm", default="", metavar="NAME", help="The person's name, exactly; asked for without it."
)
@click.option("--skip", default="", metavar="PLUGIN.KIND", help="Go on without a step that failed.")
@json_option
@workspace_options
@click.pass_context
def erase(
    context: click.Context, contact: str, preview: bool, confirm: str, skip: str, as_json: bool
) -> None:
    """Erase everything that is stored of a person, here and in every plugin. It cannot be undone.

    CONTACT is the contact's id, e-mail address or phone number. An erasure that was stopped goes on when the
    command is given again, with the contact's id. Exit code 1 when a step failed.

    \b
    Examples:
      crmcore privacy erase anna@example.com --preview
      crmcore privacy erase anna@example.com --confirm "Anna Petrova"
    """
    from crmcore.contracts.actors import system_actor
    from crmcore.errors import NotFound

    actor = system_actor("command line")

    async def work() -> bool:
        place: Place = context.obj
        async with place.opened(place.existing()) as crm:
            id = await _contact(crm, contact)
            try:
                begun: dict[str, Any] | None = await crm.privacy.status(id, actor=actor)
            except NotFound:
                begun = None
            if begun is None:
                found = await crm.privacy.preview(id, actor=actor)
                if preview:
                    _show_preview(found, as_json)
                    return True
                wanted = confirm or click.prompt(f'To erase for good, write "{found.confirm}"')
                erasure = await crm.privacy.begin_erase(id, wanted, actor=actor, in_background=False)
            else:
                erasure = begun["id"]
                if begun["state"] != "done" and not preview:
                    await crm.privacy.erasures.resume(erasure, actor=actor, skip=skip, in_background=False)
            state = begun["state"] if begun and preview else await crm.privacy.erasures.run(erasure)
            row = await crm.privacy.status(id, actor=actor)
            if as_json:
                print_json(
                    {"state": state, "pseudonym": row["pseudonym"], "steps": [_step(s) for s in row["steps"]]}
                )
            else:
                for step in row["steps"]:
                    name = f"{step['plugin']}.{step['key']}"
                    click.echo(f"{name:28} {step['state']:8} {step['erased']:6} {step['error']}".rstrip())
                click.echo(f"{row['pseudonym']}: {state}.")
            return state == "done" or preview

    context.exit(0 if run(work()) else 1)


@privacy.command()
@click.argument("kind", default="")
@click.argument("days", default="")
@click.option("--run", "now", is_flag=True, help="Delete now what is due, as the daily job does.")
@json_option
@workspace_options
@click.pass_obj
def retention(place: Place, kind: str, days: str, now: bool, as_json: bool) -> None:
    """Show how long each kind of data is kept, and how much is due; with KIND and DAYS, change it.

    DAYS is a number, or "forever".

    \b
    Examples:
      crmcore privacy retention
      crmcore privacy retention conversations 1095
    """
    from crmcore.contracts.actors import system_actor

    kept = _days(days) if kind else None
    actor = system_actor("command line")

    async def work() -> tuple[list[Any], dict[str, int]]:
        async with place.opened(place.existing()) as crm:
            if kind:
                await crm.privacy.periods.set(kind, kept, actor=actor)
            gone = await crm.privacy.periods.run() if now else {}
            return await crm.privacy.periods.all(actor=actor), gone

    periods, gone = run(work())
    if as_json:
        print_json({"items": periods, "deleted": gone})
        return
    for name, count in gone.items():
        click.echo(f"{name}: {count} deleted")
    for period in periods:
        length = "for ever" if period.days is None else f"{period.days} days"
        click.echo(f"{period.kind:18} {length:12} {period.due:8} due   {period.label}")


def _days(text: str) -> int | None:
    if text.casefold() in ("forever", "for ever"):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 36_500):
        raise click.BadParameter('a number of days from 1 to 36500, or "forever"', param_hint="DAYS")
    return int(text)


async def _contact(crm: "Crm", text: str) -> UUID:
    from crmcore.errors import NotFound

    try:
        return UUID(text)
    except ValueError:
        pass
    for kind in ("email", "phone", "handle"):
        if (found := await crm.contacts.find_by_point(kind, text)) is not None:
            return found
    raise NotFound()


def _show_preview(found: Any, as_json: bool) -> None:
    if as_json:
        print_json({name: getattr(found, name) for name in found.__struct_fields__})
        return
    for held in found.held:
        click.echo(f"{held.plugin + '.' + held.key:28} {held.count:6}  {held.error or held.label}")
    for plugin in found.silent:
        click.echo(f"{plugin}: has tables and does not say what it keeps of people; nothing is erased there.")
    if found.merged:
        click.echo(f"{len(found.merged)} contacts that were merged into it go too.")


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in ("plugin", "key", "state", "erased", "error")}
