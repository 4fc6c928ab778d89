"""The inbox: mentions, filters, saved views, many at once; what is done is taken back, what is begun is kept."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import httpx2
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.contracts.actors import system_actor
from crmcore.views.service import ViewChanges
from crmcore.workspace import Crm

HIGH = {"field": "priority", "op": "eq", "value": "high"}


async def listed(browser: httpx2.AsyncClient, story: Story, query: str) -> set[UUID]:
    answer = await browser.get(f"/inbox?{query}")
    assert answer.status_code == 200, answer.text[:300]
    assert Page(answer.text).problems() == []
    return {id for id in story.conversations if f'href="/inbox/{id}?' in answer.text}


async def status(crm: Crm, id: UUID) -> str:
    return str((await crm.records.get("conversation", id, actor=system_actor())).document["status"])


async def test_a_list_is_narrowed_and_kept_as_a_view(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    grinder, _, wholesale, *_, pause, _ = story.conversations
    asked = urlencode({"view": "all", "filter": json.dumps(HIGH)})
    assert await listed(browser, story, asked) == {grinder}
    page = Page((await browser.get(f"/inbox?{asked}")).text)
    assert "Priority is High" in page.shown

    # The form, without scripts: a field is added, then filled in, then applied.
    form = {"view": "all", "add": "assignee_id", "do": "refresh"}
    shown = Page((await browser.get(f"/inbox/filter?{urlencode(form)}")).text)
    assert any(t == "option" and a.get("value") == story.agent.id for t, a in shown.tags)
    unfinished = await browser.get(
        "/inbox/filter", params={"view": "all", "f0": "assignee_id", "o0": "eq", "v0": "", "do": "apply"}
    )
    assert unfinished.status_code == 422
    applied = await browser.get(
        "/inbox/filter",
        params={"view": "all", "f0": "assignee_id", "o0": "eq", "v0": story.agent.id, "do": "apply"},
    )
    address = applied.headers["location"]
    assert await listed(browser, story, urlsplit(address).query) == {wholesale}
    # Who has waited for more than four hours: nobody yet.
    waits = {"view": "all", "f0": "waiting_since", "o0": "older", "v0": "4", "u0": "hour", "do": "apply"}
    longer = urlsplit((await browser.get("/inbox/filter", params=waits)).headers["location"]).query
    assert await listed(browser, story, longer) == set()
    assert (
        "Waiting since is longer ago than 4 hours" in Page((await browser.get(f"/inbox?{longer}")).text).shown
    )
    shop.clock.advance(5 * 3600)  # type: ignore[attr-defined]
    assert len(await listed(browser, story, longer)) == 5
    by_account = {"field": "account_id", "op": "eq", "value": str(story.ids["api"])}
    everything = urlencode({"view": "all", "filter": json.dumps(by_account)})
    assert len(await listed(browser, story, everything)) == 6
    closed_too = {"field": "status", "op": "in", "value": ["open", "waiting", "closed"]}
    assert pause in await listed(browser, story, urlencode({"view": "all", "filter": json.dumps(closed_too)}))
    for nonsense in ("{", '{"field":"secret","op":"eq","value":1}', "[]"):
        query = urlencode({"view": "all", "filter": nonsense})
        assert len(await listed(browser, story, query)) == 6

    # Kept under a name: in the menu, with everything it asks for.
    refused = await browser.post(f"/inbox/view?{asked}", data={"name": ""})
    assert refused.status_code == 400
    made = await browser.post(f"/inbox/view?{asked}", data={"name": "Urgent ones", "shared": "1"})
    view = parse_qs(urlsplit(made.headers["location"]).query)["view"][0]
    assert await listed(browser, story, f"view={view}") == {grinder}
    page = Page((await browser.get(f"/inbox/{grinder}?view={view}")).text)
    assert "Urgent ones" in page.shown
    assert any(
        t == "a" and a.get("href") == f"/inbox?view={view}" and "aria-current" in a for t, a in page.tags
    )
    rows = (await browser.get(f"/inbox?view={view}&rows=", headers={"x-crm-fragment": "rows"})).text
    assert f'data-count="/inbox?view={view}" data-n="1"' in rows
    colleague = await browse(AGENT)
    assert await listed(colleague, story, f"view={view}") == {grinder}
    await shop.views.update(UUID(view), ViewChanges(shared=False), actor=story.admin)
    assert "Urgent ones" not in (await colleague.get("/inbox")).text
    # An address of a view that is gone shows the usual list.
    assert grinder not in await listed(colleague, story, f"view={view}")
    await browser.post(f"/inbox/view?view={view}", data={"do": "delete"})
    assert "Urgent ones" not in (await browser.get("/inbox")).text


async def test_mentions_are_a_view(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    invoice = story.conversations[1]
    assert await listed(browser, story, "view=mentions") == set()
    await shop.conversations.note(invoice, "@Anna please look", actor=story.agent)
    await shop.worker.drain()
    assert await listed(browser, story, "view=mentions") == {invoice}
    await shop.conversations.close(invoice, actor=story.agent)
    assert await listed(browser, story, "view=mentions") == set()


async def test_many_are_changed_and_taken_back(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    one, other = story.conversations[1], story.conversations[2]
    ids = {"id": [str(one), str(other)]}

    async def change(**data: object) -> str:
        answer = await browser.post("/inbox/bulk?view=all", data={**ids, **data})
        assert answer.status_code == 303, answer.text[:300]
        return str(answer.headers["location"])

    back = await change(do="close")
    assert {await status(shop, one), await status(shop, other)} == {"closed"}
    page = Page((await browser.get(back)).text)
    assert "2 conversations changed" in page.shown
    undo = next(
        a["action"] for t, a in page.tags if t == "form" and a.get("action", "").startswith("/inbox/bulk/")
    )
    assert "done=undone" in (await browser.post(undo)).headers["location"]
    assert {await status(shop, one), await status(shop, other)} == {"open"}
    await change(do="tag", add_tags="Sale, Autumn", remove_tags="Billing")
    await change(priority="urgent")
    await change(assignee="me")
    await change(do="snooze", at="2099-01-01T10:00")
    document = (await shop.records.get("conversation", one, actor=story.admin)).document
    assert set(document["tags"]) == {"Sale", "Autumn"}
    assert (document["priority"], str(document["assignee_id"])) == ("urgent", story.admin.id)
    assert document["status"] == "snoozed"
    nobody = await browser.post("/inbox/bulk?view=all", data={"do": "close"})
    assert nobody.status_code == 422 and "Choose conversations first." in Page(nobody.text).shown
    nothing = await browser.post("/inbox/bulk?view=all", data=ids)
    assert nothing.status_code == 422 and "Say what to change." in Page(nothing.text).shown
    everything = await browser.post("/inbox/bulk?view=snoozed", data={"everything": "1", "do": "reopen"})
    run = parse_qs(urlsplit(everything.headers["location"]).query)["run"][0]
    watched = await browser.get(f"/inbox/bulk/{run}")
    assert watched.status_code == 200 and Page(watched.text).problems() == []
    assert await status(shop, one) == "open"
    viewer = await browse(VIEWER)
    assert (await viewer.post("/inbox/bulk", data={**ids, "do": "close"})).status_code == 403
    assert 'name="id"' not in (await viewer.get("/inbox?view=all")).text


async def test_closing_goes_on_and_every_action_is_taken_back(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    page = await browser.get("/inbox?view=all")
    order = [a["href"] for t, a in Page(page.text).tags if t == "a" and "data-open-conversation" in a]
    ids = [UUID(href.split("/")[2].partition("?")[0]) for href in order]
    for at, following in ((1, 2), (-1, -2)):
        answer = await browser.post(f"/inbox/{ids[at]}/close?view=all", data={"then": "next"})
        assert answer.headers["location"].startswith(f"/inbox/{ids[following]}?view=all")
        told = Page((await browser.get(answer.headers["location"])).text)
        undo = next(a["action"] for t, a in told.tags if t == "form" and "/undo" in a.get("action", ""))
        version = next(a["value"] for t, a in told.tags if t == "input" and a.get("name") == "version")
        assert undo.startswith(f"/inbox/{ids[at]}/undo")
        await browser.post(undo, data={"version": version})
        assert await status(shop, ids[at]) != "closed"
        again = await browser.post(undo, data={"version": "999"})
        assert again.status_code == 404
    crafted = await browser.get(f"/inbox/{ids[0]}?done=closed&undo=3&of=../../logout%3F")
    assert "logout?" not in crafted.text and "/undo?" not in crafted.text
    team = await shop.records.create("team", {"name": "Second line"}, actor=story.admin)
    id = story.conversations[4]
    await browser.post(f"/inbox/{id}/assign", data={"team": str(team.id)})
    await browser.post(f"/inbox/{id}/assign", data={"assignee": story.agent.id, "notice": "yours, please"})
    document = (await shop.records.get("conversation", id, actor=story.admin)).document
    assert (document["team"]["name"], str(document["assignee_id"])) == ("Second line", story.agent.id)
    texts = [m.document["text"] for m in (await shop.conversations.messages(id, actor=story.admin)).items]
    assert "@Максим Орлов yours, please" in texts


async def test_what_is_begun_is_kept_without_scripts_too(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.conversations[0]
    await browser.post(f"/inbox/{id}/messages", data={"kind": "note", "text": "Half a", "then": "draft"})
    assert (
        await browser.post(f"/inbox/{id}/draft", data={"kind": "reply", "text": "Dear\n<b>"})
    ).status_code == 204
    text = (await browser.get(f"/inbox/{id}?view=all")).text
    assert 'data-reply="Dear\n&lt;b&gt;"' in text and 'data-note="Half a"' in text
    assert 'class="c-draft"' in text
    assert "Dear" not in (await (await browse(AGENT)).get(f"/inbox/{id}?view=all")).text
    await browser.post(f"/inbox/{id}/messages", data={"kind": "reply", "text": "Dear you"})
    assert 'data-reply=""' in (await browser.get(f"/inbox/{id}?view=all")).text


async def test_why_a_message_is_here_is_told(story: Story, browse: Browse) -> None:
    page = Page((await (await browse(ADMIN)).get(f"/inbox/{story.conversations[0]}?view=all")).text)
    assert "The contact’s open conversation in this channel." in page.shown


async def test_the_palette_offers_what_its_reader_may(shop: Crm, story: Story, browse: Browse) -> None:
    part = {"x-crm-fragment": "1"}
    admin, viewer = await browse(ADMIN), await browse(VIEWER)
    assert 'data-href="/settings/roles"' in (await admin.get("/palette", headers=part)).text
    offered = (await viewer.get("/palette", headers=part)).text
    assert 'data-href="/settings/roles"' not in offered
    assert 'data-href="/contacts/new"' not in offered
    found = (await admin.get("/palette?q=brandt", headers=part)).text
    assert f'data-conversation="{story.conversations[1]}"' in found
    assert f'data-href="/contacts/{story.contacts[1]}"' in found
    assert Page((await viewer.get("/shortcuts")).text).problems() == []
