"""Whatever is changed in the history afterwards is noticed."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from crmcore.audit.acting import acting
from crmcore.audit.query import AuditQuery
from crmcore.audit.tables import AuditSeal
from crmcore.contracts.actors import Actor, system_actor
from crmcore.errors import Forbidden
from crmcore.records.tables import History
from crmcore.secrets.keys import SecretError, new_key
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

ADMIN = Actor(kind="user", id=str(uuid4()), label="Ada", permissions=frozenset({"*"}))


async def _lived(crm: Crm, clock: TurnableClock) -> None:
    """Write some history, in two seals."""
    for name in ("Лена", "Bo", "Cy"):
        clock.advance(1)
        made = await crm.records.create("contact", {"first_name": name}, actor=ADMIN)
        await crm.records.update("contact", made.id, {"last_name": "Orlova"}, actor=ADMIN, reason="a test")
    assert await crm.audit.chain.seal() == 6
    clock.advance(1)
    with acting(ADMIN, "198.51.100.7"):
        await crm.audit.note("sign_in", "session", "ada@example.com")
    assert await crm.audit.chain.seal() == 1
    assert await crm.audit.chain.seal() == 0


async def test_an_untouched_chain_is_sound(crm: Crm, clock: TurnableClock) -> None:
    await _lived(crm, clock)
    verdict = await crm.audit.verify(actor=ADMIN)
    assert verdict.sound and (verdict.entries, verdict.seals, verdict.unsealed) == (7, 2, 0)

    await crm.audit.note("export", "export", "contacts", actor=ADMIN)
    later = await crm.audit.verify(actor=ADMIN, expect=verdict.head)
    assert later.sound and later.found_expected and later.head != verdict.head


async def _change(row: dict[str, Any]) -> None:
    await History.update({History.reason: "another"}).where(History.id == row["id"])


async def _delete(row: dict[str, Any]) -> None:
    await History.delete().where(History.id == row["id"])


async def _add(row: dict[str, Any]) -> None:
    copy = {name: value for name, value in row.items() if name != "id"}
    await History.insert(History(**copy))


async def _other_moment(row: dict[str, Any]) -> None:
    await History.update({History.at: row["at"].replace(year=2020)}).where(History.id == row["id"])


async def _cut_a_seal(row: dict[str, Any]) -> None:
    await AuditSeal.delete().where(AuditSeal.number == 2)


async def _cut_the_first_seal(row: dict[str, Any]) -> None:
    await AuditSeal.delete().where(AuditSeal.number == 1)


async def _forge_a_seal(row: dict[str, Any]) -> None:
    await _delete(row)
    seal = await AuditSeal.select().where(AuditSeal.number == 1).first()
    assert seal is not None
    await AuditSeal.update({AuditSeal.entries: bytes(seal["entries"])[48:]}).where(AuditSeal.number == 1)


async def _forge_with_its_hash(row: dict[str, Any]) -> None:
    from crmcore.audit.digest import seal_hash

    seal = await AuditSeal.select().where(AuditSeal.number == 2).first()
    assert seal is not None
    entries = bytes(seal["entries"]) * 2
    changed = {AuditSeal.entries: entries, AuditSeal.hash: seal_hash(2, seal["previous"], entries)}
    await AuditSeal.update(changed, force=True).where(AuditSeal.number == 2)


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (_change, {"changed"}),
        (_delete, {"deleted"}),
        (_add, {"added"}),
        (_other_moment, {"changed"}),
        (_cut_a_seal, {"seal_missing"}),
        (_cut_the_first_seal, {"seal_missing"}),
        (_forge_a_seal, {"seal_changed"}),
        (_forge_with_its_hash, {"signature"}),
    ],
)
async def test_tampering_is_named(
    crm: Crm, clock: TurnableClock, tamper: Callable[[dict[str, Any]], Awaitable[None]], kinds: set[str]
) -> None:
    await _lived(crm, clock)
    row = await History.select().order_by(History.id).first()
    assert row is not None
    await tamper(row)
    verdict = await crm.audit.verify(actor=ADMIN)
    assert not verdict.sound
    assert kinds <= {fault.kind for fault in verdict.faults}


async def test_a_cut_at_the_end_shows_against_the_head_kept_elsewhere(crm: Crm, clock: TurnableClock) -> None:
    await _lived(crm, clock)
    head = (await crm.audit.verify(actor=ADMIN)).head
    await History.delete().where(History.seal == 2)
    await AuditSeal.delete().where(AuditSeal.number == 2)
    assert (await crm.audit.verify(actor=ADMIN)).sound
    assert not (await crm.audit.verify(actor=ADMIN, expect=head)).sound


async def test_the_chain_stays_sound_when_its_key_is_rotated_and_retired(
    crm: Crm, clock: TurnableClock
) -> None:
    await _lived(crm, clock)
    old = crm.keys.ids[0]
    crm.keys.add(new_key())
    with pytest.raises(SecretError, match="still needed"):
        await crm.rotation.retire(old)
    changed = await crm.rotation.run()
    assert changed["audit_seal.signature"] == 2
    await crm.rotation.retire(old)
    clock.advance(1)
    verdict = await crm.audit.verify(actor=ADMIN)
    assert verdict.sound and old not in crm.keys.ids, verdict.faults


async def test_entries_are_found_page_by_page_by_those_who_may(crm: Crm, clock: TurnableClock) -> None:
    await _lived(crm, clock)
    seen, before = [], None
    while True:
        page, before = await crm.audit.page(AuditQuery(actor=ADMIN.id), actor=ADMIN, limit=3, before=before)
        seen += page
        if before is None:
            break
    assert [entry.action for entry in seen] == ["sign_in", *["update", "create"] * 3]
    assert (seen[0].address, seen[0].subject) == ("198.51.100.7", "ada@example.com")
    assert seen[1].changes["last_name"][1] == "Orlova"
    found = [entry async for entry in crm.audit.entries(AuditQuery(action="create"), actor=system_actor())]
    assert len(found) == 3
    with pytest.raises(Forbidden):
        await crm.audit.page(AuditQuery(), actor=Actor(kind="user", permissions=frozenset({"contact.read"})))
