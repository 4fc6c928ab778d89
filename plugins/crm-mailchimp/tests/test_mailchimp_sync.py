"""A whole audience: read, handed over in batches, gone on with after a kill, healed when results are lost."""

import asyncio
from pathlib import Path

import pytest
from crm_mailchimp import handing_over, sync
from crm_mailchimp.membership import by_subscriber
from crm_mailchimp.plugin import register_jobs
from crm_mailchimp.standin.members import hash_of
from crm_mailchimp.sync import start_sync
from crm_mailchimp.sync_state import state_of_sync
from mailchimp_api import Mailchimp
from mailchimp_workspace import Workspace, opened

from crmcore import HttpAnswer
from crmcore.testing.clock import TurnableClock


async def test_the_first_synchronisation_of_an_audience(
    workspace: Workspace, mailchimp: Mailchimp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "PAGE", 10)
    monkeypatch.setattr("crm_mailchimp.audience.PAGE", 4)
    mailchimp.service.batches.per_look = 20
    service = mailchimp.service
    await workspace.pause()
    # There already: one who left, one whose mail bounces, subscribers known and unknown here.
    left = await workspace.add("left@example.com")
    gone = await workspace.add("gone@example.com")
    known = await workspace.add("known@example.com", opt_in=None)
    no = await workspace.add("no@example.com", opt_in=False)
    many = [await workspace.add(f"p{n}@example.com", first_name=f"P{n}") for n in range(24)]
    await workspace.add("bad@fake.invalid")
    service.add("left@example.com", "unsubscribed")
    service.add("gone@example.com", "cleaned")
    service.add("known@example.com", FNAME="Known")
    service.add("no@example.com")
    service.add("new@example.com", FNAME="Nora", LNAME="Neu")
    service.add("stranger@example.com", "unsubscribed")
    await workspace.work()
    await workspace.resume()
    assert mailchimp.asked == []
    await workspace.synchronise()

    assert {service.members[hash_of(f"p{n}@example.com")].merge_fields["FNAME"] for n in range(24)} == {
        f"P{n}" for n in range(24)
    }
    assert [await workspace.status(id) for id in many] == ["subscribed"] * 24
    assert workspace.member("left@example.com").status == "unsubscribed"
    assert (await workspace.point("left@example.com")).opt_out
    assert (await workspace.point("gone@example.com")).bounced
    assert [await workspace.status(id) for id in (left, gone, known, no)] == [
        "unsubscribed",
        "cleaned",
        "subscribed",
        "unsubscribed",
    ]
    assert workspace.member("no@example.com").status == "unsubscribed"
    assert (await workspace.document(known))["first_name"] == "Known"
    nora = await workspace.named("new@example.com")
    assert nora is not None and (nora["name"], nora["custom"]["mailchimp_opt_in"]) == ("Nora Neu", True)
    assert await workspace.named("stranger@example.com") is None
    state = await state_of_sync(workspace.id, workspace.plugin)
    assert state is not None and (state.refused, state.batches) == (1, [])
    bad = (await by_subscriber(workspace.id, [hash_of("bad@fake.invalid")])).popitem()[1]
    assert "looks fake or invalid" in bad.problem
    sizes = [len(body["operations"]) for _, target, body in mailchimp.asked if target == "/batches"]
    assert sum(sizes) >= 26 and max(sizes) <= 1000

    # Nothing has changed since: nothing is asked but what has changed, and nobody is written.
    service.members.pop(hash_of("bad@fake.invalid"), None)
    asked = len(mailchimp.asked)
    workspace.clock.advance(3600)
    await workspace.synchronise(whole=False)
    later = mailchimp.methods()[asked:]
    assert "PUT /members/*" not in later and later.count("POST /batches") <= 1


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    sqlite_url: str,
    tmp_path: Path,
    mailchimp: Mailchimp,
    clock: TurnableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handing_over, "PAGE", 5)
    monkeypatch.setattr(handing_over, "MOST_OPERATIONS", 10)
    monkeypatch.setattr(sync, "MOST_WAITING", 2)
    service = mailchimp.service
    async with opened(sqlite_url, tmp_path, mailchimp, clock) as first:
        for n in range(23):
            await first.add(f"p{n}@example.com")
        await first.work()
        id = await first.connect()
        await start_sync(id, first.plugin, whole=True)
        new, killed = service.batches.new, asyncio.CancelledError

        def dies(operations: list[dict[str, object]]) -> dict[str, object]:
            made = new(operations)
            if len(service.batches.batches) == 3:
                # Handed over, and the worker never hears that it was.
                raise killed
            return made

        service.batches.new = dies  # type: ignore[method-assign]
        with pytest.raises(killed):
            await first.plugin.http.request("GET", "https://us3.api.mailchimp.com/3.0/ping")
            await sync.sync_audience(await _payload(first), first.plugin)
        service.batches.new = new  # type: ignore[method-assign]
        before = await state_of_sync(id, first.plugin)
        assert before is not None and before.phase == "push" and 0 < before.seen < 23
    async with opened(sqlite_url, tmp_path, mailchimp, clock) as second:
        second.id = id
        for _ in range(10):
            clock.advance(60)
            await second.work()
            after = await state_of_sync(id, second.plugin)
            if after is not None and after.phase == "done":
                break
        after = await state_of_sync(id, second.plugin)
        assert after is not None and (after.phase, after.seen, after.run) == ("done", 23, before.run)
    assert len(service.members) == 23
    # Nobody twice, although a batch had been handed over and its worker did not live to note it.
    handed = [operation["path"] for batch in service.batches.batches for operation in batch["operations"]]
    assert len(handed) == len(set(handed)) == 23
    assert [line for line in mailchimp.methods() if line == "GET /batches"] == ["GET /batches"]


