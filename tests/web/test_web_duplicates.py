"""A contact's page says who may be the same person, and takes the decision without a script."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.workspace import Crm


async def two_of_one(crm: Crm, story: Story) -> tuple[UUID, UUID]:
    documents: list[dict[str, Any]] = [
        {"first_name": "Robert", "last_name": "Garcia", "phones": ["+14155552671"], "job_title": "Buyer"},
        {"first_name": "Bob", "last_name": "García", "company": "Acme", "phones": ["8 415 555 26 71"]},
    ]
    one, other = [(await crm.records.create("contact", entry, actor=story.admin)).id for entry in documents]
    return one, other


async def test_duplicates_are_named_with_reasons(shop: Crm, story: Story, browse: Browse) -> None:
    one, other = await two_of_one(shop, story)
    english = await (await browse(ADMIN)).get(f"/contacts/{one}")
    page = Page(english.text)
    assert page.problems() == []
    for said in ("Possible duplicates: 1", "Bob García", "99 % likely", "Same phone ending 26-71", "Merge"):
        assert said in page.shown
    assert f'href="/contacts/{other}"' in english.text
    russian = Page((await (await browse(AGENT)).get(f"/contacts/{other}")).text).shown
    assert "Возможные дубликаты: 1" in russian and "Одинаковые последние цифры телефона: 26-71" in russian
    viewer = (await (await browse(VIEWER)).get(f"/contacts/{one}")).text
    assert "Possible duplicates: 1" in viewer and "/merge" not in viewer
    assert (
        "Possible duplicates" not in (await (await browse(ADMIN)).get(f"/contacts/{story.contacts[0]}")).text
    )


async def test_merging_and_taking_it_back(shop: Crm, story: Story, browse: Browse) -> None:
    one, other = await two_of_one(shop, story)
    browser = await browse(ADMIN)
    merged = await browser.post(f"/contacts/{one}/duplicates/{other}/merge")
    assert merged.status_code == 303
    page = await browser.get(merged.headers["location"])
    assert "Contacts merged" in Page(page.text).shown and "Possible duplicates" not in page.text
    assert (await browser.get(f"/contacts/{other}")).headers["location"] == f"/contacts/{one}"
    for email, said in (
        (ADMIN, "A duplicate was merged into this record"),
        (AGENT, "С этой записью объединён дубликат"),
    ):
        shown = Page((await (await browse(email)).get(f"/contacts/{one}")).text).shown
        assert said in shown and str(other) not in shown
    action = page.text.split(f'action="/contacts/{one}/merges/')[1].split('"')[0]
    undone = await browser.post(f"/contacts/{one}/merges/{action}")
    assert "Merge undone" in (await browser.get(undone.headers["location"])).text
    assert (await browser.get(f"/contacts/{other}")).status_code == 200


async def test_two_people_are_remembered(shop: Crm, story: Story, browse: Browse) -> None:
    one, other = await two_of_one(shop, story)
    browser = await browse(ADMIN)
    answer = await browser.post(f"/contacts/{one}/duplicates/{other}/dismiss")
    assert "two different people" in (await browser.get(answer.headers["location"])).text
    for id in (one, other):
        assert "Possible duplicates" not in (await browser.get(f"/contacts/{id}")).text


@pytest.mark.parametrize(
    "what", ["duplicates/{other}/merge", "duplicates/{other}/dismiss", "merges/{other}/undo"]
)
async def test_nonsense_is_refused(shop: Crm, story: Story, browse: Browse, what: str) -> None:
    one, other = await two_of_one(shop, story)
    admin, viewer = await browse(ADMIN), await browse(VIEWER)

    async def status(browser: httpx2.AsyncClient, someone: object) -> int:
        return (await browser.post(f"/contacts/{one}/{what.format(other=someone)}")).status_code

    assert await status(admin, one) == await status(admin, "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80") == 404
    assert await status(admin, "nobody") == 404
    assert await status(viewer, other) == 403
