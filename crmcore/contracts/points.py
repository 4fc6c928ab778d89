"""Contact points as plugins see them: what is known of an address beside the address."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct


class ContactPointState(Struct, frozen=True, kw_only=True):
    """One way to reach a contact. ``value`` is as people wrote it, ``normalized`` as it is compared.

    Nothing is sent to a point that has opted out or bounced.
    """

    contact: UUID
    kind: str
    value: str
    normalized: str
    opt_out: bool = False
    bounced: bool = False
    verified: bool = False


class PluginPoints(Protocol):
    """What is known of contact points: who wants no mail, where mail does not arrive."""

    async def of(self, contacts: Sequence[UUID], kind: str = "email") -> Sequence[ContactPointState]:
        """Return the points of ``kind`` of up to 1,000 contacts, those of each in their order."""
        ...

    async def find(self, kind: str, values: Sequence[str]) -> Sequence[ContactPointState]:
        """Return the points that are one of up to 1,000 ``values``, however they are written; unknown ones not."""
        ...

    async def mark(
        self,
        kind: str,
        value: str,
        *,
        opt_out: bool | None = None,
        bounced: bool | None = None,
        reason: str = "",
    ) -> bool:
        """Note at the point ``value`` that it has opted out or bounced, or that it does so no more.

        None leaves a mark as it is. The change stands in the contact's history and is told as ``contact_updated``
        with ``opted_out`` or ``bounced`` among its changes. Return whether anything changed; an unknown point
        changes nothing.
        """
        ...
