"""What the house does about contacts that are there twice: finds them, lists them, remembers what people decide."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.context import PluginContext
from crmcore.contracts.matchers import Matcher
from crmcore.database.database import Database
from crmcore.duplicates.entries import refresh_people
from crmcore.duplicates.finder import Finder, Likeness
from crmcore.duplicates.matching import Matching
from crmcore.duplicates.scan import Scan
from crmcore.duplicates.score import SUGGESTED
from crmcore.duplicates.suggestions import Suggestions
from crmcore.jobs.host import LONG
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registered
from crmcore.records.scope import demand
from crmcore.records.service import Records

JOB = "scan_duplicates"
# A turn of the job; then others have theirs.
_TURN_S = 20.0


class Duplicates:
    """The duplicates of one workspace."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        matchers: Mapping[str, Registered[Matcher]],
        dispatch: Dispatcher,
        context: Callable[[str], PluginContext],
        queue: JobQueue,
    ) -> None:
        matching = Matching(matchers, dispatch, context)
        self._database = database
        self._queue = queue
        contact_type = records.types["contact"]
        self._records = records
        self._finder = Finder(contact_type, matching)
        self.scan = Scan(database, clock, matching)
        self.suggestions = Suggestions(database, clock, contact_type)

    async def of_contact(
        self, id: UUID, *, actor: Actor, minimum: int = SUGGESTED, limit: int = 20
    ) -> list[Likeness]:
        """Return who may be the same person as a contact; see :meth:`Finder.like`."""
        hidden = await self.hidden(actor)
        return await self._finder.like(id, actor=actor, hidden=hidden, minimum=minimum, limit=limit)

    async def hidden(self, actor: Actor) -> frozenset[str]:
        """Return the fields of contacts that the actor does not see."""
        return await self._records.hidden("contact", actor=actor)

    async def company_renamed(self, company: UUID, after: UUID | None) -> None:
        """Renew the keys of the next people of a company that has another name, ``after`` the last ones."""
        async with self._database.transaction():
            await refresh_people(company, after)

    async def begin_scan(self, *, actor: Actor, restart: bool = False) -> dict[str, Any]:
        """Let a job search the whole base, and return the scan; one that is under way goes on."""
        demand(actor, "job.write")
        state = await self.scan.begin(actor=actor, restart=restart)
        await self._queue.enqueue(LONG, f"{CORE}.{JOB}", {}, key=JOB)
        return state

    async def scan_turn(self) -> None:
        """Search for a while, then let the next job go on."""
        if not await self.scan.run(seconds=_TURN_S):
            await self._queue.enqueue(LONG, f"{CORE}.{JOB}", {}, key=JOB)

    async def scan_now(
        self, told: Callable[[str, int, int], None], *, restart: bool = False
    ) -> dict[str, Any]:
        """Search the whole base and return the finished scan."""
        await self.scan.begin(actor=system_actor(), restart=restart)
        await self.scan.run(told)
        return await self.scan.state() or {}
