"""One's own second factor over the API: the password is asked for, the app's first code switches it on."""

import httpx2
import pyotp
from api_people import PASSWORD

from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

HERE = "/api/me/second-factor"


async def test_an_app_is_set_up_with_the_password_and_a_code(
    client: httpx2.AsyncClient, browser: httpx2.AsyncClient, crm: Crm, clock: TurnableClock
) -> None:
    assert (await client.get(HERE)).json() == {"since": None, "codes_left": 0}
    for body in ({}, {"password": "x", "user": "1"}, {"password": 1}, {"password": "wrong password"}):
        assert (await client.post(HERE, json=body)).status_code == 422
    begun = (await client.post(HERE, json={"password": PASSWORD})).json()
    assert begun == (await client.post(HERE, json={"password": PASSWORD})).json()
    app = pyotp.parse_uri(begun["uri"])
    assert isinstance(app, pyotp.TOTP) and app.secret == begun["secret"]
    wrong = await client.post(f"{HERE}/confirm", json={"code": "abcdef"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "wrong_code")
    assert (await client.get(HERE)).json()["since"] is None
    confirmed = await client.post(f"{HERE}/confirm", json={"code": app.at(clock())})
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    state = (await client.get(HERE)).json()
    assert state["since"] and state["codes_left"] == 10
    assert (await client.post(HERE, json={"password": PASSWORD})).status_code == 409
    assert (await client.post(f"{HERE}/confirm", json={"code": "123456"})).status_code == 409
    # A browser that was signed in with the password alone is signed out.
    assert (await browser.get("/api/me")).status_code == 401


async def test_a_token_that_may_only_read_does_not_touch_it(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
) -> None:
    for status, asker in ((403, viewer), (401, anonymous)):
        assert (await asker.get(HERE)).status_code == status
        assert (await asker.post(HERE, json={"password": PASSWORD})).status_code == status
        assert (await asker.post(f"{HERE}/confirm", json={"code": "123456"})).status_code == status


async def test_passwords_are_not_guessed_here(client: httpx2.AsyncClient) -> None:
    answers = [(await client.post(HERE, json={"password": f"guess number {n}"})) for n in range(12)]
    assert {answer.status_code for answer in answers} == {422, 429}
    assert answers[-1].headers["retry-after"]
