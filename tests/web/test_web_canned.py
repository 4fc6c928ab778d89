"""Canned replies: kept, shared, filled for a conversation, offered in the composer."""

import httpx2
from browsing import Browse, Chromium
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.canned.reply import NewCannedReply
from crmcore.files.tables import StoredFile
from crmcore.workspace import Crm

TEXT = "Hello {{contact.first_name|there}}, about #{{ conversation.number }}: {{contact.company}}. {{agent.name}}"


async def kept(browser: httpx2.AsyncClient, **sent: str) -> httpx2.Response:
    return await browser.post(
        "/settings/canned", data={"title": "Greeting", "shortcut": "/hello", "text": TEXT, **sent}
    )


async def test_a_reply_is_kept_shared_and_offered_filled(shop: Crm, story: Story, browse: Browse) -> None:
    admin, agent = await browse(ADMIN), await browse(AGENT)
    assert Page((await admin.get("/settings/canned")).text).problems() == []
    assert (await kept(admin, folder="Usual", shared="true")).status_code == 303
    # Not allowed to share: it is his own.
    assert (
        await kept(agent, title="Mine", shortcut="mine", text="{boom} {{workspace.name}}", shared="true")
    ).status_code == 303
    assert [reply.title for reply in await shop.canned.list(actor=story.admin)] == ["Greeting"]
    page = Page((await agent.get("/settings/canned")).text)
    assert page.problems() == []
    assert "Greeting" in page.shown
    assert "Mine" in page.shown

    here = f"/inbox/{story.conversations[0]}"
    offered = await agent.get(f"{here}/canned?q=hel", headers={"x-crm-fragment": "1"})
    [option] = [a for t, a in Page(offered.text).tags if a.get("role") == "option"]
    number = (await shop.records.get("conversation", story.conversations[0], actor=story.admin)).document[
        "number"
    ]
    assert option["data-text"].startswith(f"Hello Anna, about #{number}: ")
    alone = Page((await agent.get(f"{here}/canned")).text)
    assert alone.problems() == []
    link = next(a["href"] for t, a in alone.tags if a.get("href", "").startswith(f"{here}?canned="))
    assert "{boom} Polar Coffee" in (await agent.get(link)).text
    composer = await agent.get(here)
    assert 'data-canned="' in composer.text
    assert Page(composer.text).problems() == []

    [shared] = await shop.canned.list(actor=story.admin)
    theirs = await agent.get(f"/settings/canned/{shared.id}")
    assert theirs.status_code == 200
    assert "Этим шаблоном поделились с вами." in Page(theirs.text).shown
    assert (await agent.post(f"/settings/canned/{shared.id}/delete")).status_code == 403
    assert (await admin.post(f"/settings/canned/{shared.id}/delete")).status_code == 303


async def test_what_cannot_be_kept_is_said(shop: Crm, story: Story, browse: Browse) -> None:
    admin = await browse(ADMIN)
    assert (await kept(admin)).status_code == 303
    for sent, name in (
        ({"shortcut": "two words"}, "shortcut"),
        ({"shortcut": "HELLO"}, "shortcut"),
        ({"shortcut": "x", "title": " "}, "title"),
        ({"shortcut": "x", "text": "{{contact.pasword}}"}, "text"),
        ({"shortcut": "x", "text": ""}, "text"),
    ):
        answer = await kept(admin, **sent)
        assert answer.status_code == 422, sent
        assert f'id="{name}-err"' in answer.text, sent
        assert Page(answer.text).problems() == []
    [mine] = await shop.canned.list(actor=story.admin)
    changed = {"title": "Hi", "shortcut": "hi", "text": "Hi {{contact.name}}", "version": str(mine.version)}
    assert (await admin.post(f"/settings/canned/{mine.id}", data=changed)).status_code == 303
    assert (await admin.post(f"/settings/canned/{mine.id}", data=changed)).status_code == 409
    viewer = await browse(VIEWER)
    assert (await viewer.get("/settings/canned")).status_code == 403


