"""What Prometheus asks for."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest

from crmcore.errors import NotSignedIn
from crmcore.http.answers import Answer
from crmcore.http.auth import find_actor, may
from crmcore.http.operation import Operation, Success
from crmcore.http.request import CrmRequest
from crmcore.metrics.requests import metrics_of
from crmcore.metrics.workspace import WorkspaceCollector, WorkspaceFigures

if TYPE_CHECKING:
    from crmcore.workspace import Crm

PERMISSION = "metrics.read"
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_operations(crm: "Crm") -> list[Operation]:
    """Return the one operation. It names no person and no record."""

    async def metrics(request: CrmRequest) -> Answer:
        networks = [ip_network(address, strict=False) for address in crm.settings.metrics_from]
        client = request.client.host if request.client else ""
        if not _within(client, networks):
            if await find_actor(request) is None:
                raise NotSignedIn
            may(request, PERMISSION)
        process = metrics_of(crm)
        figures = crm.own(WorkspaceFigures, lambda: WorkspaceFigures(crm))
        registry = CollectorRegistry()
        registry.register(WorkspaceCollector(crm, await figures.now(), process.process))
        own = generate_latest(registry)
        # Some ten thousand lines when every route was asked: a quarter of a second, in which others are answered.
        counted = await asyncio.to_thread(generate_latest, process.registry)
        return Answer(raw=counted + own, media_type=MEDIA_TYPE)

    return [
        Operation(
            id="metrics",
            method="GET",
            path="/metrics",
            tag="health",
            summary="Ask for figures, for Prometheus",
            description=(
                "Requests, jobs, deliveries, plugins, database and event loop, in Prometheus' text format. For a "
                "token with `metrics.read`, and for the addresses of the setting `metrics_from` without one."
            ),
            public=True,
            success=Success(
                schema={"type": "string"}, media_type="text/plain", description="The figures of one process."
            ),
            refusals=(401, 403),
            handler=metrics,
        )
    ]


def _within(client: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)
