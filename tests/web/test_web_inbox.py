"""Working with conversations in the inbox."""

from datetime import timedelta
from uuid import UUID

import httpx2
from browsing import Browse
from markup import Page
from shop_plugin import HOSTILE
from story import ADMIN, AGENT, Story, post

from crmcore.contracts.actors import system_actor
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm


async def document(crm: Crm, id: UUID) -> dict[str, object]:
    return (await crm.records.get("conversation", id, actor=system_actor())).document


async def test_views_list_what_they_promise(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    grinder, invoice, wholesale, portafilter, address, pause, card = map(str, story.conversations)

    async def listed(query: str) -> set[str]:
        answer = await browser.get(f"/inbox?{query}")
        return {id for id in map(str, story.conversations) if f"/inbox/{id}?" in answer.text}

    assert await listed("view=mine") == {grinder, invoice, portafilter}
    assert await listed("view=unassigned") == {address, card}
    assert await listed("view=all") == {grinder, invoice, wholesale, portafilter, address, card}
    assert await listed("view=closed") == {pause}
    assert await listed("view=snoozed") == set()
    assert await listed("view=all&tag=vip") == {grinder}
    assert await listed("view=all&q=%23billing") == {invoice}
    assert await listed("view=nonsense") == {grinder, invoice, portafilter}
    assert await listed("view=all&cursor=nonsense") == set()


async def test_list_keeps_its_scope_when_a_conversation_opens(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.get(f"/inbox/{story.conversations[2]}?view=all&tag=wholesale")
    assert f"/inbox/{story.conversations[2]}?view=all&amp;tag=wholesale" in answer.text
    closed = await browser.post(f"/inbox/{story.conversations[2]}/close?view=all&tag=wholesale", data={})
    assert "view=all&tag=wholesale" in closed.headers["location"]


async def test_snooze_assign_priority_and_tags(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.conversations[4]
    page = await browser.get(f"/inbox/{id}?view=unassigned")
    buttons = [a for t, a in Page(page.text).tags if t == "button" and a.get("name") == "until"]
    choices = list(dict.fromkeys(button["value"] for button in buttons))
    assert len(choices) in (4, 5)

    await browser.post(f"/inbox/{id}/snooze", data={"until": choices[0]})
    stored = await document(shop, id)
    assert stored["status"] == "snoozed"
    assert abs(stored["snoozed_until"] - shop.clock() - timedelta(hours=1)) < timedelta(minutes=1)  # type: ignore[operator]
    # Return in the field of a time presses the first button of its form: that must not be "in an hour".
    page = await browser.get(f"/inbox/{story.conversations[1]}?view=all")
    forms = [form.split("</form>")[0] for form in page.text.split("/snooze")[1:]]
    assert {('name="until"' in form, 'name="at"' in form) for form in forms} == {(True, False), (False, True)}
    refused = await browser.post(f"/inbox/{id}/snooze", data={"at": "2001-01-01T10:00"})
    assert refused.status_code == 422
    shown = Page(refused.text)
    assert shown.problems() == []
    assert "in the future." in shown.shown
    assert str(stored["subject"]) in shown.shown
    assert any(t == "textarea" and a.get("name") == "text" for t, a in shown.tags)
    typed = [a for t, a in shown.tags if a.get("name") == "at"]
    assert {(a["value"], a["aria-invalid"]) for a in typed} == {("2001-01-01T10:00", "true")}
    nonsense = await browser.post(f"/inbox/{id}/snooze", data={"at": "nonsense"})
    assert nonsense.status_code == 422
    assert "Say until when." in Page(nonsense.text).shown

    await browser.post(f"/inbox/{id}/reopen", data={})
    await browser.post(f"/inbox/{id}/assign", data={"assignee": "me"})
    await browser.post(f"/inbox/{id}/priority", data={"priority": "urgent"})
    await browser.post(f"/inbox/{id}/tags", data={"add": "Delivery, #poland"})
    await browser.post(f"/inbox/{id}/tags", data={"remove": "poland"})
    stored = await document(shop, id)
    assert stored["status"] == "open"
    assert str(stored["assignee_id"]) == story.admin.id
    assert stored["priority"] == "urgent"
    assert stored["tags"] == ["Delivery"]
    await browser.post(f"/inbox/{id}/assign", data={"assignee": ""})
    assert (await document(shop, id))["assignee_id"] is None
    assert (await browser.post(f"/inbox/{id}/assign", data={"assignee": "nobody"})).status_code == 404
    assert (await browser.post(f"/inbox/{id}/priority", data={"priority": "huge"})).status_code == 422


async def test_note_is_kept_and_never_sent(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    id = story.conversations[2]
    answer = await browser.post(f"/inbox/{id}/messages", data={"kind": "note", "text": "Ask Lena."})
    assert "done=noted" in answer.headers["location"]
    page = await browser.get(f"/inbox/{id}")
    assert 'data-k="note"' in page.text
    assert "Заметка" in page.text
    kinds = [m.document["kind"] for m in (await shop.conversations.messages(id, actor=story.admin)).items]
    assert kinds.count("reply") == 0


async def test_empty_reply_is_refused_and_the_text_stays(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.post(
        f"/inbox/{story.conversations[0]}/messages", data={"kind": "reply", "text": "  "}
    )
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "Write something first." in page.shown
    assert page.problems() == []


async def reply_of(browser: httpx2.AsyncClient, id: UUID) -> Page:
    return Page((await browser.get(f"/inbox/{id}?view=all")).text)


async def test_composer_says_why_a_reply_is_impossible(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    definition = await shop.forms.definition("write")
    shop.clock.advance(10)  # type: ignore[attr-defined]
    await shop.forms.submit(
        "write",
        {"name": "Rita", "email": "rita@example.com", "text": "Hello"},
        token=definition.token,
        url="http://127.0.0.1/f/write",
    )
    await shop.worker.drain()
    page = await shop.records.list("conversation", ListQuery(sort="-number", limit=1), actor=system_actor())
    only_in = await reply_of(browser, page.items[0].id)
    assert "“Contact form” only takes messages in." in only_in.shown
    assert not any(a.get("value") == "reply" for t, a in only_in.tags if t == "input")

    await shop.channel_accounts.pause(story.ids["api"], actor=system_actor())
    paused = await reply_of(browser, story.conversations[0])
    assert "The channel is paused" in paused.shown
    assert any(a.get("value") == "reply" for t, a in paused.tags if t == "input")


async def test_a_reply_without_an_address_is_stored_and_says_so(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    address = f"/inbox/{story.conversations[0]}"
    assert "sent nowhere" in Page((await browser.get(f"{address}?view=all")).text).shown
    await browser.post(f"{address}/messages", data={"kind": "reply", "text": "Yes."})
    await shop.worker.drain()
    page = Page((await browser.get(f"{address}?view=all")).text)
    assert "Stored, not sent: no reply address" in page.shown


async def test_failed_reply_is_shown_and_sent_again(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    account = await shop.channel_accounts.create(
        "api",
        "Refusing",
        {"reply_url": "https://127.0.0.1/replies", "signing_secret": "whsec_" + "QUFB" * 8},
        actor=system_actor(),
        slug="refusing",
    )
    await post(shop, "refusing", "x@example.com", "Xenia", "Hello", "Anybody there?", key="r1")
    await shop.worker.drain()
    page = await shop.records.list("conversation", ListQuery(sort="-number", limit=1), actor=system_actor())
    id = page.items[0].id
    assert page.items[0].document["account_id"] == account
    await browser.post(f"/inbox/{id}/messages", data={"kind": "reply", "text": "Yes."})
    await shop.worker.drain()
    failed = await browser.get(f"/inbox/{id}?view=all")
    assert "Send again" in failed.text
    action = next(a["action"] for t, a in Page(failed.text).tags if t == "form" and "/retry" in a["action"])
    assert "done=retried" in (await browser.post(action, data={})).headers["location"]
    assert "Sending…" in (await browser.get(f"/inbox/{id}?view=all")).text


async def test_hostile_words_of_a_customer_stay_words(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    await post(shop, "shop", "evil@example.com", HOSTILE, HOSTILE, HOSTILE, key="evil")
    await shop.worker.drain()
    page = await shop.records.list("conversation", ListQuery(sort="-number", limit=1), actor=system_actor())
    id = page.items[0].id
    await browser.post(f"/inbox/{id}/tags", data={"add": HOSTILE})
    thread = await browser.get(f"/inbox/{id}?view=all&q=%3Cscript%3E")
    for answer in (thread, await browser.get("/search?q=%3Cscript%3E%22"), await browser.get("/contacts")):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert Page(answer.text).problems() == []
    assert HOSTILE.split(" ")[0] in Page(thread.text).shown


async def test_long_thread_shows_its_end_and_leads_back(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.conversations[2]
    for number in range(60):
        shop.clock.advance(60)  # type: ignore[attr-defined]
        await shop.conversations.note(id, f"note {number:02}", actor=story.admin)
    page = await browser.get(f"/inbox/{id}?view=all")
    assert "note 59" in page.text
    assert "note 05" not in page.text
    earlier = next(a["href"] for t, a in Page(page.text).tags if t == "a" and "before=" in a["href"])
    before = await browser.get(earlier)
    assert "note 05" in before.text
    assert "note 59" not in before.text


async def test_conversation_fields_are_edited_in_a_form(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.conversations[1]
    form = Page((await browser.get(f"/inbox/{id}/fields?view=mine")).text)
    version = next(a["value"] for t, a in form.tags if a.get("name") == "version")
    data = {"version": version, "subject": "Invoice", "custom.order_number": "10477"}
    answer = await browser.post(f"/inbox/{id}/fields?view=mine", data=data)
    assert "done=saved" in answer.headers["location"]
    stored = await document(shop, id)
    assert stored["subject"] == "Invoice"
    assert stored["custom"] == {"order_number": "10477"}


async def test_fragment_leaves_the_list_out(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    address = f"/inbox/{story.conversations[0]}?view=all"
    whole = await browser.get(address)
    part = await browser.get(address, headers={"x-crm-fragment": "1"})
    assert whole.text.count('class="c-conv"') > 1
    assert part.text.count('class="c-conv"') == 0
    assert 'id="pane-thread"' in part.text
    assert "x-crm-fragment" in part.headers["vary"]


async def test_keys_are_named_as_most_keyboards_have_them(story: Story, browse: Browse) -> None:
    page = await (await browse(ADMIN)).get(f"/inbox/{story.conversations[0]}")
    assert "⌘" not in page.text
    assert "Ctrl ↵" in page.text


async def test_deleted_contact_is_named_as_deleted(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    address = f"/inbox/{story.conversations[0]}?view=all"
    assert "was deleted" not in (await browser.get(address)).text
    await shop.records.delete("contact", story.contacts[0], actor=story.admin)
    page = Page((await browser.get(address)).text)
    assert page.problems() == []
    assert page.shown.count("This contact was deleted.") == 2  # in the panel and above the reply
    assert "Контакт удалён." in (await (await browse(AGENT)).get(address)).text
