"""Conversations: what arrives, what is answered, and what people do with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.service import Contacts
from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.contracts.records import Record
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.apply import Applier
from crmcore.conversations.attachments import Attachments
from crmcore.conversations.deliveries import Deliveries
from crmcore.conversations.drafts import Drafts
from crmcore.conversations.found import Found
from crmcore.conversations.handling import Handler
from crmcore.conversations.lifecycle import Lifecycle
from crmcore.conversations.message_page import MessagePage
from crmcore.conversations.process import Processor
from crmcore.conversations.rate import AddressLimit
from crmcore.conversations.reading import DeliveryPage, Reading
from crmcore.conversations.receive import Receiver
from crmcore.conversations.reply import Writer
from crmcore.conversations.retention import Retention
from crmcore.conversations.send import Sender
from crmcore.database.database import Database
from crmcore.errors import NotFound
from crmcore.events.outbox import Outbox
from crmcore.files.service import Files
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.host import PluginHost
from crmcore.privacy.marks import ErasedMarks
from crmcore.records.query import Page
from crmcore.records.scope import demand
from crmcore.records.service import Records
from crmcore.secrets.keyring import KeyRing


class Conversations:
    """The conversations of one workspace: one place for everybody outside this folder."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        host: PluginHost,
        records: Records,
        queue: JobQueue,
        outbox: Outbox,
        contacts: Contacts,
        accounts: ChannelAccounts,
        files: Files,
        keys: KeyRing,
        erased: ErasedMarks,
        language: str = "en",
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._deliveries = Deliveries(database, clock, queue, keys)
        limit = AddressLimit(clock)
        self._retention = Retention(clock, limit)
        self._receiver = Receiver(
            accounts=accounts, deliveries=self._deliveries, dispatch=host.dispatch, limit=limit
        )
        self._processor = Processor(
            database=database,
            accounts=accounts,
            deliveries=self._deliveries,
            contacts=contacts,
            dispatch=host.dispatch,
            handler=Handler(self._deliveries, host, language),
            applier=Applier(
                database=database,
                clock=clock,
                records=records,
                contacts=contacts,
                outbox=outbox,
                erased=erased,
                language=language,
            ),
            attachments=Attachments(files, language),
            language=language,
        )
        self._writer = Writer(
            attachments=Attachments(files, language),
            database=database,
            clock=clock,
            records=records,
            accounts=accounts,
            queue=queue,
            outbox=outbox,
        )
        self._sender = Sender(
            database=database,
            clock=clock,
            host=host,
            accounts=accounts,
            outbox=outbox,
            language=language,
        )
        self._lifecycle = Lifecycle(clock=clock, records=records, language=language, database=database)
        self.drafts = Drafts(database, clock, records, Attachments(files, language))
        self._reading = Reading(records, self._deliveries)

    # Receiving

    async def receive(self, account: str, request: InboundRequest, *, actor: Actor | None = None) -> Verified:
        """Verify, store and acknowledge one request; see :meth:`Receiver.receive`."""
        return await self._receiver.receive(account, request, actor=actor)

    async def hear(self, found: Found, key: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Store what a plugin heard for its account as a delivery; see :meth:`Receiver.hear`."""
        return await self._receiver.hear(found, key, body, headers, self._clock())

    async def check_address(self, found: Found, address: str) -> None:
        """Raise TooMany when a form was sent often enough; see :meth:`Receiver.check_address`."""
        await self._receiver.check_address(found, address)

    async def process(self, delivery_id: UUID, *, accept: bool = False) -> str:
        """Turn a stored delivery into messages and return its state; see :meth:`Processor.process`."""
        return await self._processor.process(delivery_id, accept=accept)

    async def replay(self, delivery_id: UUID, *, actor: Actor, accept: bool = False) -> None:
        """Queue a delivery once more: after a plugin was mended, or to ``accept`` what a filter held or dropped.

        Messages that were applied before are not applied twice.
        """
        demand(actor, "inbound.write")
        await self._reading.demand_delivery(delivery_id, actor=actor)
        async with self._database.transaction():
            row = await self._deliveries.read(delivery_id)
            if row is None:
                raise NotFound()
            await self._deliveries.mark(delivery_id, "received")
            lane = (await self._accounts.known(row["account"], row["account_version"])).lane
            await self._deliveries.queue(delivery_id, accept=accept, attempts=row["attempts"], lane=lane)

    async def deliveries(
        self,
        *,
        actor: Actor,
        state: str = "",
        account: str = "",
        cursor: str = "",
        limit: int = 50,
    ) -> DeliveryPage:
        """Return deliveries, newest first; ``account`` is an id or slug."""
        id = await self._reading.account_id(account) if account else None
        return await self._reading.deliveries(
            actor=actor, state=state, account=id, cursor=cursor, limit=limit
        )

    async def delivery(self, id: UUID, *, actor: Actor) -> dict[str, Any]:
        """Return one delivery with its raw body."""
        return await self._reading.delivery(id, actor=actor)

    async def forget_deliveries(self, keep_days: int) -> int:
        """Delete deliveries handled more than ``keep_days`` ago; see :meth:`Retention.forget`."""
        return await self._retention.forget(keep_days)

    # Answering

    async def reply(
        self, conversation_id: UUID, text: str, *, actor: Actor, attachments: Sequence[UUID] = ()
    ) -> Record:
        """Write a reply and queue it for sending; see :meth:`Writer.reply`."""
        record = await self._writer.reply(conversation_id, text, actor=actor, attachments=attachments)
        await self.drafts.forget(conversation_id, "reply", actor=actor)
        return record

    async def note(
        self, conversation_id: UUID, text: str, *, actor: Actor, attachments: Sequence[UUID] = ()
    ) -> Record:
        """Write a note that customers never see."""
        record = await self._writer.note(conversation_id, text, actor=actor, attachments=attachments)
        await self.drafts.forget(conversation_id, "note", actor=actor)
        return record

    async def retry(self, message_id: UUID, *, actor: Actor) -> None:
        """Put a reply that failed or is held back into the queue."""
        await self._writer.retry(message_id, actor=actor)

    async def send(self, message_id: UUID) -> str:
        """Send one queued reply; see :meth:`Sender.send`."""
        return await self._sender.send(message_id)

    async def messages(
        self, conversation_id: UUID, *, actor: Actor, cursor: str = "", limit: int = 50, newest: bool = False
    ) -> Page:
        """Return a page of a conversation's messages; see :meth:`Reading.messages`."""
        return await self._reading.messages(
            conversation_id, actor=actor, cursor=cursor, limit=limit, newest=newest
        )

    async def message_documents(
        self, conversation_id: UUID, *, actor: Actor, cursor: str = "", limit: int = 50
    ) -> MessagePage:
        """Return a page of a conversation's messages as JSON has them; see :meth:`Reading.documents`."""
        return await self._reading.documents(conversation_id, actor=actor, cursor=cursor, limit=limit)

    # What people do with conversations

    async def close(self, id: UUID, *, actor: Actor, version: int | None = None) -> Record:
        """Close a conversation; a new message of the customer opens it again."""
        return await self._lifecycle.close(id, actor=actor, version=version)

    async def reopen(self, id: UUID, *, actor: Actor, version: int | None = None) -> Record:
        """Open a conversation that is closed, waits or sleeps."""
        return await self._lifecycle.reopen(id, actor=actor, version=version)

    async def snooze(self, id: UUID, until: datetime, *, actor: Actor, version: int | None = None) -> Record:
        """Put a conversation off until ``until``; a new message of the customer wakes it at once."""
        return await self._lifecycle.snooze(id, until, actor=actor, version=version)

    async def assign(
        self, id: UUID, user: UUID | None, *, actor: Actor, version: int | None = None
    ) -> Record:
        """Give a conversation to an active user, or to nobody."""
        return await self._lifecycle.assign(id, user, actor=actor, version=version)

    async def tag(self, id: UUID, tags: Sequence[str], *, actor: Actor, version: int | None = None) -> Record:
        """Make ``tags`` the conversation's tags."""
        return await self._lifecycle.tag(id, tags, actor=actor, version=version)

    async def prioritize(
        self, id: UUID, priority: str, *, actor: Actor, version: int | None = None
    ) -> Record:
        """Set the priority: low, normal, high or urgent."""
        return await self._lifecycle.prioritize(id, priority, actor=actor, version=version)

    async def change(
        self, id: UUID, changes: Mapping[str, Any], *, actor: Actor, version: int | None = None
    ) -> Record:
        """Change any field of a conversation through the gate."""
        return await self._lifecycle.change(id, dict(changes), actor=actor, version=version)

    async def undo(self, id: UUID, version: int, *, actor: Actor) -> bool:
        """Take back what the actor changed by the change ``version``; see :meth:`Lifecycle.undo`."""
        return await self._lifecycle.undo(id, version, actor=actor)

    async def wake_due(self) -> int:
        """Open the conversations whose time has come; the periodic job."""
        return await self._lifecycle.wake_due()

    async def next_wake(self) -> datetime | None:
        """Return when the next conversation is to be opened; see :meth:`Lifecycle.next_wake`."""
        return await self._lifecycle.next_wake()
