"""Second factor, sessions, invitations, people and teams, as people meet them in their browsers."""

import re
from datetime import timedelta

import pyotp
import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, PASSWORD, Story

from crmcore.accounts.lookup import user_id_of
from crmcore.accounts.tables import User
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

NEW = "violet tractor umbrella"
LINK = re.compile(r"http://127\.0\.0\.1:8000(/(?:invitation|password)/[A-Za-z0-9_-]{43})")
LETTERS = re.compile(r">([A-Z2-7]{32})<")
CODE = re.compile(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b")


@pytest.mark.lets_out("a wrong first code shows the secret again to who sets it up")
async def test_a_second_factor_is_set_up_asked_for_and_removed(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    browser = await browse(AGENT)
    page = await browser.get("/settings/security/second-factor")
    assert Page(page.text).problems() == []
    assert "<svg" in page.text and "otpauth" not in page.text
    totp = pyotp.TOTP(LETTERS.search(page.text)[1])  # type: ignore[index]
    wrong = await browser.post("/settings/security/second-factor", data={"code": "000000"})
    assert wrong.status_code == 422 and Page(wrong.text).problems() == []
    shown = await browser.post("/settings/security/second-factor", data={"code": totp.at(clock())})
    codes = CODE.findall(shown.text)
    assert len(codes) == 10 and Page(shown.text).problems() == []

    other = await browse()
    first = await other.post("/login", data={"email": AGENT, "password": PASSWORD, "next": "/tasks"})
    assert first.headers["location"] == "/login/code?next=%2Ftasks"
    assert "crm_session" not in other.cookies
    assert (await other.get("/inbox")).status_code == 303
    asked = await other.get(first.headers["location"])
    assert Page(asked.text).problems() == []
    refused = await other.post("/login/code", data={"code": totp.at(clock()), "next": "/tasks"})
    assert refused.status_code == 422 and totp.at(clock()) not in refused.text
    clock.advance(30)
    entered = await other.post("/login/code", data={"code": totp.at(clock()), "next": "/tasks"})
    assert entered.headers["location"] == "/tasks" and "crm_session" in other.cookies

    form = {"password": "wrong"}
    kept = await browser.post("/settings/security/second-factor/off", data=form)
    assert kept.status_code == 422
    off = await browser.post("/settings/security/second-factor/off", data={"password": PASSWORD})
    assert off.status_code == 303
    assert (await (await browse()).post("/login", data={"email": AGENT, "password": PASSWORD})).headers[
        "location"
    ] == "/inbox"


@pytest.mark.lets_out("a wrong first code shows the secret again to who sets it up")
async def test_a_role_that_needs_a_second_factor_sets_it_up_while_signing_in(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    shop.accounts.entrance.required_of = frozenset({"agent"})
    browser = await browse()
    answer = await browser.post("/login", data={"email": AGENT, "password": PASSWORD, "next": "/tasks"})
    assert answer.headers["location"] == "/login/enrol?next=%2Ftasks"
    page = await browser.get(answer.headers["location"])
    assert Page(page.text).problems() == []
    totp = pyotp.TOTP(LETTERS.search(page.text)[1])  # type: ignore[index]
    data = {"code": "12345", "next": "/tasks"}
    assert (await browser.post("/login/enrol", data=data)).status_code == 422
    done = await browser.post("/login/enrol", data=data | {"code": totp.at(clock())})
    assert len(CODE.findall(done.text)) == 10 and Page(done.text).problems() == []
    assert (await browser.get("/tasks")).status_code == 200


async def test_a_password_changed_signs_the_other_browsers_out(
    shop: Crm, story: Story, browse: Browse
) -> None:
    here, there = await browse(AGENT), await browse(AGENT)
    page = await here.get("/settings/security")
    assert Page(page.text).problems() == []
    before = here.cookies["crm_session"]
    for current, new in (("wrong", NEW), (PASSWORD, "brief"), (PASSWORD, "password1234!")):
        refused = await here.post("/settings/security/password", data={"current": current, "password": new})
        assert refused.status_code == 422 and new not in refused.text
    changed = await here.post("/settings/security/password", data={"current": PASSWORD, "password": NEW})
    assert changed.status_code == 303 and here.cookies["crm_session"] != before
    assert (await here.get("/settings/security")).status_code == 200
    assert (await there.get("/settings/security")).headers["location"].startswith("/login")
    assert await shop.accounts.actor_for_session(before) is None


async def test_sessions_are_listed_and_ended_one_by_one(shop: Crm, story: Story, browse: Browse) -> None:
    here, there, third = await browse(AGENT), await browse(AGENT), await browse(AGENT)
    stranger = await browse(ADMIN)
    page = await here.get("/settings/security")
    assert page.text.count('/end"') == 2
    (one, _) = re.findall(r"(/settings/security/sessions/[0-9a-f-]{36}/end)", page.text)
    assert (await stranger.post(one, data={})).status_code == 404
    assert (await here.post(one, data={})).status_code == 303
    alive = [(await browser.get("/tasks")).status_code for browser in (here, there, third)]
    assert sorted(alive) == [200, 200, 303]
    await here.post("/settings/security/sessions/end-others", data={})
    assert (await here.get("/tasks")).status_code == 200
    assert 200 not in [(await browser.get("/tasks")).status_code for browser in (there, third)]


async def test_a_planted_cookie_is_nobody_and_never_becomes_somebody(story: Story, browse: Browse) -> None:
    browser = await browse()
    browser.cookies.set("crm_session", "planted" * 6)
    assert (await browser.get("/inbox")).status_code == 303
    await browser.post("/login", data={"email": AGENT, "password": PASSWORD})
    stranger = await browse()
    stranger.cookies.set("crm_session", "planted" * 6)
    assert (await stranger.get("/inbox")).status_code == 303


async def test_somebody_is_invited_comes_and_works(shop: Crm, story: Story, browse: Browse) -> None:
    admin = await browse(ADMIN)
    await admin.post("/settings/teams", data={"name": "Roasters"})
    teams = await admin.get("/settings/teams")
    assert "Roasters" in teams.text and Page(teams.text).problems() == []
    again = await admin.post("/settings/teams", data={"name": "Roasters"})
    assert again.status_code == 422 and Page(again.text).problems() == []
    page = await admin.get("/settings/people")
    assert Page(page.text).problems() == []
    team = re.search(r'value="([0-9a-f-]{36})">Roasters', page.text)[1]  # type: ignore[index]
    refused = await admin.post("/settings/people/invite", data={"email": "no address", "role": "agent"})
    assert refused.status_code == 422 and Page(refused.text).problems() == []
    data = {"email": "boris@example.com", "role": "agent", "team_id": team, "language": "ru"}
    made = await admin.post("/settings/people/invite", data=data)
    link = LINK.search(made.text)[1]  # type: ignore[index]
    assert link not in (await admin.get("/settings/people")).text

    guest = await browse()
    welcome = await guest.get(link)
    assert "Добро пожаловать" in welcome.text and Page(welcome.text).problems() == []
    bad = await guest.post(link, data={"name": "", "password": "short"})
    assert bad.status_code == 422 and Page(bad.text).problems() == []
    entered = await guest.post(link, data={"name": "Борис", "password": NEW})
    assert entered.headers["location"] == "/inbox?done=welcome"
    assert (await guest.get("/inbox")).status_code == 200
    assert (await guest.get("/settings/people")).status_code == 200
    assert (await guest.post("/settings/people/invite", data=data)).status_code == 403
    dead = await (await browse()).get(link)
    assert dead.status_code == 404 and Page(dead.text).problems() == []
    assert "Борис" in (await admin.get("/settings/teams")).text

    id = await user_id_of("boris@example.com")
    person = await admin.get(f"/settings/people/{id}")
    assert Page(person.text).problems() == []
    saved = await admin.post(
        f"/settings/people/{id}", data={"name": "Борис", "role": "viewer", "teams": team, "active": "yes"}
    )
    assert saved.status_code == 303
    assert (await guest.get("/inbox")).headers["location"].startswith("/login")
    reset = await admin.post(f"/settings/people/{id}/reset-link", data={})
    assert LINK.search(reset.text)
    await admin.post(f"/settings/people/{id}", data={"name": "Борис", "role": "viewer"})
    assert not (await User.select(User.active).where(User.id == id))[0]["active"]
    me = await user_id_of(ADMIN)
    last = await admin.post(f"/settings/people/{me}", data={"name": "Ada", "role": "agent", "active": "yes"})
    assert last.status_code == 422 and Page(last.text).problems() == []


async def test_a_forgotten_password_is_chosen_anew_by_the_link(
    shop: Crm, story: Story, browse: Browse, clock: TurnableClock
) -> None:
    id = await user_id_of(AGENT)
    assert id is not None
    link = LINK.search(await shop.password_resets.link(id))[1]  # type: ignore[index]
    guest = await browse(language="ru")
    page = await guest.get(link)
    assert Page(page.text).problems() == []
    assert (await guest.post(link, data={"password": "короткий"})).status_code == 422
    entered = await guest.post(link, data={"password": NEW})
    assert entered.headers["location"] == "/inbox?done=password"
    assert (await guest.get(link)).status_code == 404
    asked = [await guest.post("/password", data={"email": email}) for email in (AGENT, "nobody@example.com")]
    assert {answer.status_code for answer in asked} == {200}
    texts = [answer.text.replace(AGENT, "").replace("nobody@example.com", "") for answer in asked]
    assert texts[0] == texts[1]
    for _ in range(3):
        waiting = await guest.post("/password", data={"email": AGENT})
    assert waiting.status_code == 429 and waiting.headers["retry-after"] == "300"
    assert "через 5 минут" in waiting.text
    late = LINK.search(await shop.password_resets.link(id))[1]  # type: ignore[index]
    clock.advance(timedelta(hours=1).total_seconds())
    assert (await guest.get(late)).status_code == 404
