"""Every page, for everybody, in both languages."""

from collections.abc import Iterator

import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.web.pages import inbox
from crmcore.web.routes import PAGES

LISTS = (
    "/inbox",
    "/inbox?view=unassigned",
    "/inbox?view=all",
    "/inbox?view=snoozed",
    "/inbox?view=closed",
    "/inbox?view=all&q=grinder",
    "/inbox?view=all&q=%23vip",
    "/inbox?view=all&q=nothing+like+it",
    "/contacts",
    "/contacts?q=sokol",
    "/contacts?q=nobody",
    "/contacts?sort=-created_at",
    "/tasks",
    "/tasks?view=all",
    "/tasks?view=done",
    "/search",
    "/search?q=anna",
    "/search?q=nothing+like+it",
    "/settings/profile",
    "/settings/plugins",
    "/settings/fields",
    "/settings/fields?type=conversation",
    "/settings/channels",
    "/settings/ui",
)
OF_ADMINISTRATORS = (
    "/contacts/new",
    "/contacts/duplicates",
    "/contacts/duplicates?state=dismissed",
    "/contacts/filter?add=tags",
    "/contacts/filter?f0=custom.beans&o0=gt&v0=x&f1=created_at&o1=within&do=refresh",
    "/contacts?filter=nonsense&sort=nothing&cursor=no",
    "/companies",
    "/companies?q=nothing",
    "/companies/new",
    "/settings/channels/new?channel=form",
    "/settings/channels/new?channel=api",
    "/settings/channels/new?channel=shop_chat",
)


def addresses(story: Story) -> Iterator[str]:
    yield from LISTS
    for conversation in story.conversations:
        yield f"/inbox/{conversation}?view=all"
    yield f"/inbox/{story.conversations[0]}/fields"
    yield f"/contacts/{story.contacts[0]}/edit"
    yield f"/contacts/{story.contacts[0]}/fields/custom.beans"
    yield f"/contacts/{story.contacts[0]}/merge"
    yield f"/contacts/{story.contacts[0]}/merge?other={story.contacts[1]}"
    yield f"/contacts?view=all&peek={story.contacts[0]}"
    for tab in ("timeline", "conversations", "tasks", "about"):
        yield f"/contacts/{story.contacts[0]}?tab={tab}"


@pytest.mark.parametrize("email", [ADMIN, AGENT])
async def test_every_page_renders_without_faults(story: Story, browse: Browse, email: str) -> None:
    browser = await browse(email)
    extra = OF_ADMINISTRATORS if email == ADMIN else ()
    for address in (*addresses(story), *extra):
        answer = await browser.get(address)
        assert answer.status_code == 200, f"{address}: {answer.text[:2000]}"
        page = Page(answer.text)
        assert page.problems() == [], address
        assert f'<html lang="{"en" if email == ADMIN else "ru"}"' in answer.text


async def test_pages_carry_the_strict_policy(story: Story, browse: Browse) -> None:
    answer = await (await browse(ADMIN)).get("/inbox")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_viewer_sees_pages_but_no_forms_that_write(story: Story, browse: Browse) -> None:
    browser = await browse(VIEWER)
    page = await browser.get(f"/inbox/{story.conversations[0]}?view=all")
    assert page.status_code == 200
    assert f'action="/inbox/{story.conversations[0]}' not in page.text
    assert (await browser.get("/contacts/new")).status_code == 403
    before = await browser.post(f"/inbox/{story.conversations[0]}/close", data={})
    assert before.status_code == 403
    assert "Undo" not in (await browser.get(f"/inbox/{story.conversations[0]}")).text


async def test_stranger_is_led_to_the_sign_in_page(story: Story, browse: Browse) -> None:
    browser = await browse()
    for address in ("/inbox", "/contacts", "/settings/plugins", "/settings/ui"):
        answer = await browser.get(address)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=/")


async def test_unknown_address_and_unknown_record_are_pages(story: Story, browse: Browse) -> None:
    browser = await browse(AGENT, "ru")
    for address in ("/nowhere", f"/contacts/{story.conversations[0]}", "/inbox/not-an-id"):
        answer = await browser.get(address)
        assert answer.status_code == 404, address
        page = Page(answer.text)
        assert page.problems() == []
        assert "опечатка" in page.shown
        assert "Polar Coffee" in page.shown


async def test_an_unknown_address_speaks_the_language_of_who_is_signed_in(
    story: Story, browse: Browse
) -> None:
    for email, language, word in (
        (AGENT, "en", "опечатка"),
        (ADMIN, "ru", "typing error"),
        ("", "ru", "опечатка"),
    ):
        answer = await (await browse(email, language)).get("/nowhere")
        assert answer.status_code == 404
        assert word in Page(answer.text).shown, (email, language)


async def test_writes_of_another_site_are_refused(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    browser.headers["sec-fetch-site"] = "cross-site"
    answer = await browser.post(f"/inbox/{story.conversations[0]}/close", data={})
    assert answer.status_code == 403
    browser.headers["sec-fetch-site"] = "same-origin"
    assert f"{story.conversations[0]}/close" in (await browser.get(f"/inbox/{story.conversations[0]}")).text


def test_no_page_changes_anything_on_get() -> None:
    for module in PAGES:
        for route in module.ROUTES:
            assert route.method in ("GET", "POST")
            writes = route.permission.endswith(".write") and not route.path.endswith(
                ("/new", "/edit", "/fields", "/preview", "/canned")
            )
            if route.method == "GET" and not route.path.startswith(("/settings", "/setup", "/connections")):
                assert not writes, route.path
    assert inbox.ROUTES