async def _payload(workspace: Workspace) -> dict[str, object]:
    state = await state_of_sync(workspace.id, workspace.plugin)
    assert state is not None
    return {"account": str(workspace.id), "run": state.run, "step": state.step}


async def test_a_batch_that_is_not_taken_loses_nobody(here: Workspace, mailchimp: Mailchimp) -> None:
    await here.pause()
    ids = [await here.add(f"p{n}@example.com") for n in range(3)]
    await here.work()
    await here.resume()
    mailchimp.instead["POST batches"] = HttpAnswer(status=503, headers={}, body=b"")
    await start_sync(here.id, here.plugin, whole=True)
    await here.work()
    state = await state_of_sync(here.id, here.plugin)
    assert state is not None and (state.seen, state.batches) == (0, []) and "status 503" in state.trouble
    mailchimp.instead.clear()
    here.clock.advance(60)
    await here.synchronise()
    assert [await here.status(id) for id in ids] == ["subscribed"] * 3


async def test_lost_results_are_read_from_the_members_themselves(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    mailchimp.instead["GET results"] = HttpAnswer(status=403, headers={}, body=b"<Error>Expired</Error>")
    await here.pause()
    ann = await here.add("ann@example.com")
    await here.work()
    await here.resume()
    await here.synchronise()
    assert await here.status(ann) == "subscribed"


async def test_the_night_brings_what_was_missed(here: Workspace, mailchimp: Mailchimp) -> None:
    ann = await here.add("ann@example.com")
    await here.work()
    here.clock.advance(3600)
    here.member("ann@example.com").status = "unsubscribed"
    here.member("ann@example.com").changed_at = here.clock()
    here.clock.advance(16 * 3600)
    await here.work()
    assert await here.status(ann) == "unsubscribed"
    assert (await here.document(ann))["custom"]["mailchimp_opt_in"] is False
    # Back by themselves, through a form of Mailchimp's.
    here.clock.advance(60)
    here.member("ann@example.com").status = "subscribed"
    here.member("ann@example.com").changed_at = here.clock()
    await here.synchronise(whole=False)
    assert await here.status(ann) == "subscribed"
    assert not (await here.point("ann@example.com")).opt_out
    assert not [line for line in mailchimp.methods() if line.startswith("PATCH")]


def test_all_jobs_together_keep_to_eight_connections() -> None:
    assert sum(job.at_once or 0 for job in register_jobs()) == 8
    assert {job.key for job in register_jobs() if job.at_once is None} == {"reconcile", "look_for_mailings"}
