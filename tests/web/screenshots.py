"""Take pictures of the pages with Chromium, and complain about what overflows or fails the axe rules.

Start ``python tests/web/serve_story.py 8092 FOLDER`` (or ``crmcore demo``), then
``python tests/web/screenshots.py http://127.0.0.1:8092 OUT``. Needs ``pip install playwright`` and a Chromium
(``CHROMIUM=/usr/bin/chromium``); with ``AXE=path/to/axe.min.js`` every picture is checked as well.
``EMAIL`` and ``PASSWORD`` sign in as somebody else, for example the demo's user.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
from story import ADMIN, AGENT, PASSWORD

SIZES = {"d": (1440, 900), "t": (820, 1180), "m": (390, 844), "s": (320, 640)}
PEOPLE = {"en": ADMIN, "ru": AGENT}
PAGES = {
    "inbox": "/inbox?view=all",
    "snoozed": "/inbox?view=snoozed",
    "contacts": "/contacts",
    "tasks": "/tasks?view=all",
    "search": "/search?q=anna",
    "plugins": "/settings/plugins",
    "fields": "/settings/fields",
    "channels": "/settings/channels",
    "profile": "/settings/profile",
    "gallery": "/settings/ui",
}
OPENED = {"conversation": ("/inbox?view=all", ".c-conv"), "contact": ("/contacts", ".c-cover")}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def take(browser: Browser, base: str, out: Path, language: str, axe: str) -> None:
    """Take every page as the person who speaks ``language`` sees it."""
    context = await browser.new_context(bypass_csp=bool(axe), locale=language)
    page = await context.new_page()
    page.on("pageerror", lambda error: print("script error", error))
    await page.goto(f"{base}/login")
    await page.fill("#email", os.environ.get("EMAIL", PEOPLE[language]))
    await page.fill("#password", os.environ.get("PASSWORD", PASSWORD))
    await page.click("button[type=submit]")
    pages = dict(PAGES)
    for name, (address, row) in OPENED.items():
        await page.goto(base + address)
        pages[name] = str(await page.locator(row).first.get_attribute("href"))
    for theme in ("light", "dark"):
        await context.add_cookies([{"name": "crm_theme", "value": theme, "url": base}])
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            for name, address in pages.items():
                await page.goto(base + address, wait_until="networkidle")
                picture = f"{name}-{size}-{theme}-{language}"
                await page.screenshot(path=str(out / f"{picture}.png"))
                await complain(page, picture, axe)
    await context.close()


async def complain(page: Page, picture: str, axe: str) -> None:
    """Print what is wider than the window, and what axe finds."""
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        print(picture, "is", over, "px too wide")
    if axe:
        await page.evaluate(axe)
        found: dict[str, Any] = await page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        for violation in found["violations"]:
            print(picture, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])


async def main(base: str, out: Path, axe: str) -> None:
    """Take all pictures in both languages."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        for language in PEOPLE:
            await take(browser, base, out, language, axe)
        await browser.close()


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    rules = Path(os.environ["AXE"]).read_text(encoding="utf-8") if "AXE" in os.environ else ""
    asyncio.run(main(sys.argv[1].rstrip("/"), folder, rules))
