"""Whether the program lives, and whether it can work."""

from typing import TYPE_CHECKING, Any

from crmcore import __version__
from crmcore.connections.listening_log import listening_states
from crmcore.errors import CrmError
from crmcore.http.answers import Answer
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm


def health_operations(crm: "Crm") -> list[Operation]:
    """Return the two probes. They name no person, no record and no reason."""

    async def live(request: CrmRequest) -> Answer:
        return Answer(body={"status": "ok", "version": __version__})

    async def ready(request: CrmRequest) -> Answer:
        checks = await _checks(crm)
        working = checks["database"] == "ok" and checks["migrations"] == "ok"
        status = (
            "ok" if working and not _unwell(checks["plugins"]) else "degraded" if working else "unavailable"
        )
        headers = {} if working else {"Retry-After": "1"}
        return Answer(
            status=200 if working else 503, body={"status": status, "checks": checks}, headers=headers
        )

    return [
        Operation(
            id="health_live",
            method="GET",
            path="/health/live",
            tag="health",
            summary="Ask whether the process lives",
            public=True,
            success=Success(schema=reference("Live"), description="It does."),
            handler=live,
        ),
        Operation(
            id="health_ready",
            method="GET",
            path="/health/ready",
            tag="health",
            summary="Ask whether the program can work",
            description=(
                "Database, migrations, plugins and queue. 503 while the database does not answer or is not migrated; "
                "a plugin that failed, or whose health check did (`unwell`), makes it `degraded`, no more."
            ),
            public=True,
            success=Success(schema=reference("Ready"), description="It can."),
            others=(
                Success(
                    status=503,
                    schema=reference("Ready"),
                    headers=("Retry-After",),
                    description="It cannot now.",
                ),
            ),
            handler=ready,
        ),
    ]


def _unwell(plugins: dict[str, Any]) -> bool:
    return bool(plugins["failed"] or plugins["unwell"])


async def _checks(crm: "Crm") -> dict[str, Any]:
    database, migrations = "ok", "ok"
    queue: dict[str, int] | None = None
    listening = {"working": 0, "failing": 0}
    try:
        await crm.database.ping()
        if await crm.database.pending_migrations(crm.apps()):
            migrations = "pending"
        else:
            queue = await crm.jobs.counts()
            if crm.listening.somebody_listens():
                states = [row["state"] for row in (await listening_states(crm.clock())).values()]
                listening = {"working": states.count("listening"), "failing": states.count("waiting")}
    except CrmError:
        database, migrations = "unavailable", "unknown"
    loaded = [state.state for state in crm.host.plugins.values()]
    plugins: dict[str, Any] = {"loaded": loaded.count("loaded")}
    plugins["failed"] = loaded.count("failed") + loaded.count("incompatible")
    plugins["paused"] = sum(bool(crm.host.dispatch.stats(name).paused) for name in crm.host.plugins)
    # Kept for a while: however often a probe asks, the services behind are not, and it never waits for them long.
    asked = await crm.contributions.health.lately() if database == "ok" else []
    plugins["unwell"] = sum(not found.ok for found in asked)
    return {
        "database": database,
        "migrations": migrations,
        "plugins": plugins,
        "listening": listening,
        "queue": queue,
    }
