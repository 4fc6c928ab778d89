"""Lists in a real browser: chosen by keys, looked at beside, filtered and changed without leaving the page."""

from typing import Any

import pytest
from browsing import Chromium
from story import ADMIN, Story

from crmcore.workspace import Crm


@pytest.fixture
async def page(chromium: Chromium) -> Any:
    """A page of the administrator's browser."""
    return await chromium(ADMIN)


async def test_a_list_without_leaving_it(page: Any, shop: Crm, story: Story) -> None:
    await page.goto("/contacts")
    bar = page.locator("[data-bulk-bar]")
    assert not await bar.is_visible()
    for key in ("j", "j", "x"):
        await page.keyboard.press(key)
    await bar.wait_for()
    assert await bar.locator("output").inner_text() == "1"
    await page.locator("[data-page-box]").check()
    assert await bar.locator("output").inner_text() == "7"

    await page.locator("a[data-peek]").nth(4).click()
    await page.locator("#peek h2", has_text="Anna Sokolova").wait_for()
    assert await page.locator("tr[aria-current]").count() == 1
    assert await bar.locator("output").inner_text() == "7"
    # Through the list by the keys for records, and back to the row that was looked at.
    names = await page.locator(".c-cover b").all_inner_texts()
    at = names.index("Anna Sokolova")
    for key, step in (("]", 1), ("[", 0)):
        await page.keyboard.press(key)
        await page.locator("#peek h2", has_text=names[at + step]).wait_for()
    await page.keyboard.press("Escape")
    await page.locator("#peek").wait_for(state="hidden")
    focused = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Look at Anna Sokolova beside the list"

    await page.locator("#builder > summary").click()
    await page.locator('#builder [name="add"]').select_option("created_at")
    await page.locator('#builder [name="o0"]').select_option("last")
    await page.locator('#builder input[name="v0"]').fill("3")
    await page.locator('#builder [name="add"]').select_option("custom.customer_type")
    await page.locator('#builder select[name="v1"]').select_option("cafe")
    assert await page.locator('#builder [name="v0"]').input_value() == "3"
    await page.locator('#builder .c-form-end [value="apply"]').click()
    await page.locator(".c-chip").nth(1).wait_for()
    assert await page.locator(".c-cover").all_inner_texts() == ["AS\nAnna Sokolova"]


async def test_one_field_where_it_stands(page: Any, shop: Crm, story: Story) -> None:
    id = story.contacts[0]
    await page.goto(f"/contacts/{id}")
    pencil = page.locator(f'a[href="/contacts/{id}/fields/job_title"]')
    await pencil.click()
    await page.locator('[name="job_title"]').press("Escape")
    await pencil.wait_for()
    await pencil.click()
    await page.locator('[name="job_title"]').fill("Director")
    await shop.records.update("contact", id, {"job_title": "Manager"}, actor=story.agent)
    await page.locator('[name="job_title"]').press("Enter")
    await page.get_by_text("Saved meanwhile by").wait_for()
    await page.locator('[name="job_title"]').press("Enter")
    await page.get_by_text("Changes saved").wait_for()
    document = (await shop.records.get("contact", id, actor=story.admin)).document
    assert document["job_title"] == "Director"
