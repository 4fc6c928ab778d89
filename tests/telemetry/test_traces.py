"""One request is one trace: through the gate, the database, jobs, plugins and what is sent to others."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx2
import msgspec
import pytest
import structlog
from collector import Collector
from opentelemetry.sdk.trace import ReadableSpan
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crmcore import hookimpl
from crmcore.contracts.actors import system_actor
from crmcore.contracts.context import PluginContext
from crmcore.contracts.events import Event
from crmcore.http.app import create_app
from crmcore.settings import SettingsError, WorkspaceSettings
from crmcore.telemetry.choice import tracing_to
from crmcore.telemetry.current import trace_headers, tracing_now
from crmcore.testing.clock import TurnableClock
from crmcore.webhooks.endpoint import NewEndpoint
from crmcore.workspace import Crm

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
CANARY = "Zoe-is-nobody's-business"


class Shop:
    """A plugin that asks another system about every new contact."""

    @staticmethod
    @hookimpl
    async def contact_created(event: Event, plugin: PluginContext) -> None:
        plugin.log.info("asking")
        await plugin.http.request("GET", plugin.url_for("/stock?key=secret-in-an-address"))


@pytest.fixture
async def crm(
    database_url: str, tmp_path: Path, clock: TurnableClock, httpserver: HTTPServer
) -> AsyncIterator[Crm]:
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"),
        database_url=database_url,
        outgoing_hosts=[f"{httpserver.host}:{httpserver.port}"],
        base_url=httpserver.url_for("").rstrip("/"),
    )
    crm = Crm.build(settings, clock=clock, entry_points=[plugin_entry()])
    crm.tracing = Collector().tracing
    await crm.start()
    try:
        yield crm
    finally:
        await crm.stop()


def plugin_entry() -> Any:
    from importlib.metadata import EntryPoint

    return EntryPoint("shop", "test_traces:Shop", "crmcore")


def attribute(span: ReadableSpan, name: str) -> Any:
    return (span.attributes or {}).get(name)


async def test_one_request_is_one_trace_to_its_last_consequence(
    crm: Crm, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector()
    crm.tracing = collector.tracing
    told: list[Request] = []

    def take(request: Request) -> Response:
        told.append(request)
        return Response(status=204)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(take)
    httpserver.expect_request("/stock").respond_with_handler(take)
    with crm.database.bound():
        user = await crm.accounts.create_user("ada@example.com", "Ada", None, role="admin")
        token = await crm.accounts.create_token(user, "test", ["all"])
        actor = await crm.accounts.actor_for_user(user)
        assert actor is not None
        await crm.webhooks.create(
            NewEndpoint(url=httpserver.url_for("/hook"), events=["contact_created"]), actor=actor
        )
    app = create_app(crm, start=False, worker=False, pages=False)
    caplog.set_level(logging.INFO, "crmcore.plugin.shop")
    transport = httpx2.ASGITransport(app=cast(Any, app))
    headers = {"Authorization": f"Bearer {token}", "traceparent": PARENT, "X-Request-ID": "request-0001"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        answer = await client.post("/api/contacts", json={"first_name": CANARY}, headers=headers)
        assert answer.status_code == 201
        missing = await client.get("/reset/a-secret", headers=headers)
        assert missing.status_code == 404
    with crm.bound():
        await crm.worker.drain()

    request = collector.one("POST /api/contacts")
    assert request.kind.name == "SERVER"
    assert request.parent is not None and request.parent.span_id == 0x00F067AA0BA902B7
    assert attribute(request, "http.response.status_code") == 201
    write = collector.one("create contact")
    insert = collector.one("INSERT contact")
    assert collector.above(insert) == ["create contact", "POST /api/contacts"]
    assert attribute(insert, "db.collection.name") == "contact" and write.status.is_ok

    job = next(
        span
        for span in collector.spans()
        if span.name == "job core.deliver_event" and plugin_of(span) == "shop"
    )
    assert job.kind.name == "CONSUMER" and collector.above(job)[-1] == "POST /api/contacts"
    hook = collector.one("shop contact_created")
    asked = collector.one("GET localhost")
    assert collector.above(asked)[:2] == ["shop contact_created", "job core.deliver_event"]
    assert (plugin_of(hook), plugin_of(asked)) == ("shop", "shop")
    assert attribute(asked, "http.response.status_code") == 204
    posted = collector.one("POST localhost")
    assert collector.above(posted)[0] == "job core.deliver_webhook"

    # Every span of it is of the same trace and names the request.
    mine = [span for span in collector.spans() if span.context.trace_id == int(TRACE, 16)]
    assert {attribute(span, "crmcore.request_id") for span in mine} == {"request-0001"}
    assert {request, write, insert, job, hook, asked, posted} <= set(mine)
    # Webhooks tell the receiver; a plugin's own request tells nobody.
    hooked = next(request for request in told if request.path == "/hook")
    assert hooked.headers["traceparent"] == f"00-{TRACE}-{posted_parent(posted)}-01"
    assert "traceparent" not in next(request for request in told if request.path == "/stock").headers

    line = next(json.loads(r.getMessage()) for r in caplog.records if "asking" in r.getMessage())
    assert (line["request_id"], line["trace_id"], line["plugin"]) == ("request-0001", TRACE, "shop")
    # What a customer wrote, and what opens a door, is in no span.
    said = msgspec.json.encode([json.loads(span.to_json()) for span in collector.spans()]).decode()
    for secret in (CANARY, "secret-in-an-address", "a-secret", token):
        assert secret not in said


def plugin_of(span: ReadableSpan) -> Any:
    return attribute(span, "crmcore.plugin")


def posted_parent(posted: ReadableSpan) -> str:
    """Return the span that the webhook's headers were made in: the one around the request."""
    assert posted.parent is not None
    return f"{posted.parent.span_id:016x}"


