"""Record types and changes to records."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import force_setattr
from piccolo.table import Table

from crmcore.contracts.actors import Actor
from crmcore.contracts.elsewhere import KeptElsewhere
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.search import FoundThrough, SearchParts

WriteAction = Literal["create", "update", "delete", "restore"]


class RecordType(Struct, frozen=True, kw_only=True):
    """A kind of record that the register keeps: contacts, conversations, a plugin's own orders.

    ``properties`` are the base fields as JSON Schema properties; a property marked ``"readOnly": true`` is never
    accepted from outside. Columns of ``table`` and ``properties`` share their names; a property
    ``{"format": "uuid", "x-crm": {"reference": "company"}}`` named ``company_id`` is kept in the foreign key
    ``company``. The table has ``id`` (UUID), ``version``, ``created_at``, ``updated_at``; ``deleted_at`` where
    records can be restored; ``search_text`` (case-folded) where they can be searched; ``custom`` (JSONB) where
    ``custom_fields`` is true. ``joined`` are columns of other tables that reading needs
    (``Contact.company.name``, found in a row as ``"company.name"``). Key, plural and property names are
    lower-case words joined by underscores. ``elsewhere`` says how those of the ``filters`` are found that are rows
    of another table.

    ``owner`` and ``team`` are the columns with the user and the team a record belongs to: what row scopes go by.
    ``within`` names the record that a record is a part of and follows (a message its conversation);
    ``seen_through`` names records that let their holder read this one (a contact of one's conversations);
    ``shared`` records (users, teams, tags) belong to everybody, and row scopes leave them alone. A record type
    that declares none of these is out of sight for roles with a narrower scope than all. ``always_shown`` are
    fields that no role hides; ``repeats`` maps a property to the fields of other records it repeats
    (``{"preview": ("message.text",)}``): hidden with them. ``made_of`` maps a property to those of this
    record that it is put together from: its changes tell of theirs.

    ``alone`` says that a ``prepare`` of one's own looks at other records of this type, as far as anybody knows: they
    are then created one after the other. Of the others many are prepared, and written at once.

    A subclass may override the verbs below to keep parts of a record elsewhere, as contacts keep their contact
    points; the gate calls ``prepare`` and ``store`` inside its transaction.
    """

    key: str
    plural: str
    label: Label
    label_plural: Label
    table: type[Table]
    properties: dict[str, JsonSchema]
    required: tuple[str, ...] = ()
    joined: tuple[Any, ...] = ()
    list_columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    elsewhere: dict[str, KeptElsewhere] = {}
    sorts: tuple[str, ...] = ("created_at",)
    default_sort: str = "-created_at"
    custom_fields: bool = False
    tags: bool = False
    creatable: bool = True
    deletable: bool = True
    found_through: tuple[FoundThrough, ...] = ()
    owner: str = ""
    team: str = ""
    within: "RowLink | None" = None
    seen_through: tuple["RowLink", ...] = ()
    shared: bool = False
    alone: bool = True
    always_shown: tuple[str, ...] = ()
    repeats: dict[str, tuple[str, ...]] = {}
    made_of: dict[str, tuple[str, ...]] = {}
    columns: tuple[tuple[str, str], ...] = ()
    """The properties, each with its column; known by the properties, for rows are many."""

    def __post_init__(self) -> None:
        columns = tuple(
            (name, name[:-3] if "reference" in schema.get("x-crm", {}) else name)
            for name, schema in self.properties.items()
        )
        force_setattr(self, "columns", columns)

    def title(self, document: Mapping[str, Any]) -> str:
        """Return what a person calls the record: a name, a subject, a number."""
        return str(document.get("name") or document.get("id"))

    def search_text(self, draft: "Draft") -> str:
        """Return the words by which the record is found; the gate case-folds them. Called after ``prepare``."""
        return " ".join(
            str(draft.now(name) or "") for name in ("name", "title", "subject") if draft.has(name)
        )

    def search_parts(self, document: Mapping[str, Any]) -> SearchParts:
        """Return the texts by which search finds the record; filterable custom texts are added to them."""
        titles = [document.get(name) for name in ("name", "title", "subject")]
        notes = document.get("notes")
        return SearchParts(
            titles=tuple(str(title) for title in titles if title), texts=(str(notes),) if notes else ()
        )

    async def prepare(self, draft: "Draft") -> None:
        """Bring ``draft.values`` to column values before the row is written; may add problems to the draft."""

    async def store(self, draft: "Draft") -> None:
        """Write what the record keeps outside its row, after the row is written, in the same transaction."""

    async def look_ahead(self, drafts: "Sequence[Draft]") -> None:
        """Look up at once what ``prepare`` would for each of ``drafts``, and leave it in their notes."""

    async def store_together(self, drafts: "Sequence[Draft]") -> None:
        """Do for records that are created together what ``store`` does for one."""
        for draft in drafts:
            await self.store(draft)

    async def put_back(self, id: UUID, changes: Mapping[str, list[Any]]) -> None:
        """Put back what goes with ``changes``, ``{field: [before, after]}``, and nobody writes; they are undone."""

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Turn a table row (with its joined columns) into the base document. Tags and custom values follow."""
        found = row.get
        return {name: found(column) for name, column in self.columns}

    def told(self, document: dict[str, Any], row: Mapping[str, Any], actor: Actor) -> None:
        """Change what ``document``, made of ``row``, has in sentences to the language and zone of ``actor``."""

    def blank(self, row: dict[str, Any], hidden: Collection[str]) -> None:
        """Empty what ``row`` has of the properties ``hidden``, before a document or a name is made of it.

        ``row`` may be a part of one: the columns of this table that another record type has joined.
        """
        for name in hidden:
            if name in row:
                row[name] = None


class RowLink(Struct, frozen=True, kw_only=True):
    """A tie between two record types by which rows are seen.

    In ``within``, ``column`` is the record type's own and holds the id of a ``record_type``; in ``seen_through``
    it is the column of ``record_type`` that holds this record's id.
    """

    record_type: RecordType
    column: str


class Draft:
    """A record on its way through the gate: what it was, what was asked, what will be written.

    ``before`` is the stored row (None when it is created), ``asked`` the checked document of changed base
    fields, ``values`` the column values to write, ``custom`` the whole new custom document, ``problems`` what
    has been found wrong so far. ``notes`` carry values between ``prepare`` and ``store``.
    """

    __slots__ = (
        "action",
        "actor",
        "asked",
        "before",
        "custom",
        "id",
        "notes",
        "problems",
        "reason",
        "record_type",
        "values",
    )

    def __init__(
        self,
        *,
        record_type: RecordType,
        action: WriteAction,
        id: UUID,
        before: dict[str, Any] | None,
        asked: dict[str, Any],
        actor: Actor,
        reason: str = "",
    ) -> None:
        self.record_type = record_type
        self.action = action
        self.id = id
        self.before = before
        self.asked = asked
        self.values: dict[str, Any] = dict(asked)
        self.custom: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.notes: dict[str, Any] = {}
        self.actor = actor
        self.reason = reason

    def has(self, name: str) -> bool:
        """Tell whether column ``name`` has a value, new or stored."""
        return name in self.values or name in (self.before or {})

    def problem(self, path: str, code: str, message: Label, **params: Any) -> None:
        """Refuse the value at ``path`` (a JSON Pointer) with a sentence for people."""
        self.problems.append(Problem(path=path, code=code, message=message, params=params))

    def now(self, name: str) -> Any:
        """Return column ``name`` as it will be: the new value, or the stored one when it does not change."""
        if name in self.values:
            return self.values[name]
        return (self.before or {}).get(name)


class Change(Struct, frozen=True, kw_only=True):
    """What is about to happen to one record, as ``before_write`` and ``before_delete`` see it.

    ``before`` is the stored row (None when the record is created); ``values`` are the changed columns;
    ``custom`` the whole custom document as it will be.
    """

    record_type: str
    action: WriteAction
    id: UUID
    before: dict[str, Any] | None
    values: dict[str, Any]
    custom: dict[str, Any] = field(default_factory=dict)
    actor: Actor
    reason: str = ""


class Record(Struct, frozen=True, kw_only=True):
    """A stored record as its document: ``id``, ``version``, base fields and ``custom`` by their names."""

    type: str
    id: UUID
    version: int
    document: dict[str, Any]


class Merge(Struct, frozen=True, kw_only=True):
    """Two contacts becoming one: everything that points at ``merged`` will point at ``kept``."""

    kept: UUID
    merged: UUID
    actor: Actor


class Move(Struct, frozen=True, kw_only=True):
    """One row that a merge moves: column ``column`` of row ``row`` in ``table`` from the merged to the kept id.

    The core moves it, writes it into the merge log, and moves it back on undo.
    """

    table: type[Table]
    column: str
    row: UUID
