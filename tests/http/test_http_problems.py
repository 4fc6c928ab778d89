import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from crmcore.contracts.problems import InvalidValue, Problem, Refusal
from crmcore.errors import TooMany, Unavailable
from crmcore.http.envelope import SECURITY_HEADERS
from crmcore.workspace import Crm

Breaker = Callable[[Exception], None]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, crm: Crm) -> Breaker:
    """Lets the reading of records fail with an exception of one's choice."""

    def make(error: Exception) -> None:
        async def fail(*arguments: Any, **named: Any) -> Any:
            raise error

        monkeypatch.setattr(crm.records, "get", fail)

    return make


ADDRESS = "/api/contacts/0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80"


async def test_an_unknown_address_is_a_problem_document(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/nothing/here", headers={"Accept-Language": "ru"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "http://127.0.0.1:8000/api/docs#no_such_address",
        "title": "Не найдено",
        "status": 404,
        "detail": "По этому адресу ничего нет.",
        "code": "no_such_address",
        "request_id": answer.headers["X-Request-ID"],
    }


async def test_a_wrong_method_names_the_right_ones(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/api/contacts", json={})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415, "unsupported_media_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=1", 415, "unsupported_media_type"),
        ({"Content-Type": "application/json; charset=utf-16"}, b"{}", 415, "unsupported_media_type"),
        (
            {"Content-Type": "multipart/form-data; boundary=x; charset=punycode"},
            b"--x--",
            415,
            "unsupported_media_type",
        ),
        ({"Content-Type": "application/json"}, b"", 400, "bad_json"),
        ({"Content-Type": "application/json"}, b"[]", 400, "bad_json"),
        ({"Content-Type": "application/json"}, b'{"first_name": "\xff"}', 400, "bad_json"),
        ({"Content-Type": "application/json"}, b'"' + b"x" * 1_000_000 + b'"', 413, "too_large"),
        ({}, b'{"first_name": "L"}', 201, None),
        ({"Content-Type": "application/json; charset=UTF-8"}, b'{"first_name": "L"}', 201, None),
        ({"Content-Type": "application/merge-patch+json"}, b'{"first_name": "L"}', 201, None),
    ],
)
async def test_bodies_are_json_within_limits(
    client: httpx2.AsyncClient, headers: dict[str, str], content: bytes, status: int, code: str | None
) -> None:
    answer = await client.post("/api/contacts", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json().get("code") == code


async def test_a_body_that_does_not_announce_its_size_is_counted(client: httpx2.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(200):
            yield b"x" * 10_000

    answer = await client.post(
        "/api/contacts", content=endless(), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_every_answer_has_the_security_headers_and_an_id(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, broken: Breaker
) -> None:
    broken(RuntimeError("boom"))
    with capture_logs():
        answers = [
            await client.get("/api/contacts"),
            await client.get(ADDRESS),
            await client.get("/nothing"),
            await client.put("/api/contacts"),
            await client.options("/api/contacts"),
            await client.post("/api/contacts", content=b"{"),
            await anonymous.get("/api/contacts"),
            await anonymous.get("/health/live"),
            await anonymous.get("/api/contacts", headers={"Host": "no host at all!"}),
        ]
    assert [answer.status_code for answer in answers] == [200, 500, 404, 405, 204, 400, 401, 200, 400]
    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, f"{answer.request.url}: {name}"
        assert len(answer.headers["X-Request-ID"]) >= 8
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == len(answers)


async def test_a_request_id_is_taken_over_when_it_is_one(client: httpx2.AsyncClient) -> None:
    taken = await client.get("/api/me", headers={"X-Request-ID": "abc-DEF_12345"})
    assert taken.headers["X-Request-ID"] == "abc-DEF_12345"
    refused = await client.get("/api/me", headers={"X-Request-ID": "bad id\x7f"})
    assert refused.headers["X-Request-ID"] != "bad id\x7f"


async def test_head_answers_like_get_without_a_body(client: httpx2.AsyncClient) -> None:
    got, head = await client.get("/api/me"), await client.head("/api/me")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert (await client.head("/api/nothing")).content == b""


async def test_a_fault_of_ours_is_logged_and_tells_nothing(
    client: httpx2.AsyncClient, broken: Breaker
) -> None:
    broken(RuntimeError("card 4111 1111 1111 1111 of crm_s3cret-token broke"))
    with capture_logs() as logs:
        answer = await client.get(ADDRESS)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert problem["request_id"] in problem["detail"]
    assert "card" not in answer.text
    (log,) = [entry for entry in logs if entry["event"] == "request_failed"]
    assert (log["request_id"], log["error"], log["log_level"]) == (
        problem["request_id"],
        "RuntimeError",
        "error",
    )
    assert "RuntimeError: card … of crm_… broke" in log["traceback"]
    assert "4111" not in str(logs)
    assert "s3cret" not in str(logs)


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (Unavailable(), 503, "unavailable", "1"),
        (Unavailable(headers={"Retry-After": "30"}), 503, "unavailable", "30"),
        (TooMany(seconds=5, headers={"Retry-After": "5"}), 429, "too_many_requests", "5"),
        (InvalidValue({"en": "No.", "ru": "Нет."}, code="no"), 422, "invalid", None),
        (Refusal(Problem(code="no", message="No.", path="/notes", plugin="watch")), 422, "invalid", None),
    ],
)
async def test_refusals_of_every_kind_become_problems(
    crm: Crm,
    app: Litestar,
    client: httpx2.AsyncClient,
    broken: Breaker,
    error: Exception,
    status: int,
    code: str,
    retry_after: str | None,
) -> None:
    broken(error)
    client.event_hooks = {"response": []}
    answer = await client.get(ADDRESS)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == retry_after
    if isinstance(error, Refusal):
        assert answer.json()["errors"] == [
            {"path": "/notes", "code": "no", "message": "No.", "plugin": "watch"}
        ]


async def test_a_person_gets_a_page_and_the_way_to_sign_in(
    app: Litestar, anonymous: httpx2.AsyncClient
) -> None:
    page = await anonymous.get("/nothing<script>", headers={"Accept": "text/html", "Accept-Language": "ru"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "По этому адресу ничего нет." in page.text
    assert "<script>" not in page.text


async def test_requests_at_once_keep_apart(client: httpx2.AsyncClient) -> None:
    async def ask(language: str) -> str:
        answer = await client.get("/api/nothing", headers={"Accept-Language": language})
        return str(answer.json()["title"])

    asked: list[Awaitable[str]] = [ask("ru" if number % 2 else "en") for number in range(20)]
    assert await asyncio.gather(*asked) == ["Not found", "Не найдено"] * 10
