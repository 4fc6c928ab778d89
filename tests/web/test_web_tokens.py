"""The tokens' page: made, shown once, used, revoked."""

import re

import httpx2
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


def address_of(text: str, end: str) -> str:
    return next(a["action"] for t, a in Page(text).tags if t == "form" and a.get("action", "").endswith(end))


async def api(browser: httpx2.AsyncClient, token: str) -> int:
    browser.cookies.clear()
    answer = await browser.get(
        "/api/contacts", headers={"authorization": f"Bearer {token}", "accept": "application/json"}
    )
    return answer.status_code


async def test_a_token_is_made_used_and_revoked(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    browser = await browse(ADMIN)
    assert Page((await browser.get("/settings/tokens")).text).problems() == []
    sent = {"name": "Till", "set": "some", "scopes": ["contact.read", "task.write"], "until": "2999-01-31"}
    made = await browser.post("/settings/tokens", data=sent)
    page = Page(made.text)
    assert page.problems() == []
    [token] = re.findall(r"<code[^>]*>([^<]+)</code>", made.text)[:1]
    assert token not in (await browser.get("/settings/tokens")).text
    listed = Page((await browser.get("/settings/tokens")).text)
    assert "never" in listed.shown
    assert "Contacts: read" in listed.shown
    assert await api(await browse(), token) == 200
    clock.advance(120)
    assert "2 minutes ago" in Page((await browser.get("/settings/tokens")).text).shown
    everybody = await browser.get("/settings/tokens?all=1")
    assert Page(everybody.text).problems() == []
    revoke = address_of(everybody.text, "/revoke")
    assert (await (await browse(AGENT)).post(revoke)).status_code in (403, 404)
    assert (await browser.post(revoke, data={"all": "1"})).headers["location"].endswith("all=1")
    assert await api(await browse(), token) == 401
    assert "1 revoked" in Page((await browser.get("/settings/tokens")).text).shown


async def test_what_makes_no_token_is_said(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for sent, expected in (
        ({"set": "some"}, "scopes-err"),
        ({"set": "some", "scopes": "contact.sing"}, "scopes-err"),
        ({"set": "read", "until": "2001-01-01"}, "expires_at-err"),
        ({"set": "read", "until": "soon"}, "expires_at-err"),
        ({"set": "read", "until": "9999-12-31"}, "expires_at-err"),
    ):
        answer = await browser.post("/settings/tokens", data=sent)
        assert answer.status_code == 422, sent
        assert f'id="{expected}"' in answer.text
        assert Page(answer.text).problems() == []
