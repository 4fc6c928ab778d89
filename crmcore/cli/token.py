"""``crmcore token``: keys for programs."""

from datetime import timedelta

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused


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
