"""How users want to hear of each kind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock, uuid7
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.notifications.kinds import KINDS
from crmcore.notifications.tables import NotificationChoice

if TYPE_CHECKING:
    from crmcore.database.database import Database

_UNKNOWN: Label = {
    "en": "There is no such notification. Possible: {known}.",
    "ru": "Такого уведомления нет. Есть: {known}.",
}


class Ways(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How somebody hears of one kind: on the pages, by mail, both or not at all."""

    in_page: bool
    by_mail: bool


class Choices:
    """The choices of one workspace's users."""

    def __init__(self, database: "Database", clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, user: UUID) -> dict[str, Ways]:
        """Return how ``user`` hears of every kind."""
        rows = await NotificationChoice.select().where(NotificationChoice.user == user)
        chosen = {row["kind"]: Ways(in_page=row["in_page"], by_mail=row["by_mail"]) for row in rows}
        return {
            key: chosen.get(key, Ways(in_page=kind.in_page, by_mail=kind.by_mail))
            for key, kind in KINDS.items()
        }

    async def choose(self, user: UUID, ways: Mapping[str, Ways]) -> dict[str, Ways]:
        """Keep how ``user`` hears of the kinds in ``ways``, and return all. Raises Invalid for an unknown kind."""
        known = ", ".join(KINDS)
        problems = [
            Problem(path=f"/{key[:60]}", code="unknown_kind", message=_UNKNOWN, params={"known": known})
            for key in ways
            if key not in KINDS
        ]
        if problems:
            raise Invalid(problems=tuple(problems[:20]))
        async with self._database.transaction():
            for key, way in ways.items():
                row = NotificationChoice(
                    id=uuid7(),
                    user=user,
                    kind=key,
                    in_page=way.in_page,
                    by_mail=way.by_mail,
                    updated_at=self._clock(),
                )
                await NotificationChoice.insert(row).on_conflict(
                    target=(NotificationChoice.user, NotificationChoice.kind),
                    action="DO UPDATE",
                    values=[
                        NotificationChoice.in_page,
                        NotificationChoice.by_mail,
                        NotificationChoice.updated_at,
                    ],
                )
        return await self.of(user)
