import httpx2
import pytest

from crmcore import __version__
from crmcore.errors import Unavailable
from crmcore.workspace import Crm


async def test_the_process_says_that_it_lives(anonymous: httpx2.AsyncClient) -> None:
    assert (await anonymous.get("/health/live")).json() == {"status": "ok", "version": __version__}


async def test_it_is_ready_with_database_migrations_plugins_and_queue(
    anonymous: httpx2.AsyncClient, crm: Crm
) -> None:
    await crm.jobs.enqueue("core", "something")
    answer = await anonymous.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "plugins": {"loaded": 1, "failed": 0, "paused": 0, "unwell": 0},
            "listening": {"working": 0, "failing": 0},
            "queue": {"queued": 1, "running": 0, "dead": 0},
        },
    }


async def test_it_is_not_ready_while_the_database_is_away(
    anonymous: httpx2.AsyncClient, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise Unavailable

    monkeypatch.setattr(crm.database, "ping", away)
    answer = await anonymous.get("/health/ready")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["checks"]["database"] == "unavailable"
    assert (await anonymous.get("/health/live")).status_code == 200


async def test_it_is_not_ready_before_it_is_migrated(
    anonymous: httpx2.AsyncClient, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pending(apps: object) -> list[str]:
        return ["crmcore_0002"]

    monkeypatch.setattr(crm.database, "pending_migrations", pending)
    answer = await anonymous.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "pending")
