"""What is done to things that are no records is in the audit too."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from crmcore.accounts.pending import SecondStepNeeded
from crmcore.accounts.role import NewRole, RoleChanges, RoleLabel
from crmcore.accounts.teams import set_teams
from crmcore.audit.acting import acting
from crmcore.audit.export import audit_file
from crmcore.audit.query import AuditQuery
from crmcore.contracts.actors import Actor, system_actor
from crmcore.errors import Invalid, NotSignedIn
from crmcore.exporting.service import ExportSettings
from crmcore.importing.run import ImportSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"
NEW = "violet tractor umbrella"
ADA = Actor(kind="user", id="7", label="Ada", permissions=frozenset({"*"}))


async def _noted(crm: Crm, **query: Any) -> list[tuple[str, str, str, str, str]]:
    page, _ = await crm.audit.page(AuditQuery(**query), actor=ADA, limit=200)
    return [
        (entry.action, entry.record_type, entry.subject, entry.actor_label, entry.address) for entry in page
    ]


async def test_channels_plugins_exports_and_keys(crm: Crm) -> None:
    with acting(ADA, "198.51.100.7"):
        id = await crm.channel_accounts.create("api", "Shop", {}, actor=ADA)
        await crm.channel_accounts.update(id, {"name": "Shops", "config": {}}, actor=ADA)
        await crm.channel_accounts.pause(id, "holidays", actor=ADA)
        await crm.channel_accounts.resume(id, actor=ADA)
        await crm.channel_accounts.delete(id, actor=ADA)
        await crm.ledger.choose("shopify", False)
        await crm.ledger.choose("shopify", True)
        file = await crm.exports.prepare("contact", ExportSettings(), actor=ADA)
        assert [piece async for piece in file.pieces]
        await crm.rotation.run()
    who = ("Ada", "198.51.100.7")
    # The clock stands still: entries of one millisecond have no order.
    assert sorted(await _noted(crm)) == sorted(
        [
            ("create", "channel_account", "Shop", *who),
            ("update", "channel_account", "Shop", *who),
            ("pause", "channel_account", "Shops", *who),
            ("resume", "channel_account", "Shops", *who),
            ("delete", "channel_account", "Shops", *who),
            ("disable", "plugin", "shopify", *who),
            ("enable", "plugin", "shopify", *who),
            ("export", "contact", "contacts.csv", *who),
            ("rotate", "key", crm.keys.ids[0], *who),
        ]
    )


async def test_signing_in_passwords_and_second_factors(crm: Crm, clock: TurnableClock) -> None:
    import pyotp

    anna = await crm.accounts.create_user("anna@example.com", "Anna", PASSWORD, role="agent")
    for email in ("anna@example.com", "my secret password"):
        with acting(address="203.0.113.9"), pytest.raises(NotSignedIn):
            await crm.accounts.sign_in(email, "wrong" * 3, address="203.0.113.9", user_agent="")
    with acting(address="198.51.100.7"):
        totp = pyotp.TOTP((await crm.second_factors.begin(anna)).secret)
        codes = await crm.second_factors.confirm(anna, totp.at(clock()))
    where = {"address": "198.51.100.7", "user_agent": ""}
    with acting(address="198.51.100.7"):
        with pytest.raises(SecondStepNeeded) as step:
            await crm.accounts.sign_in("anna@example.com", PASSWORD, **where)
        with pytest.raises(Invalid):
            await crm.accounts.entrance.give_code(step.value.pending, "000000", **where)
        secret = await crm.accounts.entrance.give_code(step.value.pending, codes[0], **where)
        await crm.second_factors.new_recovery_codes(anna)
        await crm.second_factors.remove(anna)
        await crm.second_factors.remove(anna)
        await crm.accounts.sign_out(secret)
        await crm.accounts.sign_out(secret)
        await crm.accounts.sign_in("anna@example.com", PASSWORD, **where)
        await crm.accounts.end_sessions(anna)
        link = await crm.password_resets.link(anna)
    with acting(address="192.0.2.1"):
        await crm.password_resets.redeem(link.rpartition("/")[2], NEW)
    them = ("anna@example.com", "Anna", "198.51.100.7")
    assert sorted(await _noted(crm)) == sorted(
        [
            ("create", "user", "Anna", "system", ""),
            ("sign_in_failed", "session", "anna@example.com", "not signed in", "203.0.113.9"),
            ("sign_in_failed", "session", "", "not signed in", "203.0.113.9"),
            ("enable", "second_factor", "anna@example.com", "not signed in", "198.51.100.7"),
            ("sign_in_failed", "session", "anna@example.com", "not signed in", "198.51.100.7"),
            ("recovery_code", "second_factor", "anna@example.com", "not signed in", "198.51.100.7"),
            ("sign_in", "session", *them),
            ("renew_codes", "second_factor", *them),
            ("disable", "second_factor", *them),
            ("sign_out", "session", *them),
            ("sign_in", "session", *them),
            ("end", "session", *them),
            ("reset_link", "password", *them),
            ("update", "password", "anna@example.com", "Anna", "192.0.2.1"),
        ]
    )
    everything = b"".join(
        [piece async for piece in audit_file(crm.audit.entries(AuditQuery(), actor=ADA), "jsonl")]
    )
    for hidden in (PASSWORD, NEW, "secret password", secret, codes[0], totp.secret, link.rpartition("/")[2]):
        assert hidden.encode() not in everything


async def test_tokens_invitations_roles_teams_and_imports(crm: Crm, tmp_path: Path) -> None:
    boss = await crm.accounts.create_user("boss@example.com", "Boss", PASSWORD, role="admin")
    ada = msgspec.structs.replace(ADA, id=str(boss))
    with acting(ada, "198.51.100.7"):
        token = await crm.accounts.create_token(boss, "Shop", ["contact.read"])
        id = (await crm.accounts.list_tokens(boss))[0].id
        await crm.accounts.revoke_token(id)
        await crm.accounts.revoke_token(id)
        for email in ("one@example.com", "two@example.com"):
            asked = await crm.invitations.create(email, actor=ada)
            link = await crm.invitations.send(asked, actor=ada)
        await crm.invitations.accept(
            link.rpartition("/")[2], name="Two", password=NEW, language="en", time_zone="UTC"
        )
        await crm.invitations.revoke((await crm.invitations.entries())[0].id, actor=ada)
        new = NewRole(key="desk", label=RoleLabel(en="Desk", ru="Desk"), permissions=["contact.read"])
        await crm.roles.create(new, actor=ada)
        await crm.roles.update("desk", RoleChanges(permissions=["task.read"]), actor=ada)
        await crm.roles.delete("desk", actor=ada)
        team = (await crm.records.create("team", {"name": "Sales"}, actor=ada)).id
        await set_teams(boss, {team: True}, crm.clock)
        await set_teams(boss, {team: True}, crm.clock)
        (tmp_path / "people.csv").write_text("first_name\nZoe\n")
        run = await crm.imports.file(
            "contact", tmp_path / "people.csv", ImportSettings(), actor=system_actor("cli")
        )
        await crm.imports.undo(run.id, actor=system_actor("cli"), in_background=False)
    who = ("Ada", "198.51.100.7")
    kinds = ("token", "invitation", "role", "membership", "import")
    noted = [entry[:3] + entry[4:] for entry in await _noted(crm) if entry[1] in kinds]
    assert sorted(noted) == sorted(
        (*entry, who[1])
        for entry in [
            ("create", "token", "Shop"),
            ("revoke", "token", "Shop"),
            *(
                (action, "invitation", f"{name}@example.com")
                for name in ("one", "two")
                for action in ("create", "send")
            ),
            ("accept", "invitation", "two@example.com"),
            ("revoke", "invitation", "one@example.com"),
            *((action, "role", "desk") for action in ("create", "update", "delete")),
            ("update", "membership", "boss@example.com"),
            ("import", "import", "people.csv"),
            ("undo", "import", "people.csv"),
        ]
    )
    page, _ = await crm.audit.page(AuditQuery(record_type="role", action="update"), actor=ada, limit=5)
    assert page[0].changes == {"permissions": [["contact.read"], ["task.read"]]}
    assert token not in str(page)


async def test_nothing_is_noted_of_what_did_not_happen(crm: Crm) -> None:
    with pytest.raises(Invalid):
        await crm.channel_accounts.create("api", "", {}, actor=ADA)
    with pytest.raises(ValueError, match="plugin's name"):
        await crm.ledger.choose("No Plugin", False)
    assert await _noted(crm) == []