async def test_files_go_with_a_reply_and_their_content_is_kept_once(
    shop: Crm, story: Story, browse: Browse
) -> None:
    admin, agent = await browse(ADMIN), await browse(AGENT)
    files = {"file": ("manual.txt", b"How to grind", "text/plain")}
    data = {"title": "Manual", "shortcut": "manual", "text": "Here it is.", "shared": "true"}
    assert (await admin.post("/settings/canned", data=data, files=files)).status_code == 303
    [reply] = await shop.canned.list(actor=story.admin, q="manual")
    [file] = reply.attachments
    page = Page((await admin.get(f"/settings/canned/{reply.id}")).text)
    assert page.problems() == []
    assert "manual.txt" in page.shown
    # Whoever may use the reply may see its file; others may not, and nobody may once it is private.
    assert (await agent.get(f"/files/{file['id']}")).content == b"How to grind"
    assert (await (await browse(VIEWER)).get(f"/files/{file['id']}")).status_code == 404

    here = f"/inbox/{story.conversations[0]}"
    offered = await agent.get(f"{here}/canned?q=manual", headers={"x-crm-fragment": "1"})
    assert f'name="file" value="{file["id"]}" checked' in offered.text
    chosen = await agent.get(f"{here}?canned={reply.id}")
    assert f'name="file" value="{file["id"]}" checked' in chosen.text
    sent = await agent.post(f"{here}/messages", data={"kind": "note", "text": "See this", "file": file["id"]})
    assert sent.status_code == 303, Page(sent.text).shown
    [message] = [
        item.document
        for item in (await shop.conversations.messages(story.conversations[0], actor=story.admin)).items
        if item.document["text"] == "See this"
    ]
    [copy] = message["attachments"]
    assert (copy["name"], copy["size"]) == ("manual.txt", 12)
    assert copy["id"] != file["id"]
    rows = await StoredFile.select(StoredFile.sha256).where(StoredFile.name == "manual.txt")
    assert len({row["sha256"] for row in rows}) == 1
    assert len(rows) == 2

    # Taken away from the reply it stays with the message.
    assert (await admin.post(f"/settings/canned/{reply.id}", data=data)).status_code == 303
    assert (await shop.canned.get(reply.id, actor=story.admin)).attachments == []
    assert (await agent.get(f"/files/{file['id']}")).status_code == 404
    assert (await agent.get(f"/files/{copy['id']}")).content == b"How to grind"


async def test_files_of_canned_replies_over_http(shop: Crm, story: Story, browse: Browse) -> None:
    admin, agent = await browse(ADMIN), await browse(AGENT)
    uploaded = await admin.post("/api/files", files={"file": ("a.txt", b"abc", "text/plain")})
    id = uploaded.json()["id"]
    new = {"shortcut": "a", "title": "A", "text": "See a.", "attachments": [id]}
    made = await admin.post("/api/canned-replies", json=new)
    assert made.status_code == 201, made.text
    assert [file["name"] for file in made.json()["attachments"]] == ["a.txt"]
    again = await admin.post("/api/canned-replies", json={**new, "shortcut": "b"})
    assert [error["path"] for error in again.json()["errors"]] == ["/attachments/0"]
    assert [reply.shortcut for reply in await shop.canned.list(actor=story.admin)] == ["a"]
    one = f"/api/canned-replies/{made.json()['id']}"
    filled = await admin.post(f"{one}/fill", json={"conversation_id": str(story.conversations[0])})
    assert [file["id"] for file in filled.json()["attachments"]] == [id]
    note = {"kind": "note", "text": "With a", "attachments": [id]}
    written = await admin.post(f"/api/conversations/{story.conversations[0]}/messages", json=note)
    assert written.status_code == 201, written.text
    # Not shared: nobody else sends or reads it.
    refused = await agent.post(f"/api/conversations/{story.conversations[0]}/messages", json=note)
    assert refused.status_code == 422
    assert (await agent.get(f"/api/files/{id}")).status_code == 404
    assert (await admin.patch(one, json={"attachments": []})).json()["attachments"] == []
    assert (await admin.patch(one, json={"title": "B"})).json()["attachments"] == []
    assert (await admin.patch(one, json={"attachments": [id] * 11})).status_code == 422


async def test_files_of_a_draft_are_there_when_the_page_is_loaded_again(
    chromium: Chromium, shop: Crm, story: Story
) -> None:
    slip = await shop.files.keep_bytes("slip.txt", b"Return slip", actor=story.admin)
    reply = NewCannedReply(
        shortcut="slip", title="Return slip", text="Here is the slip.", attachments=[slip["id"]]
    )
    await shop.canned.create(reply, actor=story.admin)
    page = await chromium(ADMIN)
    here = f"/inbox/{story.conversations[0]}?view=all"
    await page.goto(here)
    photo = {"name": "photo.txt", "mimeType": "text/plain", "buffer": b"A photo"}
    await page.set_input_files(".c-attach input", photo)
    await page.wait_for_selector(".c-composer-files label:has-text('photo.txt')")
    assert await page.locator(".c-attach input").evaluate("field => field.files.length") == 0
    await page.locator("#text").press_sequentially("/slip")
    await page.wait_for_selector("#canned [role=option]:has-text('Return slip')")
    async with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 204):
        await page.keyboard.press("Enter")
    await page.reload()
    names = page.locator(".c-composer-files label a")
    assert sorted(await names.all_inner_texts()) == ["photo.txt", "slip.txt"]
    async with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.status == 204):
        await page.locator(".c-composer-files label:has-text('slip.txt') input").uncheck()
    await page.reload()
    assert await names.all_inner_texts() == ["photo.txt"]
    assert await page.locator("#text").input_value() == "Here is the slip."
    await page.locator("button.c-for-reply[type=submit]:not([name])").click()
    await page.wait_for_selector("article:has-text('Here is the slip.') >> text=photo.txt")
    assert await names.count() == 0 and await page.locator("#text").input_value() == ""
