"""The public form, as strangers see it."""

import msgspec
from browsing import Browse
from markup import Page
from story import Story

from crmcore.contracts.actors import system_actor
from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

GOOD = {"name": "Rita", "email": "rita@example.com", "topic": "Order", "text": "Where is it?\r\nThank you."}


async def token_of(text: str) -> str:
    return next(a["value"] for t, a in Page(text).tags if a.get("name") == "form-token")


async def conversations(crm: Crm) -> int:
    return await crm.records.count("conversation", ListQuery(), actor=system_actor())


async def test_form_becomes_a_conversation(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    before = await conversations(shop)
    browser = await browse(language="ru")
    page = await browser.get("/f/write")
    assert page.status_code == 200
    assert Page(page.text).problems() == []
    assert "Напишите нам" in page.text
    clock.advance(20)
    data = {**GOOD, "form-token": await token_of(page.text)}
    answer = await browser.post("/f/write", data=data)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/f/write?sent=1"
    assert "Мы получили ваше сообщение" in Page((await browser.get("/f/write?sent=1")).text).shown
    again = await browser.post("/f/write", data=data)
    assert again.status_code == 303
    await shop.worker.drain()
    assert await conversations(shop) == before + 1
    newest = (
        await shop.records.list("conversation", ListQuery(sort="-number", limit=1), actor=story.admin)
    ).items[0]
    messages = await shop.conversations.messages(newest.id, actor=story.admin)
    assert "Where is it?\nThank you." in messages.items[0].document["text"]


async def test_the_visitor_is_spoken_to_in_their_language(story: Story, browse: Browse) -> None:
    russian = await browse(language="ru,en;q=0.5")
    page = await russian.get("/f/write")
    assert '<html lang="ru"' in page.text
    assert "Accept-Language" in page.headers["vary"]
    # Another language is a link away, and stays while the form is sent.
    assert '<a class="c-link c-small c-tap c-sign-lang" href="/f/write?lang=en" lang="en"' in page.text
    page = await russian.get("/f/write?lang=en")
    assert '<html lang="en"' in page.text
    assert 'action="/f/write?lang=en"' in page.text
    data = {"name": "R", "email": "nothing", "form-token": await token_of(page.text)}
    refused = await russian.post("/f/write?lang=en", data=data)
    assert refused.status_code == 422
    assert "This is not an e-mail address" in Page(refused.text).shown
    # Who asks for a language that we have not gets the form's own.
    for asked in ("de-DE,de", ""):
        assert '<html lang="en"' in (await (await browse(language=asked)).get("/f/write?lang=xx")).text


async def test_errors_stand_beside_the_questions(story: Story, browse: Browse) -> None:
    browser = await browse()
    page = await browser.get("/f/write")
    token = await token_of(page.text)
    data = {"name": "<b>Rita</b>", "email": "nothing", "topic": "Weather", "form-token": token}
    answer = await browser.post("/f/write", data=data)
    assert answer.status_code == 422
    wrong = Page(answer.text)
    assert wrong.problems() == []
    assert {a["name"] for t, a in wrong.tags if a.get("aria-invalid") == "true"} == {"email", "topic", "text"}
    assert "<b>Rita" not in answer.text
    assert "&lt;b&gt;Rita" in answer.text
    assert await token_of(answer.text) == token


async def test_machines_are_answered_like_people_and_not_believed(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    before = await conversations(shop)
    browser = await browse()
    for trap, seconds in (("http://spam", 60), ("", 0)):
        token = await token_of((await browser.get("/f/write")).text)
        clock.advance(seconds)
        answer = await browser.post("/f/write", data={**GOOD, "website": trap, "form-token": token})
        assert answer.headers["location"] == "/f/write?sent=1"
    await shop.worker.drain()
    assert await conversations(shop) == before
    for language, said in (("en", "The form’s trap says that"), ("ru", "Ловушка формы показала")):
        reader = msgspec.structs.replace(story.admin, language=language)
        found = await shop.conversations.deliveries(actor=reader, state="dropped")
        assert [said in item["error"] for item in found.items] == [True, True]


async def test_forged_and_old_tokens_ask_once_more(
    story: Story, browse: Browse, clock: TurnableClock
) -> None:
    browser = await browse()
    old = await token_of((await browser.get("/f/write")).text)
    forged = await browser.post("/f/write", data={**GOOD, "form-token": "x.y.z"})
    assert forged.status_code == 422
    assert "Please send it once more." in forged.text
    assert "Where is it?" in forged.text
    clock.advance(2 * 86_400)
    expired = await browser.post("/f/write", data={**GOOD, "form-token": old})
    assert expired.status_code == 422
    assert await token_of(expired.text) != old


async def test_one_address_cannot_write_without_end(
    story: Story, browse: Browse, clock: TurnableClock
) -> None:
    browser = await browse()
    statuses = []
    for _ in range(8):
        token = await token_of((await browser.get("/f/write")).text)
        clock.advance(10)
        statuses.append((await browser.post("/f/write", data={**GOOD, "form-token": token})).status_code)
    assert statuses[0] == 303
    assert statuses[-1] == 429


async def test_paused_and_unknown_forms_are_not_found(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse()
    assert (await browser.get("/f/nothing")).status_code == 404
    assert (await browser.get("/f/shop")).status_code == 404
    account = (await shop.channel_accounts.get("write")).row["id"]
    await shop.channel_accounts.pause(account, actor=system_actor())
    assert (await browser.get("/f/write")).status_code == 404
