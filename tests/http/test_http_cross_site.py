import httpx2
import pytest
from api_people import ADDRESS

OURS = {"Sec-Fetch-Site": "same-origin", "Origin": ADDRESS}


async def test_a_browser_reads_without_proof(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/api/contacts")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        OURS,
        {"Origin": ADDRESS},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://intranet.example:8080", "Host": "intranet.example:8080"},
    ],
)
async def test_a_page_of_ours_may_write(browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    answer = await browser.post("/api/tags", json={"name": "vip"}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Origin": "http://[::1"},
        {"Origin": ""},
    ],
)
async def test_another_site_may_not_write_with_our_cookie(
    browser: httpx2.AsyncClient, client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await browser.post("/api/tags", json={"name": "vip"}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"
    assert (await client.get("/api/tags")).json()["items"] == []


async def test_a_token_needs_no_proof_even_beside_a_cookie(
    browser: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    headers = {"Authorization": client.headers["Authorization"], "Origin": "https://evil.example"}
    assert (await browser.post("/api/tags", json={"name": "vip"}, headers=headers)).status_code == 201
