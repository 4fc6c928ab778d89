"""``crmcore events``: what has happened, told again to a plugin."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.events.replay import Replay
    from crmcore.workspace import Crm

LOOK_S = 0.5


@click.group()
def events() -> None:
    """Events: what has happened, told to plugins once, and again when they need it."""


@events.command("replay")
@click.argument("plugin")
@click.option(
    "--since", help="Events from this moment on: 2026-11-01 or 2026-11-01T12:00:00Z, UTC unless said."
)
@click.option("--until", help="Events before this moment; up to now unless said.")
@click.option("--first", type=click.UUID, help="Begin with the event of this id.")
@click.option("--last", type=click.UUID, help="End with the event of this id.")
@click.option("--name", "names", multiple=True, help="Only events of this name; may be repeated.")
@click.option("--wait", is_flag=True, help="Show how far it comes, until it is over.")
@json_option
@workspace_options
@click.pass_obj
def replay(
    place: Place,
    plugin: str,
    since: str | None,
    until: str | None,
    first: UUID | None,
    last: UUID | None,
    names: tuple[str, ...],
    wait: bool,
    as_json: bool,
) -> None:
    """Tell a plugin a span of events again, in order per record, with the ids they had.

    The workers do it, beside everything else: what happens now goes first. A plugin that knows an event's id does
    nothing twice.

    \b
    Examples:
      crmcore events replay mailchimp --since 2026-11-01
      crmcore events replay mailchimp --since 2026-11-01 --until 2026-11-02 --name contact_updated --wait
    """

    async def work() -> Replay:
        from crmcore.contracts.actors import system_actor
        from crmcore.events.replay import NewReplay

        new = NewReplay(
            plugin=plugin,
            since=_moment("--since", since),
            until=_moment("--until", until),
            first=first,
            last=last,
            names=list(names),
        )
        async with place.opened(place.existing()) as crm:
            begun = await crm.replays.begin(new, actor=system_actor("command line"))
            return await _followed(crm, begun) if wait else begun

    found = run(work())
    if as_json:
        print_json(found)
    elif found.state == "done":
        click.echo(f"{found.done} events were told to {plugin} again.")
    else:
        click.echo(
            f"{found.total} events are told to {plugin} again: crmcore events list shows how far it is."
        )


@events.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List the replays of events, the newest first, with how far they are.

    \b
    Example:
      crmcore events list
    """

    async def work() -> list[Replay]:
        async with place.opened(place.existing()) as crm:
            return await crm.replays.newest(actor=_operator(), limit=100)

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(item.id),
            item.plugin,
            moment(item.created_at),
            item.state,
            f"{item.done} of {item.total}",
            item.started_by,
        ]
        for item in found
    ]
    print_table(["ID", "PLUGIN", "BEGUN", "STATE", "EVENTS", "BY"], rows, "No event was told again.")


@events.command("cancel")
@click.argument("id", type=click.UUID)
@workspace_options
@click.pass_obj
def cancel(place: Place, id: UUID) -> None:
    """End a replay; what was told stays told.

    \b
    Example:
      crmcore events cancel 019a8f1e-1c5e-7000-8000-000000000000
    """

    async def work() -> Replay:
        async with place.opened(place.existing()) as crm:
            return await crm.replays.cancel(id, actor=_operator())

    found = run(work())
    click.echo(f"Cancelled after {found.done} of {found.total} events.")


async def _followed(crm: Crm, begun: Replay) -> Replay:
    import asyncio

    line = ProgressLine(sys.stderr)
    while True:
        found = await crm.replays.get(begun.id, actor=_operator())
        line(f"Telling {found.plugin}", min(found.done, found.total), found.total)
        if found.state in ("done", "cancelled"):
            return found
        await asyncio.sleep(LOOK_S)


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{option}: “{text}” is no moment. Write 2026-11-01 or 2026-11-01T12:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _operator() -> Any:
    from crmcore.contracts.actors import system_actor

    return system_actor("command line")
