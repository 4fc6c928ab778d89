"""Files in pages, without scripts: in a contact's form, in the composer, in the thread."""

import io
import re
from typing import Any

import httpx2
from browsing import Browse
from markup import Page
from PIL import Image
from posting import api_account, conversations, drained, messages, post
from story import ADMIN, Story
from test_web_contacts import filled, values_in

from crmcore.contracts.fields import CustomField
from crmcore.files.tables import StoredFile
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


def parts(data: dict[str, Any], files: list[tuple[str, tuple[str, bytes]]]) -> dict[str, Any]:
    return {"data": data, "files": files or [("nothing", ("", b""))]}


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(written, "PNG")
    return written.getvalue()


async def test_a_contacts_form_takes_keeps_and_gives_up_files(
    shop: Crm, story: Story, browse: Browse
) -> None:
    for key, options in (("contract", {}), ("photos", {"several": True, "media_types": ["image/*"]})):
        label = {"en": key, "ru": key}
        field = CustomField(record_type="contact", key=key, label=label, type="file", options=options)
        await shop.fields.create(field, actor=story.admin)
    browser = await browse(ADMIN)
    text = (await browser.get("/contacts/new")).text
    assert (
        'enctype="multipart/form-data"' in text and 'accept="image/*"' in text and Page(text).problems() == []
    )
    data = values_in(text) | {"first_name": "Rita"}
    files = [
        ("custom.contract", ("Договор.pdf", b"%PDF-1.7 contract")),
        ("custom.photos", ("a.png", picture())),
        ("custom.photos", ("b.png", picture())),
    ]
    # One file is not what it says: the others are kept over the repetition.
    wrong = [*files[:1], ("custom.photos", ("c.png", b"<html>"))]
    again = await browser.post("/contacts/new", **parts(data, wrong))
    assert again.status_code == 422
    page = Page(again.text)
    assert "c.png" in page.shown and "Договор.pdf" in page.shown and page.problems() == []
    kept = values_in(again.text)
    assert re.fullmatch(r"[0-9a-f-]{36}", kept["custom.contract"])
    made = await browser.post("/contacts/new", **parts(kept, files[1:]))
    assert made.status_code == 303, Page(made.text).shown
    place = made.headers["location"].split("?")[0]
    shown = (await browser.get(place + "?tab=about")).text
    assert all(name in shown for name in ("Договор.pdf", "a.png", "b.png"))
    link = re.search(r'href="(/files/[0-9a-f-]{36})"', shown)
    assert link is not None
    file = await browser.get(link[1])
    assert (file.status_code, file.content) == (200, b"%PDF-1.7 contract")
    assert file.headers["content-disposition"].startswith("attachment")
    assert (await (await browse()).get(link[1])).status_code == 303
    # One picture is unticked, a new contract takes the old one's place.
    form = (await browser.get(f"{place}/edit")).text
    boxes = re.findall(r'name="custom.photos" value="([0-9a-f-]{36})" checked', form)
    data = {name: value for name, value in values_in(form).items() if name != "custom.photos"}
    changed = await browser.post(
        f"{place}/edit",
        **parts(
            data | {"custom.photos": ["", boxes[1]]}, [("custom.contract", ("new.pdf", b"%PDF-1.7 new"))]
        ),
    )
    assert changed.status_code == 303, Page(changed.text).shown
    id = story.contacts[0].__class__(place.rsplit("/", 1)[1])
    custom = (await shop.records.get("contact", id, actor=story.admin)).document["custom"]
    assert custom["contract"]["name"] == "new.pdf" and [item["name"] for item in custom["photos"]] == [
        "b.png"
    ]
    untouched = await browser.post(f"{place}/edit", data=await filled(browser, f"{place}/edit"))
    assert "done=unchanged" in untouched.headers["location"]


async def talk(shop: Crm, **message: Any) -> str:
    """Let somebody write through a channel of its own, and return the conversation."""
    await api_account(shop, slug="desk")
    await post(shop, account="desk", email="zoe@example.com", **message)
    await drained(shop)
    return str((await conversations())[-1]["id"])


