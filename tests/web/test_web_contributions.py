"""What plugins show and let people do: rendered, permitted, run once, never in the way of a page.

Three worlds for all of it: making one takes longer than asking.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import desk_plugin
import httpx2
import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, PASSWORD, Story, post

from crmcore.audit.query import AuditQuery
from crmcore.contracts.actors import Actor
from crmcore.contributions.setup_steps import setup_steps
from crmcore.plugins.state import PluginState
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PART = {"x-crm-fragment": "1"}
JSON = {"accept": "application/json"}


@pytest.fixture
async def shop(database_url: str, tmp_path: Path, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A started, bound workspace with the desk's plugin instead of the shop's."""
    desk_plugin.CALLS.clear()
    desk_plugin.RECORDING.clear()
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url, name="Desk")
    crm = Crm.build(settings, clock=clock, entry_points=[EntryPoint("desk", "desk_plugin", "crmcore")])
    assert crm.host.plugins["desk"].state == "loaded", crm.host.plugins["desk"]
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


@pytest.fixture
async def story(shop: Crm) -> Story:
    """Two people, four contacts, one conversation: all that these tests need of a workspace."""
    people = [(ADMIN, "Anna Admin", "admin", "en"), (AGENT, "Максим Орлов", "agent", "ru")]
    ids = {
        role: await shop.accounts.create_user(email, name, PASSWORD, role=role, language=language)
        for email, name, role, language in people
    }
    admin = Actor(kind="user", id=str(ids["admin"]), label="Anna Admin", permissions=frozenset({"*"}))
    contacts = [
        (
            await shop.records.create(
                "contact", {"first_name": first, "last_name": last, "phones": [phone]}, actor=admin
            )
        ).id
        for first, last, phone in (
            ("Anna", "Sokolova", "+49 30 555019"),
            ("Priya", "Nair", "+49 30 555020"),
            ("Marta", "Kowalska", "+49 30 555021"),
            ("Oliver", "Hughes", "+49 30 555022"),
        )
    ]
    await shop.channel_accounts.create("api", "Shop help desk", {}, actor=admin, slug="shop")
    await post(shop, "shop", "anna@example.com", "Anna", "Grinder", "Hello", key="one")
    await shop.worker.drain()
    talks = (await shop.records.list("conversation", ListQuery(), actor=admin)).items
    return Story(
        admin=admin, agent=admin, conversations=[talk.id for talk in talks], contacts=contacts, ids=ids
    )


def hidden(html: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that posts to ``action``."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', html, re.S)
    assert form, action
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]))


async def every_block_is_rendered_and_nothing_of_it_is_markup(
    story: Story, browse: Browse, shop: Crm
) -> None:
    browser = await browse(ADMIN)
    contact = story.contacts[0]
    answer = await browser.get(f"/ui/panels/desk.everything?ref=contact:{contact}")
    page = Page(answer.text)
    assert page.problems() == []
    assert "<script>alert" not in answer.text
    assert 'style="' not in answer.text
    for text in ("Quota", "Show as a table", "Refund all", "VIP", "Call"):
        assert text in page.shown
    assert answer.text.count("<rect") == 2 + 4  # a meter and four bars
    assert answer.text.count("<polyline") == 2
    for key, said in (("heavy", "64 kB"), ("figure", "cannot be drawn")):
        refused = await browser.get(f"/ui/panels/desk.{key}?ref=contact:{contact}", headers=PART)
        assert 'data-state="error"' in refused.text
        assert said in refused.text
    shop.host.plugins["resting"] = PluginState(name="resting", state="disabled")
    resting = await browser.get(f"/ui/panels/resting.orders?ref=contact:{contact}", headers=PART)
    assert 'data-state="disabled"' in resting.text
    assert "not at work" in resting.text
    del shop.host.plugins["resting"]
    data = await browser.get(f"/api/panels/desk.everything?record_type=contact&id={contact}", headers=JSON)
    assert data.status_code == 200, data.text
    assert [block["k"] for block in data.json()["blocks"]][:3] == ["items", "key_values", "meter"]


