"""``crmcore inbound``: what arrived from outside, as it arrived."""

from typing import Any
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused

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
        from crmcore.conversations.tables import InboundDelivery

        async with place.opened() as crm:
            query = (
                InboundDelivery.select(
                    InboundDelivery.id,
                    InboundDelivery.account.slug.as_alias("account"),
                    InboundDelivery.account.channel.as_alias("channel"),
                    InboundDelivery.delivery_key,
                    InboundDelivery.state,
                    InboundDelivery.error,
                    InboundDelivery.attempts,
                    InboundDelivery.conversation_id,
                    InboundDelivery.received_at,
                    InboundDelivery.processed_at,
                )
                .order_by(InboundDelivery.received_at, InboundDelivery.id, ascending=False)
                .limit(limit)
            )
            if state:
                query = query.where(InboundDelivery.state == state)
            if account:
                query = query.where(
                    InboundDelivery.account == (await crm.channel_accounts.get(account)).row["id"]
                )
            return list(await query)

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(row["id"]),
            moment(row["received_at"]),
            row["account"],
            row["state"],
            row["error"].partition("\n")[0][:100],
        ]
        for row in found
    ]
    print_table(["ID", "RECEIVED (UTC)", "ACCOUNT", "STATE", ""], rows, "Nothing has arrived.")


@inbound.command()
@click.argument("ids", nargs=-1, type=click.UUID)
@click.option("--state", type=click.Choice(["quarantined", "held", "received"]), help="All in this state.")
@json_option
@workspace_options
@click.pass_context
def replay(context: click.Context, ids: tuple[UUID, ...], state: str | None, as_json: bool) -> None:
    """Work stored deliveries through again. What was applied before is not applied twice.

    Exit code 1 when one of them is not done afterwards.

    \b
    Examples:
      crmcore inbound replay 019a7c2e-7f5c-7d1a-9b1f-3f6f0c3b2a11
      crmcore inbound replay --state quarantined     after a channel's plugin was mended
    """
    if not ids and not state:
        raise click.UsageError("name deliveries by their ids, or say --state")
    place: Place = context.obj

    async def work() -> list[dict[str, Any]]:
        from crmcore.conversations.tables import InboundDelivery
        from crmcore.errors import NotFound

        async with place.opened() as crm:
            wanted = list(ids)
            if state:
                rows = await InboundDelivery.select(InboundDelivery.id).where(InboundDelivery.state == state)
                wanted += [row["id"] for row in rows if row["id"] not in wanted]
            results = []
            for id in wanted:
                try:
                    after = await crm.conversations.replay(id)
                except NotFound:
                    raise Refused(f"There is no delivery {id}.") from None
                results.append({"id": id, "state": after})
            # Events that the messages gave rise to are delivered here too, no server need run.
            await crm.worker.drain()
            return results

    results = run(work())
    if as_json:
        print_json(results)
    else:
        for result in results:
            click.echo(f"{result['id']}: {result['state']}")
        if not results:
            click.echo("Nothing to replay.")
    context.exit(1 if any(result["state"] not in ("done", "dropped") for result in results) else 0)