async def test_a_failure_is_told_by_its_class_alone(crm: Crm) -> None:
    collector = Collector()
    crm.tracing = collector.tracing
    with crm.bound(), pytest.raises(ValueError), collector.tracing.span("internal", "work", {}):
        raise ValueError(CANARY)

    work = collector.one("work")
    assert not work.status.is_ok and attribute(work, "error.type") == "ValueError"
    assert CANARY not in work.to_json()


async def test_log_lines_of_a_job_name_the_request_that_it_goes_back_to_also_without_traces(
    crm: Crm, caplog: pytest.LogCaptureFixture, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/stock").respond_with_data("")
    caplog.set_level(logging.INFO, "crmcore.plugin.shop")
    crm.tracing = None
    with crm.bound():
        assert tracing_now() is None and trace_headers() == {}
        with structlog.contextvars.bound_contextvars(request_id="request-0002"):
            await crm.records.create("contact", {"first_name": "Ann"}, actor=system_actor("test"))
        await crm.worker.drain()

    line = next(json.loads(r.getMessage()) for r in caplog.records if "asking" in r.getMessage())
    assert (line["request_id"], line["job"]) == ("request-0002", "core.deliver_event")
    assert "trace_id" not in line


async def test_spans_are_posted_as_otlp(httpserver: HTTPServer) -> None:
    posted: list[Request] = []

    def take(request: Request) -> Response:
        request.get_data()
        posted.append(request)
        return Response(status=200, content_type="application/x-protobuf")

    httpserver.expect_request("/v1/traces", method="POST").respond_with_handler(take)
    tracing = tracing_to(httpserver.url_for("/v1/traces"))
    assert tracing is not None
    with tracing.span("server", "GET /api/me", {"http.request.method": "GET"}):
        assert len(tracing.trace_id()) == 32
    await tracing.close()

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    [request] = posted
    body = request.data
    if request.headers.get("Content-Encoding") == "gzip":
        import gzip

        body = gzip.decompress(body)
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    assert {pair.key: pair.value.string_value for pair in resource.resource.attributes}[
        "service.name"
    ] == "crmcore"
    assert [span.name for scope in resource.scope_spans for span in scope.spans] == ["GET /api/me"]


def test_traces_without_opentelemetry_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    assert tracing_to("") is None
    monkeypatch.delitem(sys.modules, "crmcore.telemetry.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(SettingsError, match=r"crmcore\[otel\]"):
        tracing_to("http://127.0.0.1:4318/v1/traces")


async def test_a_worker_that_looks_for_work_is_no_trace(crm: Crm) -> None:
    collector = Collector()
    crm.tracing = collector.tracing
    with crm.bound():
        await crm.worker.drain(limit=0)
        await crm.jobs.counts()

    assert [span.name for span in collector.spans()] == []