async def an_action_asks_then_runs_once_and_is_written_down(story: Story, browse: Browse, shop: Crm) -> None:
    contact, action = story.contacts[0], "/ui/actions/desk/refund"
    agent = await browse(AGENT)
    # The agent's role does not have the permission: no button, no form, no press.
    panel = await agent.get(f"/ui/panels/desk.everything?ref=contact:{contact}", headers=PART)
    assert "/ui/actions/desk/refund" not in panel.text
    assert (await agent.get(f"{action}?ref=contact:{contact}")).status_code == 403
    assert (await agent.post(action, data={"token": "x" * 20})).status_code == 403

    browser = await browse(ADMIN)
    panel = await browser.get(f"/ui/panels/desk.everything?ref=contact:{contact}", headers=PART)
    link = re.search(r'href="(/ui/actions/desk/refund\?[^"]*10482[^"]*)"', panel.text)
    assert link
    page = await browser.get(link[1].replace("&amp;", "&"))
    assert Page(page.text).problems() == []
    assert "Give the money back?" in page.text
    assert 'value="42.5"' in page.text
    fields = hidden(page.text, action)
    assert fields["ref"] == f"contact:{contact}"
    refused = await browser.post(action, data=fields | {"f.amount": "4200", "f.reason": "cracked"})
    assert refused.status_code == 422
    assert "At most 100." in refused.text
    assert 'value="cracked"' in refused.text
    wrong = await browser.post(action, data=fields | {"f.amount": "much"})
    assert wrong.status_code == 422

    fields = hidden(refused.text, action) | {"f.amount": "12.5", "item": "slow"}
    first, second = await asyncio.gather(browser.post(action, data=fields), browser.post(action, data=fields))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(desk_plugin.CALLS["refund"]) == 1
    call = desk_plugin.CALLS["refund"][0]
    assert (str(call.data.amount), call.item, call.id) == ("12.5", "slow", contact)
    assert "fresh=desk" in first.headers["location"]
    told = await browser.get(first.headers["location"])
    assert "Refunded 1 &lt;script&gt;" in told.text
    assert (await (await browse(AGENT)).get(first.headers["location"])).text.count("Refunded") == 0
    entries, _ = await shop.audit.page(AuditQuery(record_type="action"), actor=story.admin)
    assert (entries[0].action, entries[0].subject) == ("run", "desk.refund")


