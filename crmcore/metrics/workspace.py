"""The figures of the workspace, asked when somebody wants them, and at most every few seconds."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.workspace import Crm

KEPT_S = 5.0
"""Several who ask at once cost the database one question."""
_JOBS = "SELECT state, plugin, count(*) AS jobs FROM job GROUP BY state, plugin"
_OLDEST = (
    "SELECT plugin, min(run_at) AS oldest FROM job WHERE state = 'queued' AND run_at <= {} GROUP BY plugin"
)
# Those that are done are many and of no interest; the others stand in an index.
_DELIVERIES = (
    "SELECT state, count(*) AS deliveries FROM inbound_delivery "
    "WHERE state IN ('received', 'held', 'quarantined') GROUP BY state"
)
# Two questions for two indexes: those that were delivered are many.
_WEBHOOKS = (
    "SELECT state, count(*) AS deliveries FROM webhook_delivery WHERE state IN ('queued', 'waiting') GROUP BY state "
    "UNION ALL SELECT 'dead' AS state, count(*) AS deliveries FROM webhook_delivery WHERE state = 'dead'"
)


class Figures(Struct, frozen=True):
    """What the database says."""

    jobs: dict[tuple[str, str], int]
    ages: dict[str, float]
    deliveries: dict[str, int]
    webhooks: dict[str, int]


class WorkspaceFigures:
    """Asks the database; remembers the answer for a moment."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._asked_at = -KEPT_S
        self._figures = Figures({}, {}, {}, {})

    async def now(self) -> Figures:
        """Return the figures, at most :data:`KEPT_S` old."""
        if time.monotonic() - self._asked_at >= KEPT_S:
            self._figures = await self._ask()
            self._asked_at = time.monotonic()
        return self._figures

    async def _ask(self) -> Figures:
        now = self._crm.clock()
        jobs = {(row["state"], row["plugin"]): int(row["jobs"]) for row in await JobRow.raw(_JOBS)}
        ages = {
            row["plugin"]: max(0.0, (now - _moment(row["oldest"])).total_seconds())
            for row in await JobRow.raw(_OLDEST, now)
        }
        deliveries = {row["state"]: int(row["deliveries"]) for row in await JobRow.raw(_DELIVERIES)}
        webhooks = {row["state"]: int(row["deliveries"]) for row in await JobRow.raw(_WEBHOOKS)}
        return Figures(
            jobs,
            ages,
            {"received": 0, "held": 0, "quarantined": 0} | deliveries,
            {"queued": 0, "waiting": 0, "dead": 0} | webhooks,
        )


def _moment(value: Any) -> datetime:
    # min() has no declared type on SQLite: it is the text that is stored, in UTC.
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class WorkspaceCollector(Collector):
    """Says the figures in Prometheus' words, with those of the plugins in this process."""

    def __init__(self, crm: "Crm", figures: Figures, process: str) -> None:
        self._crm = crm
        self._figures = figures
        self._process = process

    def collect(self) -> Iterator[Any]:
        """Yield every family."""
        jobs = GaugeMetricFamily("crmcore_jobs", "Jobs by state and plugin.", labels=("state", "plugin"))
        for (state, plugin), count in sorted(self._figures.jobs.items()):
            jobs.add_metric((state, plugin), count)
        yield jobs
        age = GaugeMetricFamily(
            "crmcore_jobs_oldest_due_seconds", "For how long the oldest due job waits.", labels=("plugin",)
        )
        for plugin in ("core", *sorted(set(self._figures.ages) - {"core"})):
            age.add_metric((plugin,), self._figures.ages.get(plugin, 0.0))
        yield age
        deliveries = GaugeMetricFamily(
            "crmcore_deliveries", "Raw deliveries of channels that are not done.", labels=("state",)
        )
        for state, count in sorted(self._figures.deliveries.items()):
            deliveries.add_metric((state,), count)
        yield deliveries
        webhooks = GaugeMetricFamily(
            "crmcore_webhook_deliveries",
            "Deliveries to endpoints that are under way, or were given up.",
            labels=("state",),
        )
        for state, count in sorted(self._figures.webhooks.items()):
            webhooks.add_metric((state,), count)
        yield webhooks
        yield from self._plugins()
        yield from self._database()

    def _plugins(self) -> Iterator[Any]:
        labels = ("process", "plugin")
        calls = CounterMetricFamily("crmcore_plugin_calls", "Calls of a plugin.", labels=labels)
        errors = CounterMetricFamily("crmcore_plugin_errors", "Calls that failed.", labels=labels)
        p95 = GaugeMetricFamily(
            "crmcore_plugin_call_p95_seconds", "95 of the last 500 calls took less than this.", labels=labels
        )
        paused = GaugeMetricFamily("crmcore_plugin_paused", "Points that are paused now.", labels=labels)
        loaded = GaugeMetricFamily("crmcore_plugin_loaded", "1 when it is loaded.", labels=labels)
        for name, state in sorted(self._crm.host.plugins.items()):
            stats = self._crm.host.dispatch.stats(name)
            which = (self._process, name)
            calls.add_metric(which, stats.calls)
            errors.add_metric(which, stats.errors)
            paused.add_metric(which, len(stats.paused))
            loaded.add_metric(which, float(state.state == "loaded"))
            if stats.p95_ms is not None:
                p95.add_metric(which, stats.p95_ms / 1000)
        yield from (calls, errors, p95, paused, loaded)

    def _database(self) -> Iterator[Any]:
        statements = CounterMetricFamily(
            "crmcore_database_statements", "Statements of this process.", labels=("process",)
        )
        statements.add_metric((self._process,), self._crm.database.statements)
        yield statements
        if self._crm.database.kind == "postgres":
            pool = GaugeMetricFamily(
                "crmcore_database_connections",
                "Connections of this process's pool.",
                labels=("process", "state"),
            )
            for state, count in self._crm.database.engine.connections.counts().items():  # type: ignore[union-attr]
                pool.add_metric((self._process, state), count)
            yield pool
