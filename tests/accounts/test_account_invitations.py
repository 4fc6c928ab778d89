"""Invitations and forgotten passwords: links that work once, mails that arrive, one answer for everybody."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import msgspec
import pytest
from account_details import PASSWORD
from aiosmtpd.smtp import SMTP

from crmcore.accounts.tables import Invitation, LoginSession, PasswordReset
from crmcore.accounts.teams import teams_of
from crmcore.contracts.actors import Actor, system_actor
from crmcore.errors import Forbidden, Invalid, NotFound, NotSignedIn, TooMany
from crmcore.jobs.tables import JobRow
from crmcore.mail.contract import Mail, MailFailed
from crmcore.mail.post import Post
from crmcore.mail.smtp import read_server
from crmcore.settings import SettingsError, WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = system_actor("test")
NEW = "violet tractor umbrella"
LINK = re.compile(r"http://127\.0\.0\.1:8000/(invitation|password)/([A-Za-z0-9_-]{43})")


class MailServer:
    """A real SMTP server; ``refuse`` is its answer to a recipient."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""

    async def start(self) -> int:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: SMTP(self), "127.0.0.1", 0)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


@pytest.fixture
async def mail_server(crm: Crm) -> AsyncIterator[MailServer]:
    server = MailServer()
    settings = WorkspaceSettings(
        smtp_url=f"smtp://127.0.0.1:{await server.start()}?tls=off", mail_from="Полярный <crm@example.com>"
    )
    crm.post.mailer = Post.from_settings(settings).mailer
    yield server
    await server.stop()


async def work(crm: Crm, name: str) -> None:
    """Run the queued jobs called ``name`` as the worker would."""
    for row in await JobRow.select().where(JobRow.name == name, JobRow.state == "queued"):
        run: Callable[..., Any] = crm.registry.jobs[f"core.{name}"].item.run
        await run(msgspec.json.decode(row["payload"]), None)
        await JobRow.delete().where(JobRow.id == row["id"])


def token_in(text: str) -> str:
    match = LINK.search(text)
    assert match, text
    return match[2]


async def accept(crm: Crm, token: str, password: str = NEW) -> UUID:
    return await crm.invitations.accept(
        token, name="Boris Petrov", password=password, language="ru", time_zone="Europe/Moscow"
    )


async def test_an_invitation_makes_the_user_once(crm: Crm, clock: TurnableClock) -> None:
    team = (await crm.records.create("team", {"name": "Sales"}, actor=ADMIN)).id
    id = await crm.invitations.create(" Boris@Example.com", actor=ADMIN, role="viewer", team_id=team)
    token = token_in(await crm.invitations.send(id, actor=ADMIN))
    assert token not in str(await Invitation.select())
    entry = await crm.invitations.find(token)
    assert (entry.email, entry.role, entry.state) == ("boris@example.com", "viewer", "open")
    with pytest.raises(Invalid) as refused:
        await accept(crm, token, "short")
    assert refused.value.problems[0].path == "/password"
    user = await accept(crm, token)
    actor = await crm.accounts.actor_for_session(
        await crm.accounts.sign_in("boris@example.com", NEW, address="::1", user_agent="")
    )
    assert actor is not None and actor.id == str(user)
    assert (actor.language, actor.time_zone) == ("ru", "Europe/Moscow")
    assert await teams_of(user) == actor.team_ids == {str(team)}
    history = await crm.records.history("user", user, actor=ADMIN)
    assert history[0].reason == "invitation"
    with pytest.raises(NotFound):
        await accept(crm, token)


