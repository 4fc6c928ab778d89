"""Signs that turn the direction of writing round are shown nowhere, and stay where they are stored."""

from browsing import Browse
from markup import Page
from story import ADMIN, Story

from crmcore.http.file_answers import disposition
from crmcore.markup.direction import undirected
from crmcore.web.message_html import message_html
from crmcore.workspace import Crm

NAME = "Anna \u202egnp.exe\u202c \u2066x\u2069"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


async def test_overrides_are_not_shown_and_not_lost(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    contact = await shop.records.create("contact", {"first_name": NAME, "job_title": NAME}, actor=story.admin)
    conversation = story.conversations[0]
    await shop.records.update("conversation", conversation, {"subject": NAME}, actor=story.admin)
    await shop.records.create("task", {"title": NAME}, actor=story.admin)
    for path in (
        "/contacts",
        f"/contacts/{contact.id}",
        "/inbox?view=all",
        f"/inbox/{conversation}",
        "/search?q=gnp",
        "/tasks?due=all",
        "/settings/audit",
        "/palette?q=gnp",
    ):
        text = (await browser.get(path)).text
        assert "gnp.exe" in text, path
        assert not set(text) & set(TURNING), path
    form = (await browser.get(f"/contacts/{contact.id}/edit")).text
    assert Page(form).problems() == []
    assert NAME in form
    stored = await shop.records.get("contact", contact.id, actor=story.admin)
    assert stored.document["job_title"] == NAME


def test_marks_that_arabic_and_hebrew_need_stay() -> None:
    assert undirected("שלום\u200f (a)\u200e") == "שלום\u200f (a)\u200e"
    assert undirected(TURNING) == ""
    assert "%E2%80%AE" not in disposition("gpj\u202e.exe")
    shown = message_html(f"<p>{NAME}</p>", NAME)
    assert shown is not None
    assert not set(shown.document) & set(TURNING)
