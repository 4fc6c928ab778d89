"""Every vector in a real browser, in the thread as an agent sees it: no script runs and no request leaves."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from posting import api_account, conversations, drained, post
from vectors import CALL, VECTORS

from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
PASSWORD = "violet harbour tin canoe"


@pytest.fixture
def address(tmp_path: Path, migrated_sqlite: Path) -> Iterator[str]:
    """A served workspace with a conversation whose messages are the vectors."""
    import asyncio

    shutil.copy(migrated_sqlite, tmp_path / "crm.sqlite")
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"), database_url=f"sqlite:///{tmp_path / 'crm.sqlite'}"
    )
    server: list[uvicorn.Server] = []
    ready = threading.Event()
    place: list[str] = []

    async def serve() -> None:
        crm = Crm.build(settings, entry_points=[])
        await crm.start()
        with crm.bound():
            await crm.accounts.create_user("ada@example.com", "Ada", PASSWORD, role="admin")
            await api_account(crm)
            for number, vector in enumerate(VECTORS):
                html = vector.replace("CALL", CALL)
                await post(
                    crm,
                    delivery_key=str(number),
                    email="eve@example.com",
                    thread_key="1",
                    text=html,
                    html=html,
                )
            await drained(crm)
            (conversation,) = await conversations()
        config = uvicorn.Config(
            create_app(crm, start=False, worker=False), port=0, log_level="error", lifespan="off"
        )
        server.append(uvicorn.Server(config))
        task = asyncio.create_task(server[0].serve())
        while not server[0].started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # uvicorn tells it no other way
        port = server[0].servers[0].sockets[0].getsockname()[1]
        place.append(f"http://127.0.0.1:{port}/inbox/{conversation['id']}")
        ready.set()
        await task
        await crm.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield place[0]
    server[0].should_exit = True
    thread.join(20)


@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_no_script_runs_and_no_request_leaves(address: str) -> None:
    sync_api: Any = pytest.importorskip("playwright.sync_api", reason="install playwright")
    origin = address.split("/inbox")[0]
    requests: list[str] = []
    told: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, "--host-resolver-rules=MAP evil.test 127.0.0.1:9"],
        )
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.goto(f"{origin}/login")
        page.fill("[name=email]", "ada@example.com")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/inbox**")
        page.goto(address)
        # Whoever scrolls up gets the earlier messages above, as often as there are some.
        while earlier := page.query_selector("a[data-earlier]"):
            page.locator("#thread").evaluate("thread => { thread.scrollTop = 0 }")
            earlier.wait_for_element_state("hidden")
        messages = page.locator("#thread article.c-msg").count()
        assert messages == len(VECTORS)
        seen: set[str] = set()
        for frame in page.query_selector_all("iframe.c-mail"):
            frame.scroll_into_view_if_needed()
            inside = frame.content_frame()
            assert inside is not None
            seen.add(inside.evaluate("document.body.innerHTML"))
            for link in inside.query_selector_all("a[href]"):
                target = link.get_attribute("href").lstrip().lower()
                assert not target.startswith(("javascript", "data", "vb"))
        page.mouse.move(400, 300)
        page.wait_for_timeout(300)
        # With the pictures asked for, they are all that is loaded, and still nothing runs.
        assert len(seen) > 20
        quiet = list(requests)
        with_pictures = page.query_selector("a[href*='images=']")
        if with_pictures:
            page.goto(origin + with_pictures.get_attribute("href"))
            page.wait_for_timeout(300)
        browser.close()
    assert told == []
    outside = [url for url in quiet if not url.startswith((origin, "about:", "data:image/"))]
    assert outside == []
    assert all("/hit" not in url and "/x.js" not in url for url in requests)
    assert msgspec.json.encode(quiet)


@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_the_traps_do_work_in_a_page_that_guards_nothing(tmp_path: Path) -> None:
    """The vectors are no straw men: unguarded, most of them act."""
    sync_api: Any = pytest.importorskip("playwright.sync_api", reason="install playwright")
    acted = 0
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        hits: list[str] = []

        def stop(route: Any) -> None:
            hits.append(route.request.url)
            route.abort()

        page.route("https://evil.test/**", stop)
        file = tmp_path / "page.html"
        for vector in VECTORS:
            page_text = (
                vector.replace("CALL", CALL)
                .replace("//evil", "https://evil")
                .replace("https:https:", "https:")
            )
            file.write_text("<!doctype html><meta charset=utf-8>" + page_text, encoding="utf-8")
            hits.clear()
            try:
                page.goto(file.as_uri(), timeout=3000)
                page.wait_for_timeout(30)
            except sync_api.Error:
                pass
            acted += bool(hits)
        browser.close()
    assert acted >= 35