async def a_failing_or_refusing_action_says_so(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    contact = story.contacts[0]
    gone = await browser.get(f"/ui/actions/desk/refund?ref=contact:{contact}&item=gone", headers=PART)
    assert "No such order." in gone.text
    assert "<html" not in gone.text
    back = {"ref": f"contact:{contact}", "back": "//evil.example", "token": "t" * 20}
    failed = await browser.post("/ui/actions/desk/broken", data=back)
    assert failed.status_code == 303
    assert failed.headers["location"].startswith("/?acted=")
    told = await browser.get(f"/contacts/{contact}{failed.headers['location'][1:]}")
    assert "The plugin “desk” failed." in told.text
    assert "secret detail" not in told.text
    assert (await browser.post("/ui/actions/desk/nobody", data=back)).status_code == 403
    assert (await browser.post("/ui/actions/desk/none", data=back)).status_code == 404
    assert (await browser.post("/ui/actions/desk/ring", data=back | {"token": "short"})).status_code == 422
    page = await browser.get(f"/contacts/{contact}")
    assert re.search(r'name="item" value="\+4930555019".*?aria-label="Call: \+49 30 555019"', page.text, re.S)
    number = back | {"item": "0-800-dial-me"}
    assert (await browser.post("/ui/actions/desk/ring", data=number)).status_code == 422
    assert "ring" not in desk_plugin.CALLS


async def an_action_for_marked_records_runs_for_each_and_names_the_refused(
    story: Story, browse: Browse
) -> None:
    browser = await browse(AGENT, "en")
    listed = await browser.get("/contacts?view=all")
    address = "/ui/bulk-actions/contact/desk/mark"
    assert f'formaction="{address}"' in listed.text
    ids = [str(id) for id in story.contacts[:4]]
    asked = await browser.post(address, data={"id": ids})
    assert "Mark them?" in asked.text
    fields = hidden(asked.text, address)
    done = await browser.post(address, data={"id": ids, "token": fields["token"]})
    assert done.status_code == 200
    again = await browser.post(address, data={"id": ids, "token": fields["token"]})
    assert len(desk_plugin.CALLS["mark"]) == 3
    for answer in (done, again):
        assert "Priya Nair" in answer.text
        assert Page(answer.text).problems() == []
    assert (await browser.post(address, data={})).status_code == 422
    talks = address.replace("/contact/", "/conversation/")
    assert f'formaction="{talks}"' in (await browser.get("/inbox?view=all")).text
    asked = await browser.post(talks, data={"id": [str(story.conversations[0])]})
    fields = hidden(asked.text, talks)
    await browser.post(talks, data={"id": [str(story.conversations[0])], "token": fields["token"]})
    assert desk_plugin.CALLS["mark"][-1] == story.conversations[0]


async def pages_stand_in_the_menu_with_their_numbers_and_fail_alone(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    page = await browser.get("/x/desk/orders/late?state=open")
    shown = Page(page.text)
    assert shown.problems() == []
    assert "Order 0 open late" in shown.shown
    assert "Order 50" not in shown.shown
    assert re.search(r'href="/x/desk/orders".*?c-n">7<', page.text, re.S)
    assert 'name="state" value="open"' in page.text or 'value="open"' in page.text
    data = (await browser.get("/api/x/desk/pages/orders?state=open", headers=JSON)).json()
    assert len(data["blocks"][0]["items"]) == 50
    assert data["filters"]["schema"]["$defs"]["OrderFilter"]["properties"].keys() == {"state"}
    broken = await browser.get("/x/desk/broken")
    assert broken.status_code == 502
    assert "Try again" in broken.text
    assert (await browser.get("/x/desk/none")).status_code == 404
    agent = await browse(AGENT)
    assert (await agent.get("/x/desk/vault")).status_code == 403
    menu = await agent.get("/tasks")
    assert "/x/desk/orders" in menu.text
    assert "/x/desk/vault" not in menu.text
    listed = (await agent.get("/api/pages", headers=JSON)).json()["items"]
    assert [(item["key"], item["count"]) for item in listed] == [("desk.broken", 0), ("desk.orders", 7)]


async def timelines_tell_what_plugins_know_and_who_failed(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    contact = story.contacts[0]
    page = await browser.get(f"/contacts/{contact}")
    shown = Page(page.text)
    assert shown.problems() == []
    assert "Signed up" in shown.shown
    assert "Without a zone" not in shown.shown
    assert "javascript:" not in page.text
    assert "The plugin “desk” failed." in shown.shown
    data = (await browser.get(f"/api/timeline?record_type=contact&id={contact}", headers=JSON)).json()
    assert [entry["title"] for entry in data["items"]][1] == "Signed up"
    assert len(data["failures"]) == 1
    beside = f"/ui/timelines/conversation/{story.conversations[0]}"
    assert beside in (await browser.get(f"/inbox/{story.conversations[0]}")).text
    assert "Signed up" in Page((await browser.get(beside)).text).shown
    assert "<html" not in (await browser.get(beside, headers=PART)).text


async def messages_have_blocks_and_recordings_are_for_whom_they_were_shown(
    story: Story, browse: Browse, shop: Crm, clock: TurnableClock
) -> None:
    files: Any = shop.host.context("desk").files
    sound = b"ID3\x03\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 400
    desk_plugin.RECORDING["file"] = await files.keep("call.mp3", "audio/mpeg", sound)
    browser = await browse(ADMIN)
    conversation = story.conversations[0]
    thread = await browser.get(f"/inbox/{conversation}")
    address = re.search(r'data-blocks="(/ui/messages/[^"]+)"', thread.text)
    assert address
    part = await browser.get(address[1], headers=PART)
    assert "<script>alert" not in part.text
    source = re.search(r'<audio[^>]* src="([^"]+)"', part.text)
    assert source
    file = source[1].replace("&amp;", "&")
    played = await browser.get(file, headers={"range": "bytes=0-9"})
    assert (played.status_code, played.headers["content-type"]) == (206, "audio/mpeg")
    assert played.content == sound[:10]
    assert "media-src 'self'" in thread.headers["content-security-policy"]
    # The address holds for the person it was made for, as it was made, for a while.
    assert (await (await browse(AGENT)).get(file)).status_code == 404
    assert (await browser.get(file.replace("message%3A", "contact%3A"))).status_code == 404
    data = (await browser.get(f"/api/messages/{address[1].split('/')[3]}/blocks", headers=JSON)).json()
    assert (await browser.get(data["items"][0]["blocks"][1]["url"])).status_code == 200
    clock.advance(13 * 3600)
    browser = await browse(ADMIN)
    assert (await browser.get(file)).status_code == 404


async def overview_commands_steps_health_and_permissions(story: Story, browse: Browse, shop: Crm) -> None:
    admin, agent = await browse(ADMIN), await browse(AGENT, "ru")
    page = await admin.get("/overview")
    assert Page(page.text).problems() == []
    assert page.text.count("/ui/tiles/desk.") >= 3
    tile = await agent.get("/ui/tiles/desk.sales", headers=PART)
    assert "Продажи" in tile.text
    assert (await agent.get("/ui/tiles/desk.vault", headers=PART)).status_code == 403
    assert 'data-state="error"' in (await agent.get("/ui/tiles/desk.broken", headers=PART)).text
    assert 'data-state="error"' in (await agent.get("/ui/tiles/desk.refusing", headers=PART)).text
    assert (await agent.get("/api/tiles/desk.sales", headers=JSON)).json()["state"] == "ok"

    found = (await agent.get("/api/commands?q=нов", headers=JSON)).json()["items"]
    assert found == [
        {
            "label": "Новый заказ",
            "keywords": "buy shop",
            "open": "/x/desk/orders?new=1",
            "icon": "puzzle",
            "plugin": "desk",
        }
    ]
    assert "/x/desk/vault" not in (await agent.get("/api/commands", headers=JSON)).text
    assert "/x/desk/vault" in (await admin.get("/api/commands", headers=JSON)).text

    steps = await setup_steps(shop, story.admin)
    assert [(step.key, step.done) for step in steps] == [("desk.connect", True), ("desk.stock", False)]
    assert (await agent.get("/api/setup-steps", headers=JSON)).status_code == 403

    plugins = await admin.get("/settings/plugins")
    assert Page(plugins.text).problems() == []
    for text in ("The shop answers.", "Does not work", "Count the stock"):
        assert text in plugins.text
    ready = (await admin.get("/health/ready", headers=JSON)).json()
    assert (ready["status"], ready["checks"]["plugins"]["unwell"]) == ("degraded", 1)
    assert len(desk_plugin.CALLS["well"]) == 1

    # A role gets the plugin's permission on its page; then its holder refunds.
    form = await admin.get("/settings/roles/agent")
    assert "Refund orders" in form.text
    role = await shop.roles.get("agent", actor=story.admin)
    sent = {"label_en": "Agent", "label_ru": "Агент", "version": str(role.version)}
    checked = dict.fromkeys(re.findall(r'name="(may:[^"]+)" value="1" checked', form.text), "1")
    reaches = dict(
        re.findall(r'<select[^>]*name="([\w.]+)"[^>]*>.*?<option value="(\w*)" selected', form.text)
    )
    answer = await admin.post(
        "/settings/roles/agent", data=sent | checked | reaches | {"may:desk.refund": "1"}
    )
    assert answer.status_code == 303, answer.text
    assert "desk.refund" in (await shop.roles.get("agent", actor=story.admin)).permissions
    assert (await agent.get("/x/desk/vault")).status_code == 200


async def people_arrange_their_panels(story: Story, browse: Browse) -> None:
    browser = await browse(AGENT, "en")
    contact = f"/contacts/{story.contacts[0]}"
    standing = re.compile(r'data-panel="/ui/panels/(desk\.\w+)')
    assert standing.findall((await browser.get(contact)).text) == [
        "desk.everything",
        "desk.heavy",
        "desk.figure",
    ]
    page = await browser.get("/settings/panels")
    assert Page(page.text).problems() == []
    shown = {f"shown:desk.{name}": "1" for name in ("everything", "heavy", "figure")}
    await browser.post("/settings/panels", data=shown | {"down": "desk.everything"})
    del shown["shown:desk.figure"]
    await browser.post("/settings/panels", data=shown)
    assert (await browser.post("/ui/panels/desk.heavy/fold", data={"folded": "1"})).status_code == 204
    text = (await browser.get(contact)).text
    assert standing.findall(text) == ["desk.heavy", "desk.everything"]
    assert re.search(r'data-key="desk.heavy"><summary>', text)
    other = (await (await browse(ADMIN)).get(contact)).text
    assert len(standing.findall(other)) == 3


async def the_api_sets_an_action_off_once(story: Story, browse: Browse, shop: Crm) -> None:
    user = story.ids["admin"]
    token = await shop.accounts.create_token(user, "program", ["contact.read", "desk.refund"])
    narrow = await shop.accounts.create_token(user, "narrow", ["contact.read"])
    client: httpx2.AsyncClient = await browse()
    address = "/api/x/desk/actions/refund"
    body = {"record_type": "contact", "id": str(story.contacts[0]), "item": "7", "data": {"amount": 5}}

    def told(key: str, text: str = token) -> dict[str, str]:
        return JSON | {"authorization": f"Bearer {text}", "idempotency-key": key}

    first = await client.post(address, json=body, headers=told("first-press"))
    assert (first.status_code, first.json()["state"]) == (200, "done"), first.text
    await client.post(address, json=body, headers=told("first-press"))
    assert len(desk_plugin.CALLS["refund"]) == 1
    form = (
        await client.get(f"{address}?record_type=contact&id={story.contacts[0]}", headers=told(""))
    ).json()
    assert (form["values"], form["tone"]) == ({"amount": 42.5, "reason": ""}, "danger")
    refused = await client.post(address, json=body | {"data": {"amount": 500}}, headers=told("second-press"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"] == "/data/amount"
    unknown = body | {"data": {"amount": 5, "more": 1}}
    assert (await client.post(address, json=unknown, headers=told("third-press"))).status_code == 422
    assert (await client.post(address, json=body, headers=told("fourth-press", narrow))).status_code == 403
    listed = (await client.get("/api/actions?record_type=contact", headers=told(""))).json()["items"]
    assert [item["key"] for item in listed] == ["desk.mark", "desk.ring"]


async def test_what_is_shown(story: Story, browse: Browse, shop: Crm, clock: TurnableClock) -> None:
    """What plugins show is rendered, the same for programs, and fails alone."""
    await every_block_is_rendered_and_nothing_of_it_is_markup(story, browse, shop)
    desk_plugin.CALLS.clear()
    await pages_stand_in_the_menu_with_their_numbers_and_fail_alone(story, browse)
    desk_plugin.CALLS.clear()
    await timelines_tell_what_plugins_know_and_who_failed(story, browse)
    desk_plugin.CALLS.clear()
    await messages_have_blocks_and_recordings_are_for_whom_they_were_shown(story, browse, shop, clock)
    desk_plugin.CALLS.clear()


async def test_what_is_done(story: Story, browse: Browse, shop: Crm, clock: TurnableClock) -> None:
    """What plugins offer runs once, for whom it is meant, and refuses in words."""
    await an_action_asks_then_runs_once_and_is_written_down(story, browse, shop)
    desk_plugin.CALLS.clear()
    await a_failing_or_refusing_action_says_so(story, browse)
    desk_plugin.CALLS.clear()
    await an_action_for_marked_records_runs_for_each_and_names_the_refused(story, browse)
    desk_plugin.CALLS.clear()
    await the_api_sets_an_action_off_once(story, browse, shop)
    desk_plugin.CALLS.clear()


async def test_what_is_chosen(story: Story, browse: Browse, shop: Crm, clock: TurnableClock) -> None:
    """People, roles and the overview: who sees what, and in which order."""
    await people_arrange_their_panels(story, browse)
    desk_plugin.CALLS.clear()
    await overview_commands_steps_health_and_permissions(story, browse, shop)
    desk_plugin.CALLS.clear()
