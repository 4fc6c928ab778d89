"""What the house does with people: finds who wrote, merges two of them, takes that back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.company_merge import CompanyMerger
from crmcore.contacts.company_unmerge import CompanyUnmerger
from crmcore.contacts.merge import Merger
from crmcore.contacts.points import PointRules
from crmcore.contacts.resolve import current_contact, match_points, new_contact, owners_of, points_of
from crmcore.contacts.tables import MergeLog
from crmcore.contacts.unmerge import Unmerger
from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.messages import ContactMatch, Identity, InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.database.database import Database
from crmcore.events.outbox import Outbox
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.names import CORE
from crmcore.records.reasons import reason
from crmcore.records.service import Records


class Contacts:
    """The people of one workspace. ``rules`` bring contact points to their one form."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        dispatch: Dispatcher,
        outbox: Outbox,
        queue: JobQueue,
        rules: PointRules,
        language: str = "en",
    ) -> None:
        self.rules = rules
        self._database = database
        self._records = records
        self._dispatch = dispatch
        self._language = language
        self._queue = queue
        company: dict[str, Any] = {
            "database": database,
            "clock": clock,
            "records": records,
            "outbox": outbox,
            "people_moved": self._people_moved,
        }
        self._company_merger = CompanyMerger(**company)
        self._unmerger = Unmerger(
            database=database,
            clock=clock,
            records=records,
            outbox=outbox,
            companies=CompanyUnmerger(**company),
        )
        self._merger = Merger(
            database=database, clock=clock, records=records, dispatch=dispatch, outbox=outbox
        )

    def normalize(self, identity: Identity) -> Identity:
        """Return ``identity`` in the form in which it is compared; raises :class:`~crmcore.InvalidValue`."""
        point = self.rules.point(identity.kind, identity.value)
        return Identity(kind=point.kind, value=point.normalized)

    async def find_by_point(self, kind: str, value: str) -> UUID | None:
        """Return the contact that is reached by ``value``, None when nobody is or it is no such point."""
        try:
            point = self.rules.point(kind, value)
        except InvalidValue:
            return None
        return (await owners_of([point])).get((point.kind, point.normalized))

    async def match(self, message: InboundMessage) -> ContactMatch | None:
        """Return the contact whose contact points ``message`` comes from: the core's ``resolve_contact``."""
        points, _ = points_of(message.identities, self.rules)
        return await match_points(points, self._language)

    async def decide(self, message: InboundMessage, account: ChannelAccount) -> ContactMatch | None:
        """Ask the plugins, then the core, who wrote ``message``. A plugin's answer that is nobody is passed over."""
        result = await self._dispatch.first("resolve_contact", message=message, account=account)
        if result is None:
            return None
        match: ContactMatch = result.value
        if result.plugin == CORE or await current_contact(match.contact_id, self._database) is not None:
            return match
        return await self.match(message)

    async def resolve(
        self, message: InboundMessage, account: ChannelAccount, actor: Actor
    ) -> tuple[UUID, str, bool]:
        """Return the contact who wrote ``message``, the reason, and whether it was made just now.

        Raises Invalid when a new contact is refused by the gate.
        """
        match = await self.decide(message, account)
        if match is not None:
            row = await current_contact(match.contact_id, self._database)
            if row is not None:
                return row["id"], match.reason, False
        points, _ = points_of(message.identities, self.rules)
        record = await self._records.create(
            "contact",
            new_contact(message),
            actor=actor,
            reason=self.say_new(),
            internal={"point_list": points},
            incomplete=True,
        )
        return record.id, self.say_new(), True

    def say_new(self) -> str:
        """Return the reason that is stored with a contact that receiving made."""
        return reason("new_contact", self._language)

    async def merge(
        self, kept: UUID, merged: UUID, *, actor: Actor, choices: Mapping[str, Any] | None = None
    ) -> UUID:
        """Make ``merged`` a part of ``kept``; see :meth:`Merger.merge`."""
        return await self._merger.merge(kept, merged, actor=actor, choices=choices)

    async def merge_companies(
        self, kept: UUID, merged: UUID, *, actor: Actor, choices: Mapping[str, Any] | None = None
    ) -> UUID:
        """Make the company ``merged`` a part of ``kept``; see :meth:`CompanyMerger.merge`."""
        return await self._company_merger.merge(kept, merged, actor=actor, choices=choices)

    async def _people_moved(self, company: UUID) -> None:
        """Let a job see that people are found by the name of the company that is now theirs."""
        await self._queue.enqueue(CORE, "reindex_people", {"company": str(company)})

    async def merges_into(self, record_type: str, kept: UUID) -> list[dict[str, Any]]:
        """Return the merges into a record that can be undone, the newest first: id, merged, at, actor_label."""
        return (
            await MergeLog.select(MergeLog.id, MergeLog.merged, MergeLog.at, MergeLog.actor_label)
            .where(
                MergeLog.record_type == record_type,
                MergeLog.kept == kept,
                MergeLog.undone_at.is_null(),
                MergeLog.before != "{}",
            )
            .order_by(MergeLog.at, ascending=False)
            .limit(20)
        )

    async def undo_merge(self, merge_id: UUID, *, actor: Actor) -> None:
        """Take a merge of contacts or companies back; see :meth:`Unmerger.undo`."""
        await self._unmerger.undo(merge_id, actor=actor)
