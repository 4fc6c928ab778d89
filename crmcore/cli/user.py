"""``crmcore user``: who works here."""

import sys
from typing import Any

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.refusals import Refused


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
    password = _asked(password)

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


@user.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List everybody who works here, by e-mail.

    \b
    Examples:
      crmcore user list
      crmcore user list --json | jq -r '.[] | select(.role == "admin") | .email'
    """

    async def work() -> list[dict[str, Any]]:
        from crmcore.accounts.tables import User

        async with place.opened(place.existing()):
            columns = (User.id, User.email, User.name, User.role, User.active, User.created_at)
            return await User.select(*columns).order_by(User.email)

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [person["email"], person["name"], person["role"], "" if person["active"] else "not active"]
        for person in found
    ]
    print_table(
        ["EMAIL", "NAME", "ROLE", ""], rows, "There is nobody yet: crmcore user add EMAIL --role admin"
    )


@user.command()
@click.argument("email")
@click.option("--password", help="Asked for when left out; - reads it from stdin.")
@workspace_options
@click.pass_obj
def password(place: Place, email: str, password: str | None) -> None:
    """Give a person another password. Every browser they are signed in with has to sign in again.

    \b
    Examples:
      crmcore user password anna@example.com
      echo "$SECRET" | crmcore user password anna@example.com --password -
    """

    async def work() -> None:
        from crmcore.accounts.lookup import user_id_of

        async with place.opened(place.existing()) as crm:
            id = await user_id_of(email)
            if id is None:
                raise Refused(f"There is no user {email}. `crmcore user list` shows everybody.")
            await crm.accounts.set_password(id, _asked(password))

    run(work())
    click.echo(f"{email} has another password; all their sessions have ended.")


def _asked(password: str | None) -> str:
    if password is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if password == "-":  # noqa: S105 - the word for stdin
        return sys.stdin.readline().rstrip("\r\n")
    return password
