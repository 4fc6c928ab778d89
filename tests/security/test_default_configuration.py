"""What a framework leaves open by default, closed: one short test per line of the list in docs/security.md."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, cast

import httpx2
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from structlog.testing import capture_logs

from crmcore.accounts.tables import LoginSession
from crmcore.http.app import create_app
from crmcore.http.envelope import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"
SECRET = "a body that nobody logs"
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def browser(connect: Connect) -> httpx2.AsyncClient:
    return connect(**{"sec-fetch-site": "same-origin", "accept": "text/html"})


async def sign_in(browser: httpx2.AsyncClient) -> httpx2.Response:
    answer = await browser.post("/login", data={"email": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 303
    return answer


@pytest.mark.parametrize("path", ["/api/contacts", "/login", "/f/x"])
async def test_invalid_utf8_is_a_400(client: httpx2.AsyncClient, path: str) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = await client.post(path, content=b'{"first_name": "\xff"}', headers={"content-type": kind})
        assert 400 <= answer.status_code < 500


async def test_deep_json_is_a_400(client: httpx2.AsyncClient) -> None:
    for deep in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 65 + b"]" * 65):
        answer = await client.post(
            "/api/contacts", content=deep, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "idna", "utf-16", "nonsense"])
async def test_a_forms_charset_is_ours(browser: httpx2.AsyncClient, charset: str, admin_id: object) -> None:
    head = f'form-data; name="email"\r\nContent-Type: text/plain; charset={charset}\r\n\r\n'
    sent = b"--b\r\nContent-Disposition: " + head.encode() + b"\xd0\x96-" + b"a" * 400_000 + b"\r\n--b--\r\n"
    started = monotonic()
    answer = await browser.post(
        "/login",
        content=sent,
        headers={"content-type": f"multipart/form-data; boundary=b; charset={charset}"},
    )
    # One decoder took 5.3 s for as much; a sign-in that fails verifies a password besides.
    assert answer.status_code == 401 and monotonic() - started < 3


async def test_every_answer_has_the_headers(
    client: httpx2.AsyncClient, browser: httpx2.AsyncClient, crm: Crm
) -> None:
    await sign_in(browser)
    crm.search.find = cast(Any, None)
    with capture_logs():
        answers = [
            await client.get("/api/contacts"),
            await client.get("/nothing"),
            await client.put("/api/contacts"),
            await client.get("/api/search?q=x"),
            await client.options("/api/contacts"),
            await browser.get("/login"),
            await browser.get("/inbox"),
            await browser.get("/nothing"),
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 405, 500, 204, 303, 200, 404]
    for answer in answers:
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "server" not in answer.headers and "set-cookie" not in answer.headers


async def test_every_page_and_file_has_a_policy_without_foreign_scripts(
    app: Litestar, browser: httpx2.AsyncClient, client: httpx2.AsyncClient, admin_id: object
) -> None:
    await sign_in(browser)
    pages = 0
    for route in app.routes:
        if (
            "{" in route.path
            or route.path.startswith(("/api", "/hooks"))
            or "GET" not in getattr(route, "methods", ())
        ):
            continue
        answer = await browser.get(route.path)
        assert (
            answer.status_code < 500 and answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        )
        assert (
            "<script>" not in answer.text and ' style="' not in answer.text and " onclick" not in answer.text
        )
        pages += 1
    assert pages > 15
    assert "unsafe" not in CONTENT_SECURITY_POLICY and "*" not in CONTENT_SECURITY_POLICY
    kept = await client.post("/api/files", files={"file": ("note.txt", b"hello", "text/plain")})
    file = await client.get(kept.json()["url"])
    assert file.headers["content-security-policy"].startswith("sandbox;")
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_fault_is_logged(client: httpx2.AsyncClient, crm: Crm) -> None:
    crm.search.find = cast(Any, None)
    with capture_logs() as logs:
        assert (await client.get("/api/search?q=x")).status_code == 500
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["request_failed"]


async def test_no_body_cookie_token_or_signature_is_logged(
    client: httpx2.AsyncClient, browser: httpx2.AsyncClient, crm: Crm, caplog: pytest.LogCaptureFixture
) -> None:
    cookie = (await sign_in(browser)).headers["set-cookie"].partition("=")[2].partition(";")[0]
    token = client.headers["authorization"].partition(" ")[2]
    signed = {"x-hub-signature-256": "sha256=5ec4e7"}
    caplog.set_level(logging.DEBUG)
    crm.search.find = cast(Any, None)
    with capture_logs() as logs:
        for asker in (client, browser):
            await asker.post("/api/contacts", json={"first_name": SECRET, "nonsense": SECRET})
            await asker.get(f"/api/search?q={SECRET}", headers=signed)
            await asker.post("/hooks/nobody", content=SECRET, headers=signed)
            await asker.post("/login", data={"email": "ada@example.com", "password": SECRET})
    written = f"{logs} {[record for record in caplog.messages if 'HTTP Request' not in record]}"
    assert "request_failed" in written
    for hidden in (SECRET, cookie, token, "5ec4e7"):
        assert hidden not in written


async def test_a_planted_session_is_nobodys_and_signing_in_makes_a_new_one(
    browser: httpx2.AsyncClient, crm: Crm, admin_id: object
) -> None:
    planted = "a" * 43
    browser.cookies.set("crm_session", planted)
    assert (await browser.get("/inbox")).status_code == 303
    given = []
    for _ in range(2):
        cookie = (await sign_in(browser)).headers["set-cookie"]
        given.append(cookie.partition("=")[2].partition(";")[0])
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Domain" not in cookie
    assert planted not in given and given[0] != given[1]
    hashes = {row["secret_hash"] for row in await LoginSession.select()}
    assert hashes == {hashlib.sha256(secret.encode()).hexdigest() for secret in given}


async def test_limits_are_per_account_and_no_clock_opens_them(
    browser: httpx2.AsyncClient, crm: Crm, clock: TurnableClock, admin_id: object
) -> None:
    async def guess(email: str) -> int:
        return (await browser.post("/login", data={"email": email, "password": "x" * 12})).status_code

    assert [await guess("ada@example.com") for _ in range(6)] == [401] * 5 + [429]
    assert await guess("bob@example.com") == 401, "no bucket is shared"
    clock.advance(timedelta(hours=-1).total_seconds())
    assert await guess("ada@example.com") == 429
    clock.advance(timedelta(hours=1).total_seconds() + 31)
    assert [await guess("ada@example.com") for _ in range(2)] == [401, 429], "one more, and a longer wait"


async def test_no_other_origin_is_let_in(client: httpx2.AsyncClient) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for answer in (
        await client.options("/api/contacts", headers=asked),
        await client.get("/api/me", headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_the_published_api_is_not_public(connect: Connect, client: httpx2.AsyncClient) -> None:
    for path in ("/api/openapi.json", "/api/docs"):
        assert (await connect().get(path)).status_code == 401
        assert (await client.get(path)).status_code == 200
    for path in ("/schema", "/schema/openapi.json", "/schema/swagger", "/openapi.json"):
        assert (await client.get(path)).status_code == 404


async def test_a_route_that_says_nothing_is_closed(crm: Crm, app: Litestar, connect: Connect) -> None:
    async def forgotten() -> str:
        return "open"

    app.register(HTTPRouteHandler("/forgotten", http_method="POST")(forgotten))
    answer = await connect().post("/forgotten", content=b"{" * 100)
    assert answer.status_code == 401 and "open" not in answer.text


async def test_https_makes_cookies_secure_and_stays(crm: Crm, connect: Connect, admin_id: object) -> None:
    secure = WorkspaceSettings(**{**_fields(crm.settings), "base_url": "https://crm.example.com"})
    before = crm.settings
    crm.settings = secure
    try:
        transport = httpx2.ASGITransport(app=cast(Any, create_app(crm, start=False, worker=False)))
        async with httpx2.AsyncClient(
            transport=transport, base_url="https://crm.example.com", headers={"sec-fetch-site": "same-origin"}
        ) as browser:
            answer = await sign_in(browser)
    finally:
        crm.settings = before
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    cookies = answer.headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("__Host-crm_session="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in session.split(";")}
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    assert "strict-transport-security" not in (await connect().get("/login")).headers


async def test_nobody_waits_while_passwords_are_checked(
    client: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    guesses = [
        asyncio.ensure_future(
            browser.post("/login", data={"email": f"{n}@example.com", "password": "x" * 12})
        )
        for n in range(12)
    ]
    await asyncio.sleep(0.05)
    started = monotonic()
    assert (await client.get("/health/live")).status_code == 200
    assert monotonic() - started < 1
    await asyncio.gather(*guesses)


def _fields(settings: WorkspaceSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def test_what_a_server_announces_is_switched_off() -> None:
    serving = (Path(__file__).parents[2] / "crmcore" / "cli" / "serving.py").read_text(encoding="utf-8")
    # An access log would have the tokens of links in it.
    assert "access_log=False" in serving and "server_header=False" in serving
