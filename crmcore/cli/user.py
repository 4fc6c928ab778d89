"""``crmcore user``: who works here."""

import sys

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run


@click.group()
def user() -> None:
    """People who work here."""


@user.command()
@click.argument("email")
@click.option("--name", help="The person's name. Default: the part before the @.")
@click.option("--role", default="agent", show_default=True, help="admin, agent or viewer.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "ru"]))
@click.option("--time-zone", default="UTC", show_default=True, help="For example Europe/Berlin.")
@click.option("--password", help="Asked for when left out; - reads it from stdin.")
@json_option
@workspace_options
@click.pass_obj
def add(
    place: Place,
    email: str,
    name: str | None,
    role: str,
    language: str,
    time_zone: str,
    password: str | None,
    as_json: bool,
) -> None:
    """Add a person who may sign in.

    \b
    Examples:
      crmcore user add anna@example.com --name "Anna Lee" --role admin
      echo "$SECRET" | crmcore user add bot@example.com --password - --json
    """
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    elif password == "-":  # noqa: S105 - the word for stdin
        password = sys.stdin.readline().rstrip("\r\n")

    async def work() -> str:
        async with place.opened() as crm:
            known = name or email.partition("@")[0]
            id = await crm.accounts.create_user(
                email, known, password, role=role, language=language, time_zone=time_zone
            )
            return str(id)

    id = run(work())
    if as_json:
        print_json({"id": id, "email": email, "role": role})
    else:
        click.echo(f"{email} may sign in now, as {role}.")
