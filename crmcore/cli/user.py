"""``crmcore user``: who works here."""

import sys
from typing import Any
from uuid import UUID

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
@click.option(
    "--role", default="agent", show_default=True, help="admin, agent, viewer or a role of your own."
)
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
        async with place.opened(place.existing()) as crm:
            await crm.accounts.set_password(await _id_of(email), _asked(password))

    run(work())
    click.echo(f"{email} has another password; all their sessions have ended.")


@user.command()
@click.argument("email")
@click.option("--name", default="", help="The person's name, if you know it.")
@click.option(
    "--role", default="agent", show_default=True, help="admin, agent, viewer or a role of your own."
)
@click.option("--team", default="", help="The name of the team they join.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "ru"]))
@click.option("--link", is_flag=True, help="Print the link, also where mails are sent.")
@json_option
@workspace_options
@click.pass_obj
def invite(
    place: Place, email: str, name: str, role: str, team: str, language: str, link: bool, as_json: bool
) -> None:
    """Invite a person: a mail with a link, or the link itself where no mail server is set.

    \b
    Examples:
      crmcore user invite anna@example.com --role admin
      crmcore user invite boris@example.com --team Sales --language ru --link
    """

    async def work() -> tuple[str, str]:
        from crmcore.accounts.tables import Team
        from crmcore.contracts.actors import system_actor

        async with place.opened(place.existing()) as crm:
            found = await Team.select(Team.id).where(Team.name == team, Team.deleted_at.is_null()).first()
            if team and found is None:
                raise Refused(f"There is no team {team}.")
            actor = system_actor("command line")
            id = await crm.invitations.create(
                email,
                actor=actor,
                role=role,
                name=name,
                team_id=found["id"] if found else None,
                language=language,
            )
            return str(id), await (
                crm.invitations.link(id, actor=actor) if link else crm.invitations.send(id, actor=actor)
            )

    id, shown = run(work())
    if as_json:
        print_json({"id": id, "email": email, "role": role, "link": shown or None})
    elif shown:
        click.echo(f"Give this link to {email}. It works once, for 7 days:\n{shown}")
        _tell_of_the_address(place)
    else:
        click.echo(f"A mail to {email} is on its way.")


@user.command("reset-link")
@click.argument("email")
@json_option
@workspace_options
@click.pass_obj
def reset_link(place: Place, email: str, as_json: bool) -> None:
    """Print a link by which a person chooses a new password. It works once, for an hour.

    \b
    Examples:
      crmcore user reset-link anna@example.com
      crmcore user reset-link anna@example.com --json | jq -r .link
    """

    async def work() -> str:
        from crmcore.errors import NotFound

        async with place.opened(place.existing()) as crm:
            try:
                return await crm.password_resets.link(await _id_of(email))
            except NotFound:
                raise Refused(f"{email} is not active: crmcore user enable {email}") from None

    link = run(work())
    if as_json:
        print_json({"link": link})
    else:
        click.echo(link)
        _tell_of_the_address(place)


@user.command()
@click.argument("email")
@workspace_options
@click.pass_obj
def disable(place: Place, email: str) -> None:
    """Let a person in no more. Their sessions end, their tokens are worth nothing, their work stays.

    \b
    Example:
      crmcore user disable anna@example.com
    """
    _set_active(place, email, active=False)
    click.echo(f"{email} cannot sign in any more.")


@user.command()
@click.argument("email")
@workspace_options
@click.pass_obj
def enable(place: Place, email: str) -> None:
    """Let a person in again who was disabled.

    \b
    Example:
      crmcore user enable anna@example.com
    """
    _set_active(place, email, active=True)
    click.echo(f"{email} may sign in again.")


@user.command("reset-second-factor")
@click.argument("email")
@workspace_options
@click.pass_obj
def reset_second_factor(place: Place, email: str) -> None:
    """Take away a person's second factor, for who has lost telephone and recovery codes. Sessions end.

    \b
    Example:
      crmcore user reset-second-factor anna@example.com
    """

    async def work() -> None:
        async with place.opened(place.existing()) as crm:
            id = await _id_of(email)
            await crm.second_factors.remove(id)
            await crm.accounts.end_sessions(id)

    run(work())
    click.echo(f"{email} signs in with the password alone, and sets up a new second factor.")


def _set_active(place: Place, email: str, *, active: bool) -> None:
    async def work() -> None:
        from crmcore.contracts.actors import system_actor
        from crmcore.errors import Invalid

        async with place.opened(place.existing()) as crm:
            try:
                await crm.records.update(
                    "user", await _id_of(email), {"active": active}, actor=system_actor("command line")
                )
            except Invalid as error:
                raise Refused(error.problems[0].sentence("en")) from None

    run(work())


async def _id_of(email: str) -> UUID:
    from crmcore.accounts.lookup import user_id_of

    id = await user_id_of(email)
    if id is None:
        raise Refused(f"There is no user {email}. `crmcore user list` shows everybody.")
    return id


def _asked(password: str | None) -> str:
    if password is None:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if password == "-":  # noqa: S105 - the word for stdin
        return sys.stdin.readline().rstrip("\r\n")
    return password


def _tell_of_the_address(place: Place) -> None:
    """Say on stderr where a link leads when nobody set the address."""
    if not place.address_is_said():
        click.echo(
            f"base_url is not set: the link begins with the default, {place.settings().base_url}. "
            "Set it to the address that people use.",
            err=True,
        )
