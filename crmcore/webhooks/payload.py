"""What an endpoint is told of an event: as much as its owner may see at the moment of the delivery."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.contracts.events import Event
from crmcore.errors import CrmError
from crmcore.records.scope import rows_for
from crmcore.records.service import Records

# The ids in the data of events that name further records.
_NAMED = {
    "conversation_id": "conversation",
    "contact_id": "contact",
    "task_id": "task",
    "merged": "contact",
}


class OutOfSight(Exception):
    """The owner does not see the event's record."""


class Payloads:
    """Makes the bodies of deliveries."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def body(self, event: Event, actor: Actor) -> bytes:
        """Return ``event`` as JSON with what ``actor`` sees of its record now. Raises :class:`OutOfSight`.

        ``record`` is null when there is none any more.
        """
        kind = self._records.types.get(event.record_type)
        if kind is None or not actor.may(f"{kind.key}.read"):
            raise OutOfSight
        if rows_for(kind, actor) and not await self._reached(kind.key, event.record_id, actor):
            raise OutOfSight
        customer = event.actor_kind == "contact"
        return msgspec.json.encode(
            {
                "type": event.name,
                "timestamp": event.at,
                "data": {
                    "event_id": event.id,
                    "record_type": event.record_type,
                    "record_id": event.record_id,
                    "actor": {
                        "kind": event.actor_kind,
                        "id": "" if customer else event.actor_id,
                        "label": "" if customer else event.actor_label,
                    },
                    "changes": await self._records.shown_changes(kind.key, event.changes, actor=actor),
                    "data": await self._data(event.data, actor),
                    "record": await self._record(kind.key, event.record_id, actor),
                },
            }
        )

    async def _record(self, record_type: str, id: UUID, actor: Actor) -> dict[str, Any] | None:
        for deleted in (False, True):
            try:
                return (await self._records.get(record_type, id, actor=actor, deleted=deleted)).document
            except CrmError:
                continue
        return None

    async def _data(self, data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
        shown = dict(data)
        for name, record_type in _NAMED.items():
            if shown.get(name) and not await self._may_name(record_type, name, str(shown[name]), actor):
                shown[name] = None
        return shown

    async def _may_name(self, record_type: str, name: str, id: str, actor: Actor) -> bool:
        if name in await self._records.hidden("conversation", actor=actor):
            return False
        kind = self._records.types[record_type]
        if not actor.may(f"{record_type}.read"):
            return False
        return not rows_for(kind, actor) or await self._reached(record_type, UUID(id), actor)

    async def _reached(self, record_type: str, id: UUID, actor: Actor) -> bool:
        return await self._records.reach(record_type, [id], actor=actor)


def test_body(endpoint: UUID, delivery: UUID, at: Any) -> bytes:
    """Return the body of a test."""
    data = {"endpoint_id": endpoint, "delivery_id": delivery}
    return msgspec.json.encode({"type": "webhook.test", "timestamp": at, "data": data})
