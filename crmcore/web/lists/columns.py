"""The columns of a list, and what stands in their cells."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import Record, RecordType
from crmcore.records.definition import Definition
from crmcore.records.order import sortable
from crmcore.web.facts import custom_text, label_of, tel
from crmcore.web.lists.places import page_of
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

TITLE = "title"
# What is said elsewhere in the row, or in no line.
_LEFT_OUT = frozenset({"name", "avatar"})
SYSTEM = {"created_at": N_("Created"), "updated_at": N_("Last changed")}
MOST_TAGS = 3
MOST_TEXT = 120


class Column(Struct, frozen=True, kw_only=True):
    """One column. ``sort`` is the order it gives; ``wide`` columns are not shown on narrow screens."""

    name: str
    label: str
    sort: str = ""
    align: str = ""
    wide: bool = False


class Cell(Struct, frozen=True, kw_only=True):
    """A text, which may lead somewhere, a moment, or tags; ``more`` says how many are left out."""

    text: str = ""
    href: str = ""
    at: datetime | None = None
    tags: tuple[str, ...] = ()
    more: int = 0


class Columns:
    """The columns that a visitor may choose from in the list of one record type."""

    def __init__(
        self, visit: "Visit", kind: RecordType, definitions: Sequence[Definition], hidden: frozenset[str]
    ) -> None:
        self._visit = visit
        self._kind = kind
        self._definitions = {f"custom.{item.key}": item for item in definitions if not item.dormant}
        self._schemas: dict[str, JsonSchema] = {
            name: schema
            for name, schema in kind.properties.items()
            if name not in _LEFT_OUT and name not in hidden and not self._doubled(name)
        }
        tags = {"tags": visit.texts.gettext(N_("Tags"))} if kind.tags and "tags" not in hidden else {}
        labels = {name: label_of(visit, name, schema) for name, schema in self._schemas.items()}
        labels |= tags
        labels |= {
            name: visit.say(item.label) for name, item in self._definitions.items() if name not in hidden
        }
        labels |= {name: visit.texts.gettext(label) for name, label in SYSTEM.items() if name not in hidden}
        self.labels: dict[str, str] = labels

    @property
    def sorts(self) -> tuple[str, ...]:
        """The fields that the list can be sorted by."""
        custom = (name for name, item in self._definitions.items() if name in self.labels and sortable(item))
        return (*self._kind.sorts, *custom)

    def _doubled(self, name: str) -> bool:
        """Tell whether the column only has the id of what another one has by its name."""
        return name.endswith("_id") and name.removesuffix("_id") in self._kind.properties

    def usual(self) -> tuple[str, ...]:
        """Return the columns of a list for which nothing was chosen."""
        named = self._kind.list_columns or tuple(self._schemas)[:3]
        first = [name for name in named if name in self.labels]
        more = [name for name in ("tags", "owner") if name in self.labels and name not in first]
        last = first[-1:] if first and self._is_moment(first[-1]) else []
        return (*first[: len(first) - len(last)], *more[: 2 - len(last)], *last) or ("created_at",)

    def chosen(self, names: Sequence[str]) -> list[Column]:
        """Return the columns with ``names`` in this order; the usual ones for none that there is."""
        found = [name for name in dict.fromkeys(names) if name in self.labels] or list(self.usual())
        last = found[-1]
        return [
            Column(
                name=name,
                label=self.labels[name],
                sort=name if name in self.sorts else "",
                align="end" if self._is_moment(name) or self._is_number(name) else "",
                wide=index >= 2 and name != last,
            )
            for index, name in enumerate(found)
        ]

    async def rows(self, records: Sequence[Record], columns: Sequence[Column]) -> list[list[Cell]]:
        """Return the cells of each record."""
        titles = await self._titles(records, columns)
        return [
            [await self._cell(record.document, column.name, titles) for column in columns]
            for record in records
        ]

    async def _titles(self, records: Sequence[Record], columns: Sequence[Column]) -> Mapping[str, str]:
        """Return what the records are called that custom fields refer to, a statement for each kind of them."""
        wanted: dict[str, set[UUID]] = {}
        for column in columns:
            definition = self._definitions.get(column.name)
            target = _target(definition)
            if definition is None or target not in self._visit.crm.records.types:
                continue
            for record in records:
                if id := _uuid((record.document.get("custom") or {}).get(definition.key)):
                    wanted.setdefault(target, set()).add(id)
        found: dict[str, str] = {}
        for target, ids in wanted.items():
            titles = await self._visit.crm.records.titles(target, ids, actor=self._visit.actor)
            found |= {str(id): title for id, title in titles.items()}
        return found

    async def _cell(self, document: Mapping[str, Any], name: str, titles: Mapping[str, str]) -> Cell:
        if definition := self._definitions.get(name):
            value = (document.get("custom") or {}).get(definition.key)
            if value is None:
                return Cell()
            if target := _target(definition):
                return Cell(
                    text=titles.get(str(value), "–"),
                    href=page_of(self._visit, target, value) if str(value) in titles else "",
                )
            return Cell(text=_short(await custom_text(self._visit, definition, value)))
        value = document.get(name)
        if value is None or value == "":
            return Cell()
        if name == "tags":
            return Cell(tags=tuple(value[:MOST_TAGS]), more=max(0, len(value) - MOST_TAGS))
        if isinstance(value, datetime):
            return Cell(at=value)
        return self._base_cell(document, name, value)

    def _base_cell(self, document: Mapping[str, Any], name: str, value: Any) -> Cell:
        texts = self._visit.texts
        if isinstance(value, list):
            if not value:
                return Cell()
            href = {"emails": f"mailto:{value[0]}", "phones": tel(str(value[0]))}.get(name, "")
            return Cell(text=str(value[0]), href=href, more=len(value) - 1)
        if isinstance(value, bool):
            return Cell(text=texts.gettext("yes") if value else texts.gettext("no"))
        if isinstance(value, int | float):
            return Cell(text=self._visit.formats.number(value))
        if isinstance(value, dict):
            schema = self._kind.properties.get(f"{name}_id", {})
            target = str(schema.get("x-crm", {}).get("reference", ""))
            href = page_of(self._visit, target, value["id"]) if target and "id" in value else ""
            return Cell(text=str(value.get("name", "")), href=href)
        if name == "company" and document.get("company_id"):
            return Cell(text=str(value), href=page_of(self._visit, "company", document["company_id"]))
        if name == "language":
            return Cell(text=self._visit.formats.language_name(str(value)))
        return Cell(text=_short(str(value)))

    def _is_moment(self, name: str) -> bool:
        return name in SYSTEM or self._schemas.get(name, {}).get("format") == "date-time"

    def _is_number(self, name: str) -> bool:
        definition = self._definitions.get(name)
        schema = definition.schema if definition else self._schemas.get(name, {})
        return schema.get("type") in ("number", "integer")


def _target(definition: Definition | None) -> str:
    if definition is None or definition.type != "reference" or definition.sensitive:
        return ""
    return str(definition.options.get("record_type", ""))


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"
