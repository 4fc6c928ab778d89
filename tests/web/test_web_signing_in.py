"""Signing in and out through the pages."""

import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, PASSWORD, Story

from crmcore.web.visit import local_path
from crmcore.workspace import Crm


async def test_wrong_password_says_so_and_keeps_the_address(story: Story, browse: Browse) -> None:
    browser = await browse(language="ru")
    answer = await browser.post("/login", data={"email": ADMIN, "password": "wrong", "next": "/tasks"})
    assert answer.status_code == 401
    page = Page(answer.text)
    assert "Неверный адрес почты или пароль." in page.shown
    assert f'value="{ADMIN}"' in answer.text
    assert "wrong" not in answer.text
    assert page.problems() == []


async def test_too_many_failures_are_told_apart(story: Story, browse: Browse) -> None:
    browser = await browse()
    statuses = []
    for _ in range(25):
        answer = await browser.post("/login", data={"email": ADMIN, "password": "wrong"})
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert "Too many" in answer.text


async def test_signing_in_leads_back_but_never_to_another_site(story: Story, browse: Browse) -> None:
    browser = await browse()
    data = {"email": ADMIN, "password": PASSWORD}
    answer = await browser.post("/login", data={**data, "next": "/contacts?q=a"})
    assert answer.headers["location"] == "/contacts?q=a"
    assert "HttpOnly" in answer.headers["set-cookie"]
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = await browser.post("/login", data={**data, "next": target})
        assert answer.headers["location"] == "/", target


@pytest.mark.parametrize("path", ["/x y", "/a\nb", "/a\x00", "", "x"])
def test_local_path_refuses_what_is_no_address(path: str) -> None:
    assert local_path(path) == "/"


async def test_signed_in_visitor_does_not_see_the_form_again(story: Story, browse: Browse) -> None:
    answer = await (await browse(ADMIN)).get("/login")
    assert answer.status_code == 303


async def test_signing_out_ends_the_session(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    secret = browser.cookies["crm_session"]
    answer = await browser.post("/logout", data={})
    assert answer.headers["location"] == "/login"
    assert await shop.accounts.actor_for_session(secret) is None
    assert (await browser.get("/inbox")).headers["location"].startswith("/login")


async def test_language_theme_and_zone_are_ones_own(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    answer = await browser.post("/settings/profile/language", data={"language": "en", "back": "/tasks"})
    assert answer.headers["location"] == "/tasks"
    assert '<html lang="en"' in (await browser.get("/tasks")).text
    await browser.post("/settings/profile/theme", data={"theme": "dark", "back": "/tasks"})
    assert 'data-theme="dark"' in (await browser.get("/tasks")).text
    user = await shop.records.get("user", story.ids["agent"], actor=story.admin)
    assert (user.document["language"], user.document["theme"]) == ("en", "dark")
    refused = await browser.post(
        "/settings/profile", data={"name": "M", "language": "en", "time_zone": "Mars/Olympus"}
    )
    assert refused.status_code == 422
    assert "There is no such time zone." in refused.text
    saved = await browser.post(
        "/settings/profile",
        data={
            "name": "Maksim",
            "language": "en",
            "time_zone": "Asia/Tokyo",
            "role": "admin",
            "active": "false",
        },
    )
    assert saved.status_code == 303
    user = await shop.records.get("user", story.ids["agent"], actor=story.admin)
    assert (user.document["name"], user.document["role"], user.document["active"]) == (
        "Maksim",
        "agent",
        True,
    )


async def test_theme_comes_along_to_the_next_browser(story: Story, browse: Browse) -> None:
    first = await browse(ADMIN)
    await first.post("/settings/profile/theme", data={"theme": "dark"})
    second = await browse(ADMIN)
    assert 'data-theme="dark"' in (await second.get("/tasks")).text
