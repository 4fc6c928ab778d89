"""``crmcore token``: keys for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.accounts.tokens import TokenEntry


@click.group()
def token() -> None:
    """API tokens, which programs send as “Authorization: Bearer …”."""


@token.command()
@click.option("--user", "email", required=True, help="E-mail of the user the token acts for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it may do: read, write, admin, all, or permissions like contact.read. May be repeated, or "
    "separated by commas. Never more than the user may.",
)
@click.option("--name", default="", help="What the token is for, to know it again later.")
@click.option(
    "--expires-days", type=click.IntRange(1, 3650), help="Days it is valid. Default: until revoked."
)
@json_option
@workspace_options
@click.pass_obj
def add(
    place: Place, email: str, scopes: tuple[str, ...], name: str, expires_days: int | None, as_json: bool
) -> None:
    """Make a token. It is shown this once; only its hash is kept.

    \b
    Examples:
      crmcore token add --user anna@example.com --scope read --scope contact.write
      TOKEN=$(crmcore token add --user anna@example.com --scope all --json | jq -r .token)
    """
    wanted = [scope for part in scopes for scope in part.replace(",", " ").split()]

    async def work() -> str:
        from crmcore.accounts.lookup import user_id_of

        async with place.opened(place.existing()) as crm:
            id = await user_id_of(email)
            if id is None:
                raise Refused(f"There is no user {email}. Add one: crmcore user add {email}")
            expires_at = crm.clock() + timedelta(days=expires_days) if expires_days else None
            try:
                return await crm.accounts.create_token(
                    id, name or "command line", wanted, expires_at=expires_at
                )
            except ValueError as error:
                raise Refused(str(error)) from error

    made = run(work())
    if as_json:
        print_json({"token": made})
    else:
        click.echo(made)


@token.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List the tokens of everybody, newest first, the revoked ones too; never their texts.

    \b
    Examples:
      crmcore token list
      crmcore token list --json
    """

    async def work() -> tuple[list[TokenEntry], datetime]:
        async with place.opened(place.existing()) as crm:
            return await crm.accounts.list_tokens(), crm.clock()

    found, now = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [str(entry.id), entry.name, entry.user_name, " ".join(entry.scopes), _state(entry, now)]
        for entry in found
    ]
    print_table(["ID", "NAME", "USER", "SCOPES", "STATE (UTC)"], rows, "There are no tokens.")


@token.command()
@click.argument("id", type=click.UUID)
@workspace_options
@click.pass_obj
def revoke(place: Place, id: UUID) -> None:
    """End the token ID at once.

    \b
    Example:
      crmcore token revoke 019a7c2e-7f5c-7d1a-9b1f-3f6f0c3b2a11
    """

    async def work() -> None:
        from crmcore.errors import NotFound

        async with place.opened(place.existing()) as crm:
            try:
                await crm.accounts.revoke_token(id)
            except NotFound:
                raise Refused(
                    f"There is no token {id}. `crmcore token list` shows those there are."
                ) from None

    run(work())
    click.echo(f"The token {id} is revoked.")


def _state(entry: TokenEntry, now: datetime) -> str:
    if entry.revoked_at:
        return f"revoked {moment(entry.revoked_at)}"
    if entry.expires_at is None:
        return "valid"
    return f"{'valid until' if entry.expires_at > now else 'expired'} {moment(entry.expires_at)}"
