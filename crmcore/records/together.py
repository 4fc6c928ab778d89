"""Many new records at once: prepared one after the other, then written table by table."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import Draft, Record, RecordType
from crmcore.database.database import Database
from crmcore.database.errors import RefusedByDatabase
from crmcore.database.transactions import open_transaction
from crmcore.errors import CrmError
from crmcore.records.gate import Gate
from crmcore.records.scope import demand

# Beyond a hundred rows a statement costs as much a row as with them, and others wait longer for their turn.
MOST_TOGETHER = 100
TURN_S = 0.002

Refused = CrmError | RefusedByDatabase
"""Why a record was not made; a failure of the house itself (5xx) is raised."""


class NewRecord(Struct, frozen=True):
    """A document of which a record is to be made, and why."""

    document: Mapping[str, Any]
    reason: str = ""


class _Without(Exception):
    """Records were refused when something of theirs may have been written: the others begin anew without them."""

    def __init__(self, refused: Mapping[int, CrmError]) -> None:
        super().__init__(len(refused))
        self.refused = refused


class Together:
    """Creates records with the answers that the gate gives to each of them alone."""

    def __init__(self, gate: Gate, database: Database, clock: Clock) -> None:
        self._gate = gate
        self._database = database
        self._clock = clock
        self._turn = 0.0

    async def create(
        self, record_type: RecordType, wanted: Sequence[NewRecord], actor: Actor, until: float
    ) -> list[Record | Refused]:
        """Create what is wanted, in its order, in one transaction; return each record, or why there is none.

        Ends with the record at which the monotonic clock has passed ``until``: the answer may be shorter. What is
        refused leaves nothing, and the others are made. No record may depend on another one of them.
        """
        demand(actor, f"{record_type.key}.write")
        async with self._database.transaction():
            if len(wanted) > 1 and self._gate.prepares_together(record_type):
                try:
                    return await self._at_once(record_type, wanted[:MOST_TOGETHER], actor, until)
                except RefusedByDatabase:
                    pass
                except CrmError as error:
                    if error.status >= 500:
                        raise
            made: list[Record | Refused] = []
            for new in wanted:
                made.append(await self._alone(record_type, new, actor))
                if time.monotonic() > until:
                    break
            return made

    async def _alone(self, record_type: RecordType, new: NewRecord, actor: Actor) -> Record | Refused:
        try:
            async with self._database.savepoint():
                return await self._gate.write(
                    record_type, "create", new.document, actor=actor, reason=new.reason
                )
        except CrmError as error:
            if error.status >= 500:
                raise
            return error
        except RefusedByDatabase as error:
            return error

    async def _at_once(
        self, record_type: RecordType, wanted: Sequence[NewRecord], actor: Actor, until: float
    ) -> list[Record | Refused]:
        refused: dict[int, CrmError] = {}
        while True:
            try:
                async with self._database.savepoint():
                    return await self._written(record_type, wanted, actor, until, refused)
            except _Without as found:
                refused |= found.refused

    async def _written(
        self,
        record_type: RecordType,
        wanted: Sequence[NewRecord],
        actor: Actor,
        until: float,
        refused: Mapping[int, CrmError],
    ) -> list[Record | Refused]:
        """Write what is wanted, without those that are known to be ``refused``; raises _Without for more of them."""
        transaction = open_transaction(self._database.engine)
        written = transaction.writes
        answers = await self._drafts(record_type, wanted, actor, until, refused)
        await record_type.look_ahead([draft for draft in answers if isinstance(draft, Draft)])
        found: dict[int, CrmError] = {}
        for number, draft in enumerate(answers):
            if not isinstance(draft, Draft):
                continue
            await self._breathe()
            try:
                await self._gate.make_ready(draft)
            except CrmError as error:
                if error.status >= 500:
                    raise
                answers[number] = found[number] = error
                if transaction.broken_by is not None:
                    break
        if found and transaction.writes > written:
            # With them goes what was made for them alone, such as their companies.
            raise _Without(found)
        ready = [answer for answer in answers if isinstance(answer, Draft)]
        records = iter(await self._gate.create_together(ready) if ready else ())
        return [next(records) if isinstance(answer, Draft) else answer for answer in answers]

    async def _drafts(
        self,
        record_type: RecordType,
        wanted: Sequence[NewRecord],
        actor: Actor,
        until: float,
        refused: Mapping[int, CrmError],
    ) -> list[Draft | CrmError]:
        drafts: list[Draft | CrmError] = []
        known: set[tuple[str, UUID]] = set()
        for number, new in enumerate(wanted):
            if drafts and time.monotonic() > until:
                break
            await self._breathe()
            if number in refused:
                drafts.append(refused[number])
                continue
            try:
                draft = await self._gate.draft(
                    record_type, "create", new.document, actor, None, None, new.reason, True, known
                )
            except CrmError as error:
                if error.status >= 500:
                    raise
                drafts.append(error)
            else:
                # Between this moment and the writing lie those of the others: records keep their order in time.
                draft.notes["at"] = self._clock()
                drafts.append(draft)
        return drafts

    async def _breathe(self) -> None:
        """Let others have their turn: a hundred records are checked in some 30 ms, and no statement is among them."""
        if time.monotonic() > self._turn:
            await asyncio.sleep(0)
            self._turn = time.monotonic() + TURN_S