async def test_files_go_with_a_reply_and_are_seen_in_the_thread(
    shop: Crm, story: Story, browse: Browse
) -> None:
    id = await talk(shop, text="Hello")
    browser = await browse(ADMIN)
    page = (await browser.get(f"/inbox/{id}")).text
    assert 'type="file" name="file" multiple' in page
    wrong = await browser.post(
        f"/inbox/{id}/messages",
        **parts({"kind": "reply", "text": "Look"}, [("file", ("a.png", b"GIF89a"))]),
    )
    assert wrong.status_code == 422 and "a.png" in Page(wrong.text).shown
    files = [("file", ("a.png", picture())), ("file", ("счёт.pdf", b"%PDF-1.7 5 rubles"))]
    sent = await browser.post(f"/inbox/{id}/messages", **parts({"kind": "reply", "text": "Look"}, files))
    assert sent.status_code == 303, Page(sent.text).shown
    page = (await browser.get(f"/inbox/{id}")).text
    assert Page(page).problems() == []
    assert "счёт.pdf" in page and "17 B" in page
    small = re.search(r'src="(/files/[0-9a-f-]{36}/thumbnail)"', page)
    assert small is not None and (await browser.get(small[1])).headers["content-type"] == "image/jpeg"


async def test_html_stands_in_a_frame_and_pictures_wait_to_be_asked_for(
    shop: Crm, story: Story, browse: Browse
) -> None:
    html = '<p>Dear <b>all</b></p><img src="https://tracker.example/p.gif"><script>x()</script>'
    id = await talk(shop, html=html)
    browser = await browse(ADMIN)
    answer = await browser.get(f"/inbox/{id}")
    assert Page(answer.text).problems() == []
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="' in answer.text
    assert "tracker.example" not in answer.text
    link = re.search(r'href="(/inbox/[^"]*images=[^"]*)#', answer.text)
    assert link is not None
    asked = await browser.get(link[1].replace("&amp;", "&"))
    assert "tracker.example" in asked.text
    assert "img-src 'self' data: https:;" in asked.headers["content-security-policy"]
    assert "img-src 'self' data:;" in answer.headers["content-security-policy"]
    assert len(asked.headers.get_list("content-security-policy")) == 1


async def test_a_strange_form_stores_nothing(shop: Crm, story: Story, browse: Browse) -> None:
    stranger: httpx2.AsyncClient = await browse()
    answer = await stranger.post("/contacts/new", **parts({}, [("custom.x", ("a.pdf", b"%PDF-1.7"))]))
    assert answer.status_code == 303 and answer.headers["location"].startswith("/login")
    assert not shop.files.spool_folder.exists() or not list(shop.files.spool_folder.iterdir())


async def test_a_public_form_takes_a_file(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    questions = [
        {"name": "email", "label": "Address", "type": "email", "target": "email", "required": True},
        {"name": "cv", "label": "Your CV", "type": "file", "required": True},
        {"name": "photo", "label": "Photo", "type": "file"},
    ]
    config = {"title": "Jobs", "fields": questions, "limit_per_address": 2}
    await shop.channel_accounts.create("form", "Jobs", config, actor=story.admin, slug="jobs")
    stranger = await browse()
    cv = ("cv", ("cv.pdf", b"%PDF-1.7 all I can"))

    async def send(*files: tuple[str, tuple[str, bytes]], **data: str) -> httpx2.Response:
        text = (await stranger.get("/f/jobs")).text
        assert 'enctype="multipart/form-data"' in text and Page(text).problems() == []
        values = {
            attributes["name"]: attributes.get("value", "")
            for tag, attributes in Page(text).tags
            if tag == "input" and attributes.get("name") and attributes.get("type") != "file"
        }
        clock.advance(20)
        return await stranger.post(
            "/f/jobs", **parts(values | {"email": "zoe@example.com"} | data, list(files))
        )

    assert (await send()).status_code == 422
    # Somebody else's upload, or any made-up id, is no answer.
    theirs = await shop.files.keep_bytes("t.pdf", b"%PDF-1.7 t", actor=story.admin)
    assert (await send(cv=str(theirs["id"]))).status_code == 422
    wrong = await send(cv, ("photo", ("p.png", b"no picture")))
    assert wrong.status_code == 422 and "p.png" in Page(wrong.text).shown
    assert (await send(cv, email="nobody")).status_code == 422
    assert (await send(cv, ("other", ("o.pdf", b"%PDF-1.7 o")))).status_code == 303
    await drained(shop)
    (message,) = [row for row in await messages("inbound") if "cv.pdf" in row["attachments"]]
    assert "o.pdf" not in message["attachments"]
    agent = await browse(ADMIN)
    page = (await agent.get(f"/inbox/{message['conversation']}")).text
    link = re.search(r'href="(/files/[0-9a-f-]{36})"', page)
    assert link is not None and (await agent.get(link[1])).content == b"%PDF-1.7 all I can"
    assert (await stranger.get(link[1])).status_code == 303
    before = await StoredFile.count()
    assert (await send(cv, website="buy")).status_code == 303  # a machine: answered alike, nothing is stored
    assert (await send(cv)).status_code == 429
    assert await StoredFile.count() == before