async def test_links_that_are_dead_say_the_same(crm: Crm, clock: TurnableClock) -> None:
    revoked = await crm.invitations.create("a@example.com", actor=ADMIN)
    replaced = await crm.invitations.create("b@example.com", actor=ADMIN)
    again = await crm.invitations.create("c@example.com", actor=ADMIN)
    dead = [token_in(await crm.invitations.link(id, actor=ADMIN)) for id in (revoked, replaced, again)]
    await crm.invitations.revoke(revoked, actor=ADMIN)
    await crm.invitations.link(replaced, actor=ADMIN)
    await crm.invitations.create("c@example.com", actor=ADMIN, role="viewer")
    late = token_in(
        await crm.invitations.link(await crm.invitations.create("d@example.com", actor=ADMIN), actor=ADMIN)
    )
    clock.advance(timedelta(days=7).total_seconds())
    said = set()
    for token in (*dead, late, "x" * 43, "short", "\0", "é" * 43):
        with pytest.raises(NotFound) as refused:
            await crm.invitations.find(token)
        said.add((refused.value.code, refused.value.sentence("en")))
    assert len(said) == 1
    states = {entry.email: entry.state for entry in await crm.invitations.entries(everything=True)}
    assert states["a@example.com"] == "revoked" and states["d@example.com"] == "expired"


async def test_nobody_is_invited_wrongly_or_to_more_than_the_inviter_may(crm: Crm) -> None:
    await crm.accounts.create_user("there@example.com", "There", None)
    for email, role, path in (
        ("there@example.com", "agent", "/email"),
        ("no address", "agent", "/email"),
        ("x@example.com", "king", "/role"),
    ):
        with pytest.raises(Invalid) as refused:
            await crm.invitations.create(email, actor=ADMIN, role=role)
        assert [problem.path for problem in refused.value.problems] == [path]
    hr = Actor(kind="system", permissions=frozenset({"user.read", "user.write"}))
    with pytest.raises(Forbidden):
        await crm.invitations.create("x@example.com", actor=hr, role="admin")


async def test_the_invitation_arrives_as_a_mail_in_its_language(crm: Crm, mail_server: MailServer) -> None:
    id = await crm.invitations.create("novy@example.com", actor=ADMIN, language="ru")
    english = await crm.invitations.create("bo@example.com", actor=ADMIN)
    assert (
        await crm.invitations.send(id, actor=ADMIN) == "" == await crm.invitations.send(english, actor=ADMIN)
    )
    assert await crm.invitations.send(english, actor=ADMIN) == ""
    assert "http" not in str([row["payload"] for row in await JobRow.select()])
    await work(crm, "send_invitation")
    russian, plain = sorted(mail_server.mails, key=lambda mail: mail["to"] == "bo@example.com")
    assert russian["subject"] == "Коллега приглашает вас в crmcore"
    assert str(russian["from"]) == "Полярный <crm@example.com>"
    text, html = (part.get_content() for part in russian.iter_parts())
    assert token_in(text) == token_in(html)
    assert "7 дней" in text and "Принять приглашение" in html
    user = await accept(crm, token_in(text))
    # A job that comes again, after the person came, sends nothing.
    await crm.invitations.mail(id)
    assert len(mail_server.mails) == 2 and user
    assert (
        await crm.invitations.find(token_in(plain.get_body(("plain",)).get_content()))
    ).email == "bo@example.com"


async def test_a_server_that_refuses_is_tried_again_and_repeats_no_secret(
    crm: Crm, mail_server: MailServer
) -> None:
    id = await crm.invitations.create("bo@example.com", actor=ADMIN)
    await crm.invitations.send(id, actor=ADMIN)
    mail_server.refuse = "450 mailbox bo@example.com busy"
    with pytest.raises(MailFailed) as refused:
        await work(crm, "send_invitation")
    assert "450" in str(refused.value) and "bo@" not in str(refused.value)
    mail_server.refuse = ""
    await work(crm, "send_invitation")
    assert len(mail_server.mails) == 1
    # A server that offers no encryption gets nothing, unless the settings say that it need not.
    [socket] = mail_server.server.sockets
    strict = WorkspaceSettings(smtp_url=f"smtp://127.0.0.1:{socket.getsockname()[1]}")
    with pytest.raises(MailFailed):
        await Post.from_settings(strict).send(Mail(to="a@example.com", subject="s", text="t", html="h"))
    assert len(mail_server.mails) == 1
    await mail_server.stop()
    with pytest.raises(MailFailed, match="did not take the mail"):
        await crm.post.send(Mail(to="a@example.com", subject="s", text="t", html="h"))


