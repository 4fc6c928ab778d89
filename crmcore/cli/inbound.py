"""``crmcore inbound``: what arrived from outside, as it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.contracts.actors import Actor
    from crmcore.workspace import Crm

STATES = ["received", "done", "dropped", "held", "quarantined"]


@click.group()
def inbound() -> None:
    """Deliveries from outside: stored as they arrived, and kept to be worked through again."""


@inbound.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only deliveries in this state.")
@click.option("--account", help="Only deliveries of this channel account (its id or slug).")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, state: str | None, account: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, newest first.

    \b
    Examples:
      crmcore inbound list --state quarantined
      crmcore inbound list --account website --json
    """

    async def work() -> list[dict[str, Any]]:
        async with place.opened(place.existing()) as crm:
            return await _deliveries(crm, state=state or "", account=account or "", limit=limit)

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(row["id"]),
            moment(row["received_at"]),
            row["account"]["name"],
            row["state"],
            _first_line(row["error"]),
        ]
        for row in found
    ]
    where = f" at {account}" if account else ""
    empty = f"No delivery{where} is in the state {state}." if state else f"Nothing has arrived{where}."
    print_table(["ID", "RECEIVED (UTC)", "ACCOUNT", "STATE", ""], rows, empty)


@inbound.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--state", type=click.Choice(STATES), help="All in this state.")
@click.option("--accept", is_flag=True, help="Let them pass the filters that held or dropped them.")
@json_option
@workspace_options
@click.pass_context
def replay(
    context: click.Context, ids: tuple[UUID, ...], state: str | None, accept: bool, as_json: bool
) -> None:
    """Work stored deliveries through again. What was applied before is not applied twice.

    Exit code 1 when one of them is neither done nor dropped afterwards.

    \b
    Examples:
      crmcore inbound replay 019a7c2e-7f5c-7d1a-9b1f-3f6f0c3b2a11
      crmcore inbound replay --state quarantined     after a channel's plugin was mended
    """
    if not ids and not state:
        raise click.UsageError("name deliveries by their ids, or say --state")
    place: Place = context.obj

    async def work() -> list[dict[str, Any]]:
        from crmcore.errors import NotFound

        async with place.opened(place.existing()) as crm:
            actor = _actor()
            chosen = list(ids)
            if state:
                found = await _deliveries(crm, state=state, limit=100_000)
                chosen += [delivery["id"] for delivery in found if delivery["id"] not in ids]
            for id in chosen:
                try:
                    await crm.conversations.replay(id, actor=actor, accept=accept)
                except NotFound:
                    raise Refused(f"There is no delivery {id}.") from None
            # Here and now, with everything that follows from it: no server need run.
            await crm.worker.drain()
            return [await crm.conversations.delivery(id, actor=actor) for id in chosen]

    after = run(work())
    if as_json:
        print_json(
            [
                {"id": delivery["id"], "state": delivery["state"], "error": delivery["error"]}
                for delivery in after
            ]
        )
    else:
        for delivery in after:
            click.echo(f"{delivery['id']}: {delivery['state']} {_first_line(delivery['error'])}".rstrip())
        if not after:
            click.echo("Nothing to replay.")
    context.exit(1 if any(delivery["state"] not in ("done", "dropped") for delivery in after) else 0)


def _actor() -> Actor:
    from crmcore.contracts.actors import system_actor

    return system_actor("command line")


async def _deliveries(crm: Crm, *, state: str, account: str = "", limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < limit:
        page = await crm.conversations.deliveries(
            actor=_actor(), state=state, account=account, cursor=cursor, limit=min(200, limit - len(found))
        )
        found += page.items
        if not page.next:
            break
        cursor = page.next
    return found


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:100]
