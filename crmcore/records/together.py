"""Many new records at once: prepared one after the other, then written table by table."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

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


class _OneByOne(Exception):
    """What belongs to one record was refused when that of others had been written."""


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
                    async with self._database.savepoint():
                        return await self._at_once(record_type, wanted[:MOST_TOGETHER], actor, until)
                except (_OneByOne, RefusedByDatabase):
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
        drafts = await self._drafts(record_type, wanted, actor, until)
        await record_type.look_ahead([draft for draft in drafts if isinstance(draft, Draft)])
        transaction = open_transaction(self._database.engine)
        answers: list[Draft | Refused] = []
        for draft in drafts:
            if answers and time.monotonic() > until:
                break
            await self._breathe()
            written = transaction.writes
            try:
                if isinstance(draft, Draft):
                    await self._gate.make_ready(draft)
                answers.append(draft)
            except CrmError as error:
                if transaction.writes > written:
                    raise _OneByOne from error
                if error.status >= 500:
                    raise
                answers.append(error)
        ready = [draft for draft in answers if isinstance(draft, Draft)]
        records = iter(await self._gate.create_together(ready) if ready else ())
        return [next(records) if isinstance(answer, Draft) else answer for answer in answers]

    async def _drafts(
        self, record_type: RecordType, wanted: Sequence[NewRecord], actor: Actor, until: float
    ) -> list[Draft | CrmError]:
        drafts: list[Draft | CrmError] = []
        known: set[Any] = set()
        for new in wanted:
            if drafts and time.monotonic() > until:
                break
            await self._breathe()
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
