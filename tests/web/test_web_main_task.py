"""The main task with a plain HTTP client: everything a browser without scripts does."""

from browsing import Browse
from markup import Page
from story import ADMIN, Story

from crmcore.workspace import Crm


async def test_sign_in_read_reply_and_close_without_scripts(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse()
    answer = await browser.get("/inbox")
    assert answer.headers["location"] == "/login?next=/inbox"
    signed_in = await browser.post(
        "/login", data={"email": ADMIN, "password": "correct horse battery", "next": "/inbox"}
    )
    assert signed_in.status_code == 303
    assert signed_in.headers["location"] == "/inbox"

    listed = await browser.get("/inbox")
    address = next(
        attributes["href"]
        for tag, attributes in Page(listed.text).tags
        if tag == "a"
        and attributes.get("class") == "c-conv"
        and str(story.conversations[0]) in attributes["href"]
    )
    thread = await browser.get(address)
    assert "hopper is cracked" in thread.text
    assert "Write a reply to Anna Sokolova" in thread.text

    action = next(a["action"] for t, a in Page(thread.text).tags if t == "form" and "data-draft" in a)
    replied = await browser.post(action, data={"kind": "reply", "text": "It is on its way.\r\nYours, Anna"})
    assert replied.status_code == 303
    after = await browser.get(replied.headers["location"])
    assert "It is on its way.\nYours, Anna" in after.text
    assert "Reply sent" in Page(after.text).shown
    await shop.worker.drain()

    closed = await browser.post(f"/inbox/{story.conversations[0]}/close?view=mine", data={})
    assert closed.status_code == 303
    assert "view=mine" in closed.headers["location"]
    page = Page((await browser.get(closed.headers["location"])).text)
    assert "Conversation closed" in page.shown
    assert "Reopen" in page.shown
    record = await shop.records.get("conversation", story.conversations[0], actor=story.admin)
    assert record.document["status"] == "closed"
    assert str(story.conversations[0]) in (await browser.get("/inbox?view=closed")).text
    undone = await browser.post(f"/inbox/{story.conversations[0]}/reopen?view=mine", data={})
    assert "done=reopened" in undone.headers["location"]


async def test_panels_are_reachable_without_scripts(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    thread = await browser.get(f"/inbox/{story.conversations[0]}")
    assert "<noscript><a" in thread.text
    panel = await browser.get(f"/ui/panels/shop.orders?ref=conversation:{story.conversations[0]}")
    page = Page(panel.text)
    assert page.problems() == []
    assert "#10482" in page.shown
    assert f"/inbox/{story.conversations[0]}" in panel.text


async def test_reply_and_close_in_one_step(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    data = {"kind": "reply", "text": "Done.", "then": "close"}
    answer = await browser.post(f"/inbox/{story.conversations[1]}/messages", data=data)
    assert "done=closed" in answer.headers["location"]
    record = await shop.records.get("conversation", story.conversations[1], actor=story.admin)
    assert record.document["status"] == "closed"
