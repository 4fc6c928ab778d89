"""A state machine over a whole workspace: a fresh database for each example, an event loop of its own."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

FULL = os.environ.get("CRMCORE_SECURITY") == "full"
SHRINK = os.environ.get("CRMCORE_SHRINK") == "1"
# How many times as many examples the full run makes.
MORE = 8
patience = pytest.mark.timeout(3600 if FULL else 300)
START = datetime(2027, 1, 4, 9, tzinfo=UTC)

T = TypeVar("T")


class ExampleDatabases(Protocol):
    """Gives each example a fresh, migrated database and takes it back."""

    kind: str

    def take(self) -> str:
        """Return the URL of a fresh database."""

    def give_back(self, url: str) -> None:
        """Take a database back that nobody has open."""


class OpenWorkspace:
    """A started, bound workspace, everything asynchronous in the event loop that belongs to it."""

    def __init__(self, databases: ExampleDatabases, plugins: tuple[EntryPoint, ...] = ()) -> None:
        self._databases = databases
        self._url = databases.take()
        self._data = tempfile.TemporaryDirectory(prefix="machine-")
        self.clock = TurnableClock(START)
        settings = WorkspaceSettings(
            data_dir=str(Path(self._data.name)),
            database_url=self._url,
            plugins=[plugin.name for plugin in plugins],
        )
        self.crm = Crm.build(settings, clock=self.clock, entry_points=list(plugins))
        self._loop = asyncio.Runner()
        self._binding: AbstractContextManager[None] | None = None
        self.run(self._start())

    async def _start(self) -> None:
        await self.crm.start(migrate=False)
        # The runner keeps one context for all that it runs, so that this holds until the end.
        self._binding = self.crm.bound()
        self._binding.__enter__()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` in the workspace's loop."""
        return self._loop.run(work)

    def close(self) -> None:
        """Stop the workspace and give its database back."""

        async def stop() -> None:
            if self._binding is not None:
                self._binding.__exit__(None, None, None)
            await self.crm.stop()

        self.run(stop())
        self._loop.close()
        self._databases.give_back(self._url)
        self._data.cleanup()


class WorkspaceMachine(RuleBasedStateMachine):
    """The base of the machines. ``counts`` are summed up over all examples of one test."""

    databases: ClassVar[ExampleDatabases]
    counts: ClassVar[Counter[str]]
    plugins: ClassVar[tuple[EntryPoint, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.counts["examples"] += 1
        self.workspace = OpenWorkspace(self.databases, self.plugins)
        self.crm, self.clock = self.workspace.crm, self.workspace.clock

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` in this example's loop."""
        return self.workspace.run(work)

    def teardown(self) -> None:
        """End the example."""
        self.workspace.close()


def run_machine(
    machine: type[WorkspaceMachine], databases: ExampleDatabases, *, examples: int, steps: int
) -> Counter[str]:
    """Run ``machine`` and return its counts. On PostgreSQL a third of the examples; in full many more."""
    counts: Counter[str] = Counter()
    made = type(machine.__name__, (machine,), {"databases": databases, "counts": counts})
    number = examples if databases.kind == "sqlite" else max(1, examples // 3)
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=number * (MORE if FULL else 1),
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            # An example costs a second, so that shrinking is asked for: CRMCORE_SHRINK=1.
            phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return counts


def told(name: str, kind: str, counts: Counter[str]) -> str:
    """Return the counts in one line, for ``record_property``."""
    parts = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()) if what != "examples")
    return f"machine {name} on {kind}: {counts['examples']} examples, {parts}"
