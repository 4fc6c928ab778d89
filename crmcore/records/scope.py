"""The one builder of what an actor may see: every path that reads records starts here."""

from typing import Any

from piccolo.query import Select

from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.errors import Forbidden


def demand(actor: Actor, permission: str) -> None:
    """Raise :class:`~crmcore.errors.Forbidden` unless ``actor`` holds ``permission``."""
    if not actor.may(permission):
        raise Forbidden(permission=permission)


def has_column(record_type: RecordType, name: str) -> bool:
    """Tell whether the record type's table has a column ``name``."""
    return any(column._meta.name == name for column in record_type.table._meta.columns)


def visible(record_type: RecordType, actor: Actor, *, deleted: bool = False) -> list[Any]:
    """Return the conditions under which ``actor`` sees rows of ``record_type``; raises when he sees none.

    ``deleted`` asks for what was deleted and can be restored, and only for that.
    """
    demand(actor, f"{record_type.key}.read")
    if not has_column(record_type, "deleted_at"):
        return []
    column = record_type.table._meta.get_column_by_name("deleted_at")
    return [column.is_not_null() if deleted else column.is_null()]


def selected(record_type: RecordType) -> Select[Any]:
    """Return the select of whole rows of ``record_type`` with the joined columns that reading needs."""
    return record_type.table.select(*record_type.table.all_columns(), *record_type.joined)
