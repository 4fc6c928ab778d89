"""Which notifications a user may see now: those of records that they see."""

from typing import Any
from uuid import UUID

from piccolo.columns.combination import WhereRaw

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.notifications.tables import Notification
from crmcore.records.scope import visible


def of_user(user: UUID) -> list[Any]:
    """Return the conditions of what a user is shown on the pages, seen or not."""
    return [Notification.user == user, Notification.in_page.eq(True)]


def in_sight(actor: Actor, record_types: dict[str, RecordType]) -> WhereRaw:
    """Return the condition that ``actor`` sees the record of a notification, or that it is about none."""
    parts: list[Any] = []
    for kind in record_types.values():
        if not actor.may(f"{kind.key}.read"):
            continue
        table = kind.table._meta.tablename
        conditions = visible(kind, actor)
        places = " AND ".join(["{}"] * len(conditions)) or "1 = 1"
        parts.append(
            WhereRaw(
                f'"notification"."record_type" = {{}} AND "notification"."record_id" IN '  # noqa: S608
                f'(SELECT "{table}"."id" FROM "{table}" WHERE {places})',
                kind.key,
                *(getattr(condition, "querystring", condition) for condition in conditions),
            ).querystring
        )
    parts.append(WhereRaw('"notification"."record_type" = {}', "").querystring)
    return WhereRaw(f"({' OR '.join('({})' for _ in parts)})", *parts)
