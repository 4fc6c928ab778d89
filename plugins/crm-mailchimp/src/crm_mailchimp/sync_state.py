"""Where the synchronisation of an audience stands; kept after every step, so that it goes on where it was."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct, field

from crmcore import PluginContext

Phase = Literal["read", "push", "end", "wait", "done"]
"""Reading members, handing contacts over, ending what is no longer wanted, waiting for the last results."""


class SentBatch(Struct, kw_only=True):
    """A batch that Mailchimp works on, with how many contacts and operations it has."""

    id: str
    contacts: int
    operations: int
    finished: int = 0


class Sending(Struct, frozen=True, kw_only=True):
    """A batch that is being handed over: how many operations, and since when."""

    operations: int
    at: datetime


class SyncState(Struct, kw_only=True):
    """``read`` of ``members`` were read there, ``seen`` of ``contacts`` looked at here, ``pushed`` brought there.

    ``since`` and ``offset`` are where reading goes on, ``cursor`` where contacts do; ``step`` counts the jobs of this
    run. ``reread`` says that results were lost, so that members are read once more at the end. ``idle`` counts the
    looks at batches since one was finished. ``sending`` is the batch that was being handed over when this was kept,
    and ``sent`` are the latest ones that were, so that a killed worker's batch is told from them.
    """

    run: str
    step: int = 0
    phase: Phase = "read"
    since: str = ""
    offset: int = 0
    cursor: str = ""
    members: int = 0
    read: int = 0
    contacts: int = 0
    seen: int = 0
    submitted: int = 0
    pushed: int = 0
    refused: int = 0
    batches: list[SentBatch] = field(default_factory=list)
    began_at: str = ""
    ended_at: str = ""
    whole: bool = True
    reread: bool = False
    idle: int = 0
    sending: Sending | None = None
    sent: list[str] = field(default_factory=list)
    trouble: str = ""

    @property
    def done(self) -> int:
        """How much is done, of :attr:`total`: members read, contacts looked at, operations come back."""
        return self.read + self.seen + self.pushed + self.refused

    @property
    def total(self) -> int:
        """How much there is to do, as far as that is known."""
        return max(self.members, self.read) + max(self.contacts, self.seen) + self.submitted


async def state_of_sync(account: UUID, plugin: PluginContext) -> SyncState | None:
    """Return the state of the audience's latest synchronisation, None before the first one."""
    kept = await plugin.store.get(_key(account))
    return None if kept is None else msgspec.convert(kept, SyncState)


async def keep_state(account: UUID, state: SyncState, plugin: PluginContext) -> None:
    """Keep the state."""
    await plugin.store.set(_key(account), msgspec.to_builtins(state))


def _key(account: UUID) -> str:
    return f"sync:{account}"
