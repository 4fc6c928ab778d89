"""Channel accounts: configured mailboxes, lines, forms and connections, and whether they can work at the moment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.audit.note import note
from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import Channel
from crmcore.contracts.connections import Connection
from crmcore.conversations.account_checks import (
    check_fields,
    check_in_workspace,
    checked_name,
    checked_policy,
    checked_slug,
    free_slug,
    taken,
    unknown_channel,
)
from crmcore.conversations.account_config import ConfigCodec
from crmcore.conversations.account_document import document_of
from crmcore.conversations.found import CONNECTION, Found, kind_of, opened
from crmcore.conversations.sentences import label
from crmcore.conversations.tables import ChannelAccountRow, Conversation, InboundDelivery
from crmcore.conversations.waiting import Waiting
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.errors import Conflict, NotFound
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.registry import Registry
from crmcore.records.scope import demand
from crmcore.records.whole_rows import Joined, WholeRows
from crmcore.secrets.keyring import KeyRing

_ALONE = Joined(())
_NO_ACCOUNT = {"en": "There is no such channel account.", "ru": "Такого подключения нет."}
_USED = {
    "en": "Messages have gone through this account, so it stays. Pause it instead.",
    "ru": "Через это подключение уже шли сообщения, поэтому оно остаётся. Приостановите его.",
}
# What is younger than this is in the queue by itself.
PICKED_UP_AFTER_S = 60


class ChannelAccounts:
    """The channel accounts of one workspace."""

    def __init__(
        self, *, database: Database, clock: Clock, registry: Registry, keys: KeyRing, queue: JobQueue
    ) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._codec = ConfigCodec(keys)
        self._waiting = Waiting(clock, queue)
        self._kept: dict[UUID, tuple[int, Found]] = {}

    async def create(
        self,
        channel: str,
        name: str,
        config: Mapping[str, Any] | None = None,
        *,
        actor: Actor,
        slug: str = "",
        policy: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Configure an account of ``channel``, the key of a channel or a connection, and return its id.

        ``config`` is checked against its Struct, its secrets are encrypted. Without a ``slug`` one is
        made from the name. Raises Invalid with every problem's path.
        """
        demand(actor, "channel.write")
        known = kind_of(self._registry, channel)
        if known is None:
            raise unknown_channel(channel)
        kind, registered = known
        id = uuid7(self._clock())
        values = self._codec.checked(registered.item.config, config or {})
        stored = self._codec.stored(registered.item.config, id, values)
        await self._check_config(registered.item, registered.plugin, id, stored)
        row = ChannelAccountRow(
            id=id,
            plugin=registered.plugin,
            channel=channel,
            kind=kind,
            name=checked_name(name),
            slug=checked_slug(slug) if slug else await free_slug(name),
            config=stored,
            policy=msgspec.json.encode(checked_policy(policy or {})).decode(),
            created_at=self._clock(),
            updated_at=self._clock(),
        )
        try:
            async with self._database.transaction():
                await ChannelAccountRow.insert(row)
                await self._noted("create", row.name, id, actor, {"channel": [None, channel]})
        except Duplicate:
            raise taken(row.slug) from None
        return id

    async def update(
        self, id: UUID, changes: Mapping[str, Any], *, actor: Actor, version: int | None = None
    ) -> None:
        """Change ``name``, ``slug``, ``policy`` or single settings of ``config``.

        A secret that is left out, empty or still masked keeps its value; None removes it.
        """
        demand(actor, "channel.write")
        check_fields(changes)
        found = await self.get(str(id))
        values: dict[Any, Any] = {}
        if "name" in changes:
            values["name"] = checked_name(changes["name"])
        if "slug" in changes:
            values["slug"] = checked_slug(changes["slug"])
        if "policy" in changes:
            values["policy"] = msgspec.json.encode(checked_policy(changes["policy"])).decode()
        if "config" in changes:
            values["config"] = await self._changed_config(found, changes["config"])
        async with self._database.transaction():
            await self._write(found.row, values, version)
            kept = {name: changes.get(name) for name in ("name", "slug", "policy") if name in changes}
            told = {name: [found.row[name], value] for name, value in kept.items()}
            if "config" in changes:
                told["config"] = [None, ", ".join(sorted(changes["config"]))]
            await self._noted("update", found.row["name"], id, actor, told)

    async def granted(self, id: UUID, config: Struct, *, actor: Actor) -> None:
        """Store the settings that a service granted in the place of the old ones, and let the account work.

        Raises Invalid.
        """
        demand(actor, "channel.write")
        found = await self.get(str(id))
        service = found.service
        if service is None:
            raise Conflict(found.trouble, code="channel_absent")
        values = self._codec.checked(service.config, msgspec.to_builtins(config))
        text = self._codec.stored(service.config, id, values)
        await self._check_config(service, found.row["plugin"], id, text)
        async with self._database.transaction():
            await self._write(found.row, {"config": text, "state": "active", "state_reason": ""}, None)
            await self._noted("authorize", found.row["name"], id, actor)
            await self._waiting.pick_up(id, lane=found.lane)

    async def get(self, id_or_slug: str) -> Found:
        """Return the account with this id or slug; raises NotFound."""
        try:
            condition: Any = ChannelAccountRow.id == UUID(id_or_slug)
        except ValueError:
            condition = ChannelAccountRow.slug == id_or_slug[:64].replace("\x00", "")
        # Every delivery asks for its account: the columns are put into words once.
        rows = await WholeRows(ChannelAccountRow, _ALONE).where(condition)
        if not rows:
            raise NotFound(_NO_ACCOUNT)
        return self._found(rows[0])

    async def known(self, id: UUID, version: int) -> Found:
        """Return account ``id``, without asking the database when it was read at this ``version`` before."""
        kept = self._kept.get(id)
        return kept[1] if kept is not None and kept[0] == version else await self.get(str(id))

    async def list(self, *, actor: Actor, kind: str = "") -> list[dict[str, Any]]:
        """Return all accounts, or those of one kind, as documents, oldest first, their secrets masked."""
        demand(actor, "channel.read")
        query = ChannelAccountRow.select().order_by(ChannelAccountRow.created_at, ChannelAccountRow.id)
        rows = await (query.where(ChannelAccountRow.kind == kind) if kind else query)
        return [self._document(self._found(row)) for row in rows]

    async def document(self, id_or_slug: str, *, actor: Actor) -> dict[str, Any]:
        """Return one account as a document, its secrets masked."""
        demand(actor, "channel.read")
        return self._document(await self.get(id_or_slug))

    async def pause(self, id: UUID, reason: str = "", *, actor: Actor) -> None:
        """Stop the account: what arrives is stored and waits, replies wait."""
        demand(actor, "channel.write")
        found = await self.get(str(id))
        async with self._database.transaction():
            await self._write(found.row, {"state": "paused", "state_reason": reason[:500]}, None)
            await self._noted("pause", found.row["name"], id, actor, reason=reason)

    async def resume(self, id: UUID, *, actor: Actor) -> None:
        """Let the account work again, and put what waited into the queue."""
        demand(actor, "channel.write")
        found = await self.get(str(id))
        async with self._database.transaction():
            await self._write(found.row, {"state": "active", "state_reason": ""}, None)
            await self._noted("resume", found.row["name"], id, actor)
            await self._waiting.pick_up(id, lane=found.lane)

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Remove an account.

        A channel's is removed when nothing ever went through it; raises Conflict otherwise, and it can be paused. A
        connection's goes with the deliveries that are stored for it.
        """
        demand(actor, "channel.write")
        async with self._database.transaction():
            found = await self.get(str(id))
            if found.row["kind"] != CONNECTION and (
                await InboundDelivery.exists().where(InboundDelivery.account == id)
                or await Conversation.exists().where(Conversation.account == id)
            ):
                raise Conflict(_USED, code="account_in_use")
            await ChannelAccountRow.delete().where(ChannelAccountRow.id == id)
            await self._noted("delete", found.row["name"], id, actor)
        self._kept.pop(id, None)

    async def pick_up_all(self) -> int:
        """Queue what waits for all accounts that can work; the periodic job for plugins that have come back."""
        count = 0
        for row in await ChannelAccountRow.select().where(ChannelAccountRow.state == "active"):
            found = self._found(row)
            if found.service is not None:
                count += await self._waiting.pick_up(
                    row["id"], lane=found.lane, older_than_s=PICKED_UP_AFTER_S
                )
        return count

    def _found(self, row: dict[str, Any]) -> Found:
        kept = self._kept.get(row["id"])
        if kept is not None and kept[0] == row["version"]:
            return kept[1]
        found = opened(row, self._registry, self._codec)
        if len(self._kept) > 1000:
            self._kept.clear()
        self._kept[row["id"]] = (row["version"], found)
        return found

    async def _noted(
        self,
        action: str,
        name: str,
        id: UUID,
        actor: Actor,
        changes: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        await note(
            self._clock, action, "channel_account", name, actor=actor, changes=changes, reason=reason, id=id
        )

    async def _changed_config(self, found: Found, changes: Mapping[str, Any]) -> str:
        channel, id = found.service, found.row["id"]
        if channel is None:
            raise Conflict(found.trouble or label("channel_absent"), code="channel_absent")
        text = self._codec.changed(channel.config, id, found.row["config"], changes)
        await self._check_config(channel, found.row["plugin"], id, text)
        return text

    async def _check_config(self, channel: Channel | Connection, plugin: str, id: UUID, text: str) -> None:
        if channel.check_config is not None:
            config = self._codec.loaded(channel.config, id, text)
            await check_in_workspace(channel.check_config, config, plugin)

    async def _write(self, row: dict[str, Any], values: dict[Any, Any], version: int | None) -> None:
        if version is not None and version != row["version"]:
            raise Conflict(extra={"current": self._document(self._found(row))})
        values |= {"version": row["version"] + 1, "updated_at": self._clock()}
        try:
            async with self._database.transaction():
                written = (
                    await ChannelAccountRow.update(values, force=True)
                    .where(ChannelAccountRow.id == row["id"], ChannelAccountRow.version == row["version"])
                    .returning(ChannelAccountRow.id)
                )
        except Duplicate:
            raise taken(str(values.get("slug"))) from None
        if not written:
            raise Conflict()

    def _document(self, found: Found) -> dict[str, Any]:
        return document_of(found, self._registry, self._codec)
