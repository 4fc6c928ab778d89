"""The inbox worked through with keys alone, in a real browser: in English, and in Russian in a Cyrillic layout."""

from typing import Any
from uuid import UUID

import pytest
from browsing import Chromium
from story import ADMIN, AGENT, Story

from crmcore.workspace import Crm

# What a Russian keyboard has where a Latin one has these.
CYRILLIC = dict(zip("abcdefghijklmnopqrstuvwxyz", "фисвуапршолдьтщзйкыегмцчня", strict=True))
WORDS = {
    "en": {
        "replied": "Reply sent",
        "draft": "Draft kept",
        "undone": "Taken back",
        "find": "Go to",
        "snooze": "snooze",
    },
    "ru": {
        "replied": "Ответ отправлен",
        "draft": "Черновик сохранён",
        "undone": "Отменено",
        "find": "Перейти",
        "snooze": "отложить",
    },
}


class Keyboard:
    """Presses keys as somebody with a Latin or a Cyrillic layout does."""

    def __init__(self, page: Any, language: str) -> None:
        self._page = page
        self._cyrillic = language == "ru"

    async def __call__(self, *keys: str) -> None:
        for key in keys:
            *held, last = key.split("+")
            if not self._cyrillic or len(last) > 1 or not last.isalpha():
                await self._page.keyboard.press(key)
                continue
            sign = CYRILLIC[last.lower()]
            event = {
                "key": sign.upper() if "Shift" in held else sign,
                "code": f"Key{last.upper()}",
                "windowsVirtualKeyCode": ord(last.upper()),
                "modifiers": sum({"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}[name] for name in held),
            }
            session = await self._page.context.new_cdp_session(self._page)
            for kind in ("rawKeyDown", "keyUp"):
                await session.send("Input.dispatchKeyEvent", {"type": kind, **event})


@pytest.mark.parametrize(("email", "language"), [(ADMIN, "en"), (AGENT, "ru")])
async def test_the_day_of_an_agent_without_a_mouse(
    chromium: Chromium, shop: Crm, story: Story, email: str, language: str
) -> None:
    page = await chromium(email)
    press, words = Keyboard(page, language), WORDS[language]
    actor = story.admin if language == "en" else story.agent

    async def opened() -> UUID:
        pane = page.locator("#pane-thread[data-conversation]")
        await pane.wait_for()
        return UUID(await pane.get_attribute("data-conversation"))

    async def status(id: UUID) -> str:
        return str((await shop.records.get("conversation", id, actor=actor)).document["status"])

    toast = page.locator(".c-toast").first

    # Open the second row, answer, note.
    await page.goto("/inbox?view=all")
    await page.locator("#convs").wait_for()
    await press("j", "j", "o")
    id = await opened()
    await press("r")
    await page.keyboard.insert_text("On its way.")
    await press("Control+Enter")
    await toast.get_by_text(words["replied"]).wait_for()
    await press("n")
    await page.keyboard.insert_text("Call her on Monday")
    await press("Control+Enter")
    await page.locator('.c-msg[data-k="note"]', has_text="Call her on Monday").wait_for()

    # What is begun is there again, a reply and a note apart, on whatever machine.
    await press("n")
    await page.keyboard.insert_text("Half a thought")
    await page.get_by_text(words["draft"]).wait_for()
    await press("Escape")
    await page.evaluate("localStorage.clear()")
    await page.reload()
    assert await page.locator("#text").input_value() == "Half a thought"
    assert await page.locator("#convs .c-draft").count() == 1
    await press("r")
    assert await page.locator("#text").input_value() == ""
    await press("Escape")

    # Close and go on with the next one; take it back.
    await press("Shift+e")
    await toast.wait_for()
    following = await opened()
    assert following != id
    assert await status(id) == "closed"
    await press("z")
    await toast.get_by_text(words["undone"]).wait_for()
    assert await opened() == id
    assert await status(id) == "waiting"

    # Several at once, and back.
    await press("g", "i")
    await page.wait_for_url("**/inbox")
    await page.goto("/inbox?view=all")
    await press("j", "x", "Shift+j")
    chosen = await page.locator("#convs :checked").evaluate_all("boxes => boxes.map((box) => box.value)")
    assert len(chosen) == 2
    await press("e")
    await page.locator(".c-toast form").wait_for()
    assert {await status(UUID(one)) for one in chosen} == {"closed"}
    await press("z")
    await toast.get_by_text(words["undone"]).wait_for()
    assert "closed" not in {await status(UUID(one)) for one in chosen}

    # The palette: a person by name, then a command of the open page.
    await press("Control+k")
    await page.locator("#palette[open]").get_by_text(words["find"]).first.wait_for()
    await page.keyboard.type("brandt")
    await page.locator("#palette [data-conversation]").first.wait_for()
    while not await page.locator("#palette [aria-selected=true][data-conversation]").count():
        await press("ArrowDown")
    await press("Enter")
    assert await opened() == story.conversations[1]
    await press("Control+k")
    await page.keyboard.insert_text(words["snooze"])
    await press("Enter")
    await page.locator('details[data-hot="s"][open]').first.wait_for()
    await press("Enter")
    await toast.wait_for()
    assert await status(story.conversations[1]) == "snoozed"

    # The sheet, and no keys for who does not want them.
    await press("Shift+Slash" if language == "en" else "?")
    await page.locator("#sheet[open] [data-keys-off]").check()
    await press("Escape")
    await press("r")
    assert await page.evaluate("document.activeElement.id") != "text"


async def test_earlier_messages_come_above_thirty_at_a_time(
    chromium: Chromium, shop: Crm, story: Story
) -> None:
    id = story.conversations[0]
    for number in range(120):
        await shop.conversations.note(id, f"Line {number}", actor=story.admin)
    page = await chromium(ADMIN)
    await page.goto(f"/inbox/{id}?view=all")
    messages = "#thread .c-msg, #thread .c-evt"
    assert await page.locator(messages).count() == 30
    for least in (60, 90, 120, 121):
        await page.locator("#thread").evaluate("thread => { thread.scrollTop = 0; }")
        script = "([places, least]) => document.querySelectorAll(places).length >= least"
        await page.wait_for_function(script, arg=[messages, least])
    texts = await page.locator("#thread .c-bub").all_inner_texts()
    lines = [text for text in texts if text.startswith("Line ")]
    assert lines == [f"Line {number}" for number in range(120)]
    assert await page.locator("a[data-earlier]").count() == 0
