"""How somebody wants the pages: density, and keys of their own."""

from browsing import Browse, Chromium
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.accounts.keys import ACTIONS
from crmcore.accounts.preferences import PreferenceChanges
from crmcore.audit.query import AuditQuery
from crmcore.workspace import Crm

PROFILE = "/settings/profile"


async def test_density_is_in_the_first_byte_of_every_page(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    assert "data-density" not in (await browser.get("/inbox")).text
    answer = await browser.post(f"{PROFILE}/density", data={"density": "compact", "back": "/contacts"})
    assert answer.headers["location"] == "/contacts"
    for path in ("/inbox", "/contacts", "/tasks", PROFILE, "/search"):
        assert '<html lang="en" data-density="compact"' in (await browser.get(path)).text
    other = await browse(ADMIN)
    assert (await other.get("/api/me")).json()["density"] == "compact"
    assert "data-density" not in (await (await browse(AGENT)).get("/inbox")).text
    await browser.post(f"{PROFILE}/density", data={"density": "tiny"})
    assert (await browser.get("/api/me/preferences")).json()["density"] == "compact"


async def test_keys_are_chosen_refused_and_reset(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    table = {f"key.{name}": action.key for name, action in ACTIONS.items()}
    taken = await browser.post(f"{PROFILE}/keys", data={**table, "key.close": "r", "key.go_inbox": "I"})
    page = Page(taken.text)
    assert taken.status_code == 422
    assert "One small letter is needed here." in page.shown
    taken = await browser.post(f"{PROFILE}/keys", data={**table, "key.close": "r"})
    assert taken.status_code == 422
    assert "This key is taken: Write a reply." in Page(taken.text).shown
    # A Cyrillic letter is the key it lies on; two actions may change places.
    swapped = {**table, "key.close": "к", "key.reply": "e", "key.go_inbox": "b", "key.assign_me": "Q"}
    saved = await browser.post(f"{PROFILE}/keys", data=swapped)
    assert saved.status_code == 303 and saved.headers["location"] == f"{PROFILE}?done=saved#keys"
    own = (await browser.get("/api/me/preferences")).json()["keys"]
    assert {name: key for name, key in own.items() if key != ACTIONS[name].key} == {
        "close": "r",
        "reply": "e",
        "go_inbox": "b",
        "assign_me": "Q",
    }
    sheet = Page((await browser.get("/shortcuts")).text)
    assert "G B" in " ".join(sheet.shown.split())
    shown = (await browser.get(f"/inbox/{story.conversations[0]}")).text
    assert '<kbd class="c-kbd c-hide-m" aria-hidden="true">⇧ Q</kbd>' in shown
    entries = [entry async for entry in shop.audit.entries(AuditQuery(record_type="keys"), actor=story.admin)]
    assert [entry.action for entry in entries] == ["change"]
    assert (await browser.post(f"{PROFILE}/keys", data={**table, "do": "reset"})).status_code == 303
    assert (await browser.get("/api/me/preferences")).json()["keys"]["close"] == "e"
    assert "data-keys" not in (await browser.get("/inbox")).text


async def test_preferences_over_http(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    changed = await browser.patch("/api/me/preferences", json={"density": "compact", "keys": {"next": "5"}})
    assert changed.status_code == 200
    assert (changed.json()["density"], changed.json()["keys"]["next"]) == ("compact", "5")
    for body, path in (
        ({"keys": {"fly": "f"}}, "/keys/fly"),
        ({"keys": {"next": "k"}}, "/keys/next"),
        ({"keys": {"next": ""}}, "/keys/next"),
        ({"density": "tiny"}, "/density"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"role": "admin"}, "/role"),
    ):
        refused = await browser.patch("/api/me/preferences", json=body)
        assert refused.status_code == 422
        assert [error["path"] for error in refused.json()["errors"]] == [path]
    assert (await browser.get("/api/me/preferences")).json()["keys"]["next"] == "5"


async def test_own_keys_work_and_old_ones_do_not(shop: Crm, story: Story, chromium: Chromium) -> None:
    page = await chromium(ADMIN)
    changes = PreferenceChanges(density="compact", keys={"next": "q", "go_tasks": "b", "go": "h"})
    await shop.preferences.change(story.admin, changes)
    await page.goto("/inbox?view=all")
    heights = await page.locator(".c-conv").evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert max(heights) <= 76
    await page.keyboard.press("j")
    assert not await page.evaluate("document.activeElement.matches('.c-conv')")
    await page.keyboard.press("q")
    assert await page.evaluate("document.activeElement.matches('.c-conv')")
    await page.keyboard.press("h")
    await page.keyboard.press("b")
    await page.wait_for_url("**/tasks")