async def test_the_mail_servers_url_is_read_strictly() -> None:
    server = read_server("smtps://us%40er:pa%2Fss@mail.example.com")
    assert (server.port, server.implicit, server.user, server.password) == (465, True, "us@er", "pa/ss")
    assert "pa/ss" not in repr(server)
    assert read_server("smtp://mail.example.com").plain is False
    for url in (
        "http://mail.example.com",
        "smtp://",
        "smtp://h:99999",
        "smtps://h?tls=off",
        "smtp://u:secret@mail.example.com?tls=off",
        "smtp://h?tls=maybe",
    ):
        with pytest.raises(SettingsError) as refused:
            Post.from_settings(WorkspaceSettings(smtp_url=url))
        assert "secret" not in str(refused.value)


async def test_a_reset_sets_the_password_once_and_ends_the_sessions(
    crm: Crm, mail_server: MailServer, clock: TurnableClock
) -> None:
    user = await crm.accounts.create_user("anna@example.com", "Anna Lee", PASSWORD)
    secret = await crm.accounts.sign_in("anna@example.com", PASSWORD, address="::1", user_agent="")
    api = await crm.accounts.create_token(user, "shop", ["read"])
    await crm.password_resets.ask("ANNA@example.com", address="::1")
    await work(crm, "send_password_reset")
    token = token_in(mail_server.mails[0].get_body(("plain",)).get_content())
    assert token not in str(await PasswordReset.select())
    with pytest.raises(Invalid):
        await crm.password_resets.redeem(token, "anna lee anna lee")
    assert await crm.password_resets.redeem(token, NEW) == user
    with pytest.raises(NotFound):
        await crm.password_resets.redeem(token, NEW)
    assert await crm.accounts.actor_for_session(secret) is None
    assert await crm.accounts.actor_for_token(api) is not None
    with pytest.raises(NotSignedIn):
        await crm.accounts.sign_in("anna@example.com", PASSWORD, address="::1", user_agent="")
    late = token_in(await crm.password_resets.link(user))
    clock.advance(3600)
    with pytest.raises(NotFound):
        await crm.password_resets.find(late)
    await crm.password_resets.forget_old()
    assert await PasswordReset.count() == 0


async def test_asking_for_nobodys_password_looks_and_costs_the_same(
    crm: Crm, mail_server: MailServer, clock: TurnableClock
) -> None:
    await crm.accounts.create_user("anna@example.com", "Anna Lee", PASSWORD)
    costs = []
    for email in ("anna@example.com", "nobody@example.com"):
        before = crm.database.statements
        await crm.password_resets.ask(email, address="::1")
        costs.append(crm.database.statements - before)
        for _ in range(2):
            await crm.password_resets.ask(email, address="::1")
        with pytest.raises(TooMany) as refused:
            await crm.password_resets.ask(email, address="192.0.2.9")
        assert refused.value.sentence("en") == "Too many attempts. Try again in 5 minutes."
        assert refused.value.sentence("ru") == "Слишком много попыток. Повторите через 5 минут."
    assert len(set(costs)) == 1
    await work(crm, "send_password_reset")
    assert [mail["to"] for mail in mail_server.mails] == ["anna@example.com"]
    with pytest.raises(TooMany):
        for n in range(30):
            await crm.password_resets.ask(f"user{n}@example.com", address="::1")


async def test_another_role_or_none_at_all_ends_the_sessions(crm: Crm) -> None:
    admin = await crm.accounts.create_user("ada@example.com", "Ada", PASSWORD, role="admin")
    user = await crm.accounts.create_user("anna@example.com", "Anna Lee", PASSWORD)
    for changes, ended in (({"name": "A"}, 1), ({"role": "viewer"}, 0), ({"active": False}, 0)):
        await LoginSession.delete().where(LoginSession.user == user)
        await crm.accounts.sessions.open(user, "Test/1")
        await crm.records.update("user", user, changes, actor=ADMIN)
        assert await LoginSession.count().where(LoginSession.user == user) == ended
    for changes in ({"role": "agent"}, {"active": False}):
        with pytest.raises(Invalid) as refused:
            await crm.records.update("user", admin, changes, actor=ADMIN)
        assert refused.value.problems[0].code == "last_administrator"
