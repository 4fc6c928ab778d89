"""Canned replies: kept, shared, filled for a conversation, offered in the composer."""

import httpx2
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

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
