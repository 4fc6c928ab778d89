"""On a telephone, in a real browser: every area has a way in, strips show where one is, nothing scrolls twice."""

from browsing import Chromium
from story import ADMIN, AGENT, Story, post

from crmcore.workspace import Crm

_OVER = "document.documentElement.scrollHeight - innerHeight"
_IN_SIGHT = """() => {
  const strip = document.querySelector('.c-set-nav').getBoundingClientRect()
  const here = document.querySelector('.c-set-nav [aria-current]').getBoundingClientRect()
  return here.left >= strip.left && here.right <= strip.right
}"""


async def test_a_narrow_window_leads_everywhere(chromium: Chromium, story: Story) -> None:
    page = await chromium(ADMIN)
    for address in ("/inbox?view=all", "/overview"):
        await page.goto(address)
        assert await page.evaluate(_OVER) == 0, address
    wide = await page.eval_on_selector_all(
        ".c-nav-scroll > a.c-nav-i", "all => all.map(one => one.getAttribute('href'))"
    )
    await page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/inbox?view=all", "/overview"):
        await page.goto(address)
        assert await page.evaluate(_OVER) == 0, address
    await page.click(".c-tabmore > summary")
    entries = page.locator(".c-tabbar a:visible")
    narrow = await entries.evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert set(wide) - set(narrow) == set()
    await page.click(".c-tabmore a[href='/companies']")
    await page.wait_for_url("**/companies")
    for section in ("plugins", "profile", "jobs"):
        await page.goto(f"/settings/{section}")
        assert await page.evaluate(_IN_SIGHT), section


async def test_files_are_attached_without_scripts(chromium: Chromium, story: Story) -> None:
    page = await chromium(ADMIN)
    bare = await page.context.browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    await bare.add_cookies(await page.context.cookies())
    await page.goto("/inbox?view=all")
    await page.locator(".c-conv").first.click()
    await page.wait_for_selector(".c-attach input", state="attached")
    address = page.url
    page = await bare.new_page()
    await page.goto(address)
    control = await page.locator(".c-attach input").bounding_box()
    around = await page.locator(".c-composer").bounding_box()
    assert control["width"] > 200
    assert control["x"] + control["width"] <= around["x"] + around["width"]
    assert await page.locator(".c-attach input").evaluate("one => getComputedStyle(one).opacity") == "1"
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await bare.close()


async def test_the_bar_of_chosen_conversations_is_one_row(
    chromium: Chromium, shop: Crm, story: Story
) -> None:
    for number in range(60):
        await post(shop, "shop", f"p{number}@example.com", "Person", "Hello", "Hello", key=f"p{number}")
    await shop.worker.drain()
    for email in (ADMIN, AGENT):
        page = await chromium(email)
        await page.goto("/inbox?view=all")
        for index in range(12):
            await page.locator("#convs input[name=id]").nth(index).check(force=True)
        assert await page.locator("[data-many-bar] [name=everything]").count() == 1
        assert await page.locator("[data-many-bar]").evaluate("bar => bar.offsetHeight") < 48, email
