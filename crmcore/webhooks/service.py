"""Endpoints: made, read, changed, given new secrets, thrown away."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.accounts.tables import User
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.outgoing.signing import new_secret
from crmcore.plugins.names import CORE
from crmcore.records.scope import demand
from crmcore.webhooks.courier import Courier
from crmcore.webhooks.endpoint import EndpointChanges, EndpointEntry, NewEndpoint
from crmcore.webhooks.log import DeliveryLog
from crmcore.webhooks.names import event_names
from crmcore.webhooks.payload import Payloads
from crmcore.webhooks.release import Release
from crmcore.webhooks.secrets import EndpointSecrets
from crmcore.webhooks.settling import Settling
from crmcore.webhooks.subscriptions import Subscriptions
from crmcore.webhooks.tables import WebhookEndpoint
from crmcore.webhooks.urls import event_problems, url_problems

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_ENDPOINTS = 200
READ, WRITE = "webhook.read", "webhook.write"
_FULL: Label = {
    "en": "There can be {max} endpoints at most. Delete one first.",
    "ru": "Адресов может быть не больше {max}. Сначала удалите один.",
}
_NOBODY: Label = {
    "en": "An endpoint belongs to a user: sign in, or send a user's token.",
    "ru": "Адрес принадлежит пользователю: войдите или передайте его токен.",
}


class Webhooks:
    """The outgoing webhooks of one workspace."""

    def __init__(self, crm: "Crm", subscriptions: Subscriptions) -> None:
        self._crm = crm
        self._secrets = EndpointSecrets(crm.keys)
        self.release = Release(crm.database, crm.clock, subscriptions)
        self.deliveries = DeliveryLog(crm.database, crm.clock, subscriptions)
        self.courier = Courier(
            clock=crm.clock,
            client=crm.http_client,
            accounts=crm.accounts,
            payloads=Payloads(crm.records),
            secrets=self._secrets,
            settling=Settling(crm.database, crm.clock, crm.audit.note),
        )

    def event_names(self) -> list[str]:
        """Return the names of all events there are."""
        registry = self._crm.registry
        plugins = {owned.plugin for owned in registry.connections.values()}
        plugins |= {owned.plugin for owned in registry.channels.values()}
        return event_names(self._crm.records.types, plugins - {CORE})

    async def list(self, *, actor: Actor) -> list[EndpointEntry]:
        """Return every endpoint, the oldest first."""
        demand(actor, READ)
        rows = await WebhookEndpoint.select().order_by(WebhookEndpoint.id)
        names = await _names([row["owner"] for row in rows])
        return [_entry(row, names) for row in rows]

    async def get(self, id: UUID, *, actor: Actor) -> EndpointEntry:
        """Return one endpoint. Raises NotFound."""
        demand(actor, READ)
        row = await self._row(id)
        return _entry(row, await _names([row["owner"]]))

    async def create(self, new: NewEndpoint, *, actor: Actor) -> tuple[EndpointEntry, str]:
        """Make an endpoint; return it with its secret, which is shown this once. Raises Invalid, Conflict."""
        demand(actor, WRITE)
        owned = _owned_by(actor)
        self._check(new.url, new.events)
        secret, id, now = new_secret(), uuid7(), self._crm.clock()
        async with self._crm.database.transaction():
            if await WebhookEndpoint.count() >= MAX_ENDPOINTS:
                raise Conflict(_FULL, code="too_many_endpoints", max=MAX_ENDPOINTS)
            row = WebhookEndpoint(
                id=id,
                url=new.url,
                description=new.description,
                events=_json(_sorted(new.events)),
                secret=self._secrets.sealed(id, "secret", secret),
                created_at=now,
                updated_at=now,
                **owned,
            )
            await WebhookEndpoint.insert(row)
            await self._note("create", id, actor, {"url": [None, new.url], "events": [None, new.events]})
        return await self.get(id, actor=actor.freely()), secret

    async def update(
        self, id: UUID, changes: EndpointChanges, *, actor: Actor, version: int | None = None
    ) -> EndpointEntry:
        """Change an endpoint. Raises NotFound, Conflict for an old ``version``, Invalid.

        Whoever changes where events go, or which, is its owner from then on: what it sends is what he may see.
        """
        demand(actor, WRITE)
        async with self._crm.database.transaction():
            row = await self._row(id, lock=True)
            if version is not None and version != row["version"]:
                entry = _entry(row, await _names([row["owner"]]))
                raise Conflict(extra={"current": msgspec.to_builtins(entry)})
            before = {**row, "events": _decoded(row["events"])}
            sent = {
                name: value
                for name in ("url", "description", "events", "state")
                if (value := getattr(changes, name)) is not msgspec.UNSET
            }
            if "events" in sent:
                sent["events"] = _sorted(sent["events"])
            sent = {name: value for name, value in sent.items() if value != before[name]}
            self._check(sent.get("url", ""), sent.get("events", []))
            if sent:
                values: dict[Any, Any] = {**sent, "version": row["version"] + 1}
                if "url" in sent or "events" in sent:
                    values |= _owned_by(actor)
                if "events" in sent:
                    values["events"] = _json(sent["events"])
                if "state" in sent:
                    values |= {"reason": "", "failures": 0, "failing_since": None, "held_until": None}
                await self._write(id, values)
                await self._note(
                    "update", id, actor, {name: [before[name], value] for name, value in sent.items()}
                )
        return await self.get(id, actor=actor.freely())

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Throw an endpoint away; what waits for it is never sent. Raises NotFound."""
        demand(actor, WRITE)
        async with self._crm.database.transaction():
            row = await self._row(id, lock=True)
            await WebhookEndpoint.delete().where(WebhookEndpoint.id == id)
            await self._note("delete", id, actor, {"url": [row["url"], None]})

    async def rotate(self, id: UUID, *, actor: Actor) -> tuple[EndpointEntry, str]:
        """Give an endpoint a new secret and return it, this once; the one before signs too until it is dropped."""
        demand(actor, WRITE)
        secret = new_secret()
        async with self._crm.database.transaction():
            row = await self._row(id, lock=True)
            values = {
                "old_secret": self._secrets.moved(row),
                "secret": self._secrets.sealed(id, "secret", secret),
                "version": row["version"] + 1,
            }
            await self._write(id, values)
            await self._note("new_secret", id, actor, {})
        return await self.get(id, actor=actor.freely()), secret

    async def drop_old_secret(self, id: UUID, *, actor: Actor) -> EndpointEntry:
        """Let only the new secret sign from now on. Raises NotFound."""
        demand(actor, WRITE)
        async with self._crm.database.transaction():
            row = await self._row(id, lock=True)
            if row["old_secret"]:
                await self._write(id, {"old_secret": "", "version": row["version"] + 1})
                await self._note("drop_secret", id, actor, {})
        return await self.get(id, actor=actor.freely())

    def _check(self, url: str, events: Sequence[str]) -> None:
        problems = url_problems(url, self._crm.http_client) if url else []
        problems += event_problems(events, self.event_names())
        if problems:
            raise Invalid(problems=tuple(problems))

    async def _row(self, id: UUID, *, lock: bool = False) -> dict[str, Any]:
        query = WebhookEndpoint.select().where(WebhookEndpoint.id == id)
        rows = await (query.lock_rows("UPDATE") if lock and self._crm.database.kind == "postgres" else query)
        if not rows:
            raise NotFound()
        row: dict[str, Any] = rows[0]
        return row

    async def _write(self, id: UUID, values: Mapping[Any, Any]) -> None:
        await WebhookEndpoint.update({**values, "updated_at": self._crm.clock()}, force=True).where(
            WebhookEndpoint.id == id
        )

    async def _note(self, action: str, id: UUID, actor: Actor, changes: dict[str, Any]) -> None:
        await self._crm.audit.note(action, "webhook", str(id), actor=actor, changes=changes, id=id)


def _owned_by(actor: Actor) -> dict[str, Any]:
    if actor.kind not in ("user", "token"):
        raise Forbidden(_NOBODY, code="no_owner")
    # A token that may little makes an endpoint that is told little.
    permissions = ["*"] if actor.kind == "user" else sorted(actor.permissions)
    return {"owner": UUID(actor.id), "permissions": _json(permissions)}


async def _names(ids: Sequence[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = await User.select(User.id, User.name).where(User.id.is_in(list(set(ids))))
    return {row["id"]: row["name"] for row in rows}


def _entry(row: Mapping[str, Any], names: Mapping[UUID, str]) -> EndpointEntry:
    return EndpointEntry(
        id=row["id"],
        version=row["version"],
        url=row["url"],
        description=row["description"],
        events=_decoded(row["events"]),
        state=row["state"],
        reason=row["reason"],
        owner_id=row["owner"],
        owner_name=names.get(row["owner"], ""),
        two_secrets=bool(row["old_secret"]),
        failing_since=row["failing_since"],
        last_at=row["last_at"],
        last_status=row["last_status"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _sorted(events: Sequence[str]) -> list[str]:
    return ["*"] if "*" in events else sorted(set(events))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
