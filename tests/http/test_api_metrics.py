"""What Prometheus is told, and whom it is told to."""

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crmcore.http.app import create_app
from crmcore.settings import SettingsError, WorkspaceSettings, load_settings
from crmcore.workspace import Crm


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and its labels but the process."""
    return {
        (
            sample.name,
            *(value for name, value in sorted(sample.labels.items()) if name != "process"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_figures_are_for_who_may_see_them(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, crm: Crm
) -> None:
    assert (await anonymous.get("/metrics")).status_code == 401
    assert (await client.get("/metrics")).status_code == 200


async def test_figures_of_requests_jobs_plugins_and_database(client: httpx2.AsyncClient, crm: Crm) -> None:
    await crm.jobs.enqueue("core", "something")
    await client.get("/api/contacts")
    await client.get("/api/contacts/00000000-0000-7000-8000-000000000000")
    await client.get("/nobody/knows/this")

    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = samples(answer.text)
    assert found["crmcore_http_requests_total", "GET", "/api/contacts", "200"] == 1
    assert found["crmcore_http_requests_total", "GET", "/api/contacts/{id}", "404"] == 1
    assert found["crmcore_http_requests_total", "(none)", "(none)", "404"] == 1
    assert found["crmcore_http_request_seconds_count", "GET", "/api/contacts"] == 1
    assert found["crmcore_jobs", "core", "queued"] == 1
    assert found["crmcore_jobs_oldest_due_seconds", "core"] >= 0
    assert found["crmcore_deliveries", "held"] == 0
    assert found["crmcore_webhook_deliveries", "dead"] == 0
    assert found["crmcore_plugin_loaded", "core"] == 1
    assert found["crmcore_plugin_errors_total", "core"] == 0
    assert found["crmcore_database_statements_total",] > 0
    assert ("crmcore_database_connections", "limit") in found or crm.database.kind == "sqlite"
    assert "knows" not in answer.text


@pytest.mark.parametrize(("allowed", "status"), [("127.0.0.0/8", 200), ("10.0.0.1", 401)])
async def test_addresses_may_be_let_in_without_a_token(crm: Crm, allowed: str, status: int) -> None:
    settings = WorkspaceSettings(
        data_dir=crm.settings.data_dir,
        database_url=crm.settings.effective_database_url(),
        metrics_from=[allowed],
    )
    other = Crm.build(settings, entry_points=[])
    app = create_app(other, worker=False)
    await other.start(migrate=False)
    transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 5))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as asking:
            assert (await asking.get("/metrics")).status_code == status
    finally:
        await other.stop()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="metrics_from"):
        load_settings(environment={"CRMCORE_METRICS_FROM": "everywhere"})
