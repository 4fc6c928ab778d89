"""Making, sharing and using saved views."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.database.database import Database
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.records.query import ListQuery, Page
from crmcore.records.scope import demand
from crmcore.records.service import Records
from crmcore.views.tables import SavedView

SHARE = "view.write"
MAX_VIEWS = 200

_NOT_YOURS: Label = {
    "en": "A shared view is changed by who made it, or by who may write views.",
    "ru": "Общий вид меняет тот, кто его создал, или тот, кому разрешено менять виды.",
}
_NOT_USABLE: Label = {
    "en": "This view asks about a field that your role does not see.",
    "ru": "Этот вид спрашивает о поле, которого ваша роль не видит.",
}
_NO_CURSOR: Label = {"en": "A view has no cursor.", "ru": "У вида нет курсора."}
_TOO_MANY: Label = {"en": "At most {limit} views are possible.", "ru": "Можно не больше {limit} видов."}


class NewView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to keep: what it is called, of which records, and what their list is asked."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
    record_type: Annotated[str, Meta(max_length=60)]
    query: ListQuery = field(default_factory=ListQuery)
    shared: bool = False
    order: Annotated[int, Meta(ge=0, le=10_000)] = 100


class ViewChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of a view; what is not sent stays."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    query: ListQuery | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET
    order: Annotated[int, Meta(ge=0, le=10_000)] | msgspec.UnsetType = msgspec.UNSET


class View(Struct, frozen=True, kw_only=True):
    """A saved view as somebody sees it; ``mine`` tells whether he made it."""

    id: UUID
    version: int
    record_type: str
    name: str
    shared: bool
    mine: bool
    order: int
    query: ListQuery
    created_at: Any
    updated_at: Any


class Views:
    """The saved views of one workspace.

    Everybody who may read a record type keeps views of it for himself; sharing one needs ``view.write``. Views of
    record types that are away, with the plugin that brought them, are kept and not shown.
    """

    def __init__(self, database: Database, records: Records, clock: Clock) -> None:
        self._database = database
        self._records = records
        self._clock = clock

    async def list(self, *, actor: Actor, record_type: str = "") -> list[View]:
        """Return one's own views and the shared ones, in their order."""
        owner = _owner(actor)
        query = SavedView.select().where((SavedView.owner == owner) | (SavedView.shared == True))  # noqa: E712
        if record_type:
            query = query.where(SavedView.record_type == record_type)
        rows = await query.order_by(SavedView.position, SavedView.name, SavedView.id)
        known = self._records.types
        return [
            view
            for row in rows
            if row["record_type"] in known and actor.may(f"{row['record_type']}.read")
            if await self._is_usable(view := _view(row, owner), actor)
        ]

    async def get(self, id: UUID, *, actor: Actor) -> View:
        """Return one view; somebody else's private one is not there, nor one that asks about hidden fields."""
        return _view(await self._row(id, actor), _owner(actor))

    async def create(self, new: NewView, *, actor: Actor) -> View:
        """Keep a view; raises Invalid when its question makes no sense now."""
        owner = _owner(actor)
        demand(actor, f"{self._records.record_type(new.record_type).key}.read")
        if new.shared:
            demand(actor, SHARE)
        await self._check(new.record_type, new.query, actor)
        now = self._clock()
        async with self._database.transaction():
            if await SavedView.count().where(SavedView.owner == owner) >= MAX_VIEWS:
                problem = Problem(code="too_many", message=_TOO_MANY, params={"limit": MAX_VIEWS})
                raise Invalid(problems=(problem,))
            view = SavedView(
                record_type=new.record_type,
                name=new.name.strip(),
                owner=owner,
                shared=new.shared,
                position=new.order,
                query=_stored(new.query),
                created_at=now,
                updated_at=now,
            )
            await SavedView.insert(view)
        return await self.get(view.id, actor=actor)

    async def update(
        self, id: UUID, changes: ViewChanges, *, actor: Actor, version: int | None = None
    ) -> View:
        """Change a view; ``version`` refuses to overwrite a later change."""
        async with self._database.transaction():
            row = await self._row(id, actor, for_writing=True)
            if version is not None and row["version"] != version:
                current = msgspec.to_builtins(_view(row, _owner(actor)))
                raise Conflict(extra={"current": current})
            values: dict[Any, Any] = {"version": row["version"] + 1, "updated_at": self._clock()}
            if changes.shared is not msgspec.UNSET:
                if changes.shared and not row["shared"]:
                    demand(actor, SHARE)
                values["shared"] = changes.shared
            if isinstance(changes.query, ListQuery):
                await self._check(row["record_type"], changes.query, actor)
                values["query"] = _stored(changes.query)
            if isinstance(changes.name, str):
                values["name"] = changes.name.strip()
            if isinstance(changes.order, int):
                values["position"] = changes.order
            await SavedView.update(values, force=True).where(SavedView.id == id)
        return await self.get(id, actor=actor)

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Throw a view away."""
        async with self._database.transaction():
            await self._row(id, actor, for_writing=True)
            await SavedView.delete().where(SavedView.id == id)

    async def records(self, id: UUID, *, actor: Actor, limit: int | None = None, cursor: str = "") -> Page:
        """Return a page of the records that the view finds for ``actor``, within what he may see."""
        view = await self.get(id, actor=actor)
        query = msgspec.structs.replace(view.query, cursor=cursor, limit=limit or view.query.limit)
        return await self._records.list(view.record_type, query, actor=actor)

    async def _is_usable(self, view: View, actor: Actor) -> bool:
        """Tell whether the question of somebody else's view names nothing that is hidden from ``actor``.

        It would tell him what the field is called, and what values it has.
        """
        if view.mine or not actor.hidden:
            return True
        try:
            await self._records.check(view.record_type, view.query, actor=actor)
        except Invalid:
            return False
        return True

    async def _row(self, id: UUID, actor: Actor, *, for_writing: bool = False) -> dict[str, Any]:
        query = SavedView.select().where(SavedView.id == id)
        if for_writing and self._database.kind == "postgres":
            query = query.lock_rows("UPDATE")
        rows = await query
        owner = _owner(actor)
        if not rows or not (rows[0]["shared"] or rows[0]["owner"] == owner):
            raise NotFound()
        row: dict[str, Any] = rows[0]
        if row["record_type"] not in self._records.types or not actor.may(f"{row['record_type']}.read"):
            raise NotFound()
        if for_writing and row["owner"] != owner and not actor.may(SHARE):
            raise Forbidden(_NOT_YOURS, code="not_your_view")
        if not await self._is_usable(_view(row, owner), actor):
            raise NotFound(_NOT_USABLE, code="view_not_usable")
        return row

    async def _check(self, record_type: str, query: ListQuery, actor: Actor) -> None:
        if query.cursor:
            raise Invalid(problems=(Problem(code="no_cursor", message=_NO_CURSOR, path="/query/cursor"),))
        try:
            await self._records.check(record_type, query, actor=actor)
        except Invalid as invalid:
            problems = tuple(
                msgspec.structs.replace(problem, path=f"/query{problem.path}") for problem in invalid.problems
            )
            raise Invalid(problems=problems) from invalid


def _owner(actor: Actor) -> UUID:
    if actor.kind not in ("user", "token"):
        raise Forbidden(permission=SHARE)
    return UUID(actor.id)


def _stored(query: ListQuery) -> str:
    return msgspec.json.encode(query).decode()


def _view(row: dict[str, Any], owner: UUID) -> View:
    return View(
        id=row["id"],
        version=row["version"],
        record_type=row["record_type"],
        name=row["name"],
        shared=row["shared"],
        mine=row["owner"] == owner,
        order=row["position"],
        query=msgspec.json.decode(row["query"], type=ListQuery),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
