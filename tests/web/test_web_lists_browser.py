"""Lists in a real browser: chosen by keys, looked at beside, filtered and changed without leaving the page."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from story import ADMIN, PASSWORD, Story

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.workspace import Crm

CHROMIUM = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), "")


@pytest.fixture
async def page(shop: Crm, story: Story) -> AsyncIterator[Any]:
    """A page of the administrator's browser; afterwards no script has failed."""
    playwright_api = pytest.importorskip("playwright.async_api")
    if not CHROMIUM or shop.database.kind != "sqlite":
        pytest.skip("no Chromium here, or another engine")
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(shop, start=False, worker=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    secret = await shop.accounts.sign_in(ADMIN, PASSWORD, address="127.0.0.1", user_agent="tests")
    faults: list[str] = []
    try:
        async with playwright_api.async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            context = await browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
            await context.add_cookies(
                [{"name": session_cookie_name(shop.settings), "value": secret, "url": address}]
            )
            page = await context.new_page()
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            page.set_default_timeout(15_000)
            yield page
            await browser.close()
    finally:
        shop.live.stop()
        server.should_exit = True
        await serving
    assert faults == []


async def test_a_list_without_leaving_it(shop: Crm, story: Story, page: Any) -> None:
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
    await page.keyboard.press("Escape")
    await page.locator("#peek").wait_for(state="hidden")

    await page.locator("#builder > summary").click()
    await page.locator('#builder [name="add"]').select_option("created_at")
    await page.locator('#builder [name="o0"]').select_option("last")
    await page.locator('#builder [name="v0"]').fill("3")
    await page.locator('#builder [name="add"]').select_option("custom.customer_type")
    await page.locator('#builder [name="v1"]').select_option("cafe")
    assert await page.locator('#builder [name="v0"]').input_value() == "3"
    await page.locator('#builder .c-form-end [value="apply"]').click()
    await page.locator(".c-chip").nth(1).wait_for()
    assert await page.locator(".c-cover").all_inner_texts() == ["AS\nAnna Sokolova"]


async def test_one_field_where_it_stands(shop: Crm, story: Story, page: Any) -> None:
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
