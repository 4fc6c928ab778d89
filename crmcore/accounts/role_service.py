"""Roles: reading, making, changing and throwing away, and who may give them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.accounts.role import (
    FieldRules,
    Limits,
    NewRole,
    Permissions,
    RoleChanges,
    RoleEntry,
    RowRules,
    limits_of,
)
from crmcore.accounts.role_grants import covers, more_than_own
from crmcore.accounts.role_rules import permission_problems, row_problems, shown_fields, stored_fields
from crmcore.accounts.role_table import Role
from crmcore.accounts.scopes import ACTIONS
from crmcore.accounts.tables import User
from crmcore.audit.note import note
from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.contracts.scopes import RowScope
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.records.catalog import FieldCatalog
from crmcore.records.definition import Definition
from crmcore.records.scope import demand

READ, WRITE = "role.read", "role.write"

_TAKEN: Label = {"en": "There is such a role already.", "ru": "Такая роль уже есть."}
_BUILT_IN: Label = {
    "en": "This role belongs to crmcore and stays as it is.",
    "ru": "Эта роль встроенная и остаётся как есть.",
}
_IN_USE: Label = {
    "en": "{count} users have this role. Give them another one first.",
    "ru": "Эта роль есть у пользователей ({count}). Сначала дайте им другую.",
}
_NEEDS: Label = {
    "en": "Only built-in roles have permissions of the release.",
    "ru": "Права «как в выпуске» бывают только у встроенных ролей.",
}


class Roles:
    """The roles of one workspace. A change counts from the next request of whoever has the role."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        record_types: Callable[[], Mapping[str, RecordType]],
        scopes: Callable[[], Mapping[str, RowScope]],
        catalog: FieldCatalog,
        permissions: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """``record_types`` and ``scopes`` return what the core and the loaded plugins register, by key.

        ``permissions`` returns those of plugins.
        """
        self._permissions = permissions
        self._database = database
        self._clock = clock
        self._types = record_types
        self._scopes = scopes
        self._catalog = catalog

    def limits(self, row: Mapping[str, Any]) -> Limits:
        """Return what the role in the columns ``role_…`` of ``row`` comes to."""
        return limits_of(row, [key for key in self._types() if key not in ACTIONS], self._scopes())

    def scopes(self) -> Mapping[str, RowScope]:
        """Return the row scopes that roles may name, beside ``all``."""
        return self._scopes()

    async def list(self, *, actor: Actor) -> list[RoleEntry]:
        """Return all roles, the built-in ones first."""
        demand(actor, READ)
        rows = await Role.select().order_by(Role.built_in, ascending=False).order_by(Role.id)
        custom = await self._custom()
        return [self._entry(row, custom) for row in rows]

    async def get(self, key: str, *, actor: Actor) -> RoleEntry:
        """Return one role; raises NotFound."""
        demand(actor, READ)
        return self._entry(await self._row(key), await self._custom())

    async def create(self, new: NewRole, *, actor: Actor) -> RoleEntry:
        """Make a role. Raises Invalid, and Forbidden when it may more than the actor."""
        demand(actor, WRITE)
        values = await self._values(new.permissions, new.rows, new.fields, None)
        now = self._clock()
        role = Role(
            id=uuid7(now),
            key=new.key,
            label=_json({"en": new.label.en, "ru": new.label.ru}),
            built_in=False,
            created_at=now,
            updated_at=now,
            **values,
        )
        self._demand_cover(actor, self.limits(_columns(role.to_dict())))
        try:
            async with self._database.transaction():
                await Role.insert(role)
                told: dict[str, list[Any]] = {
                    "permissions": [None, new.permissions],
                    "rows": [None, new.rows],
                    "fields": [None, new.fields],
                }
                await note(self._clock, "create", "role", new.key, id=role.id, changes=told, actor=actor)
        except Duplicate as error:
            raise Invalid(problems=(Problem(path="/key", code="taken", message=_TAKEN),)) from error
        return self._entry(await self._row(new.key), await self._custom())

    async def update(
        self, key: str, changes: RoleChanges, *, actor: Actor, version: int | None = None
    ) -> RoleEntry:
        """Change a role. Raises NotFound, Conflict, Invalid, and Forbidden for more than the actor may."""
        demand(actor, WRITE)
        async with self._database.transaction():
            row = await self._row(key, lock=True)
            if row["key"] == "admin":
                raise Conflict(_BUILT_IN, code="built_in")
            if version is not None and version != row["version"]:
                current = msgspec.to_builtins(self._entry(row, await self._custom()))
                raise Conflict(extra={"current": current})
            # Whoever may less than the role as it is does not change it either.
            self._demand_cover(actor, self.limits(_columns(row)))
            old = self._entry(row, await self._custom())
            given = changes.permissions
            if given is None and not row["built_in"]:
                raise Invalid(problems=(Problem(path="/permissions", code="not_built_in", message=_NEEDS),))
            released = given is None or (given is msgspec.UNSET and old.released)
            values = await self._values(
                old.permissions if given is msgspec.UNSET or given is None else given,
                old.rows if isinstance(changes.rows, msgspec.UnsetType) else changes.rows,
                old.fields if isinstance(changes.fields, msgspec.UnsetType) else changes.fields,
                row,
            )
            if released:
                values["permissions"] = None
            if not isinstance(changes.label, msgspec.UnsetType):
                values["label"] = _json({"en": changes.label.en, "ru": changes.label.ru})
            self._demand_cover(actor, self.limits(_columns({**row, **values})))
            columns: dict[Any, Any] = values | {"version": row["version"] + 1, "updated_at": self._clock()}
            await Role.update(columns, force=True).where(Role.id == row["id"])
            told = {
                name: [_decoded(row[name]), _decoded(value)]
                for name, value in values.items()
                if _decoded(row[name]) != _decoded(value)
            }
            await note(self._clock, "update", "role", key, id=row["id"], changes=told, actor=actor)
        return self._entry(await self._row(key), await self._custom())

    async def delete(self, key: str, *, actor: Actor) -> None:
        """Throw a role away that nobody has. Raises NotFound, Conflict."""
        demand(actor, WRITE)
        async with self._database.transaction():
            row = await self._row(key, lock=True)
            if row["built_in"]:
                raise Conflict(_BUILT_IN, code="built_in")
            self._demand_cover(actor, self.limits(_columns(row)))
            count = await User.count().where(User.role == key)
            if count:
                raise Conflict(_IN_USE, code="in_use", count=count)
            await Role.delete().where(Role.id == row["id"])
            told = {name: [_decoded(row[name]), None] for name in ("permissions", "rows", "fields")}
            await note(self._clock, "delete", "role", key, id=row["id"], changes=told, actor=actor)

    async def may_give(self, key: str, actor: Actor) -> bool:
        """Tell whether ``actor`` may everything that the role ``key`` may, and so give it to somebody."""
        rows = await Role.select().where(Role.key == key)
        return bool(rows) and covers(actor, self.limits(_columns(rows[0])))

    async def demand_over(self, user_id: UUID, actor: Actor) -> None:
        """Raise Forbidden unless ``actor`` may everything that the user may; nothing for a user who is not there."""
        rows = await User.select(User.role).where(User.id == user_id)
        if rows and not await self.may_give(rows[0]["role"], actor):
            raise more_than_own()

    async def _values(
        self,
        permissions: Permissions,
        rows: RowRules,
        fields: FieldRules | dict[str, dict[str, str]],
        before: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Return the columns for what a role says; raises Invalid with everything that is wrong."""
        types, scopes = self._types(), self._scopes()
        stored = _columns(before) if before else {}
        old_rows = _decoded(stored.get("role_rows")) or {}
        old_fields = _decoded(stored.get("role_fields")) or {}
        old_permissions = self.limits(stored).permissions if before else frozenset()
        problems = permission_problems(permissions, old_permissions, types, self._permissions())
        problems += row_problems(rows, old_rows, types, scopes)
        kept, found = stored_fields(fields, old_fields, types, await self._custom())
        problems += found
        if problems:
            raise Invalid(problems=tuple(problems[:100]))
        return {
            "permissions": _json(sorted(set(permissions))),
            "rows": _json(dict(sorted(rows.items()))),
            "fields": _json(kept),
        }

    async def _custom(self) -> dict[str, tuple[Definition, ...]]:
        return {
            key: tuple(await self._catalog.of(key))
            for key, kind in self._types().items()
            if kind.custom_fields
        }

    async def _row(self, key: str, *, lock: bool = False) -> dict[str, Any]:
        query = Role.select().where(Role.key == key[:30])
        rows = await (query.lock_rows("UPDATE") if lock and self._database.kind == "postgres" else query)
        if not rows:
            raise NotFound(
                {
                    "en": "There is no role “{name}”.",
                    "ru": "Нет роли «{name}».",
                },
                name=key[:30],
            )
        row: dict[str, Any] = rows[0]
        return row

    def _entry(self, row: Mapping[str, Any], custom: Mapping[str, tuple[Definition, ...]]) -> RoleEntry:
        return RoleEntry(
            id=row["id"],
            key=row["key"],
            version=row["version"],
            label=_decoded(row["label"]),
            built_in=row["built_in"],
            released=_decoded(row["permissions"]) is None,
            permissions=sorted(self.limits(_columns(row)).permissions),
            rows=_decoded(row["rows"]),
            fields=shown_fields(_decoded(row["fields"]), custom),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    @staticmethod
    def _demand_cover(actor: Actor, limits: Limits) -> None:
        if not covers(actor, limits):
            raise more_than_own()


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"role_{name}": row[name] for name in ("key", "permissions", "rows", "fields")}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
