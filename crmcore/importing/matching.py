"""Which record a row is about, if there is one already."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crmcore.contacts.points import Point, PointRules
from crmcore.contacts.record_type import KINDS
from crmcore.contacts.resolve import owners_of, points_of
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.messages import Identity
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid, NotFound
from crmcore.records.query import ListQuery
from crmcore.records.service import Records

_SEVERAL: Label = {
    "en": "Several records have this value; one is needed to match by it.",
    "ru": "Это значение есть у нескольких записей, а для сопоставления нужна одна.",
}
_NO_KEY: Label = {
    "en": "The row lacks the value by which records are matched.",
    "ru": "В строке нет значения, по которому сопоставляются записи.",
}


class Matcher:
    """Finds the records that rows are about: by a key field, contacts without one by their contact points."""

    def __init__(self, records: Records, rules: PointRules, record_type: str, key: str, actor: Actor) -> None:
        self._records = records
        self._rules = rules
        self._type = record_type
        self.key = key
        self._actor = actor
        self._owners: dict[tuple[str, str], UUID] = {}
        self._known: dict[int, tuple[Mapping[str, Any], Sequence[Point]]] = {}

    async def prefetch(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Look the contact points of all ``documents`` up in one statement; forgets what was known before."""
        self._owners = {}
        self._known = {id(document): (document, self._points(document)) for document in documents}
        if self._type == "contact" and not self.key:
            points = {point for document in documents for point in self.points(document)}
            self._owners = await owners_of(list(points))

    def points(self, document: Mapping[str, Any]) -> Sequence[Point]:
        """Return the contact points of a row; what is none is left for the gate to refuse."""
        known = self._known.get(id(document))
        return known[1] if known is not None and known[0] is document else self._points(document)

    def _points(self, document: Mapping[str, Any]) -> Sequence[Point]:
        if self._type != "contact":
            return ()
        identities = [
            Identity(kind=kind, value=value)
            for name, kind in KINDS.items()
            for value in document.get(name, ())
            if isinstance(value, str)
        ]
        return points_of(identities, self._rules)[0]

    def keys(self, document: Mapping[str, Any]) -> list[str]:
        """Return by what the row would be known again, as texts."""
        if self.key:
            value = self._value(document)
            return [f"{self.key} {value}"] if value is not None else []
        return [f"{point.kind} {point.normalized}" for point in self.points(document)]

    def wrote(self, document: Mapping[str, Any], id: UUID) -> None:
        """Take note that the row's contact points are the record's now."""
        for point in self.points(document):
            self._owners.setdefault((point.kind, point.normalized), id)

    def owner(self, document: Mapping[str, Any]) -> UUID | None:
        """Return the contact that has the first of the row's contact points that anybody has."""
        point = self.known_point(document)
        return self._owners[point.kind, point.normalized] if point else None

    def known_point(self, document: Mapping[str, Any]) -> Point | None:
        """Return the first of the row's contact points that anybody has."""
        for point in self.points(document):
            if (point.kind, point.normalized) in self._owners:
                return point
        return None

    async def find(self, document: dict[str, Any]) -> UUID | None:
        """Return the record that the row is about; None for a new one. Raises Invalid when it cannot be told.

        The key ``id`` is taken out of the document: nobody writes it.
        """
        if not self.key:
            return self.owner(document)
        value = self._value(document)
        path = "/" + self.key.replace(".", "/")
        if self.key == "id":
            document.pop("id", None)
            return await self._with_id(value, path)
        if value is None:
            raise Invalid(problems=(Problem(path=path, code="no_key", message=_NO_KEY),))
        query = ListQuery(filter={"field": self.key, "op": "eq", "value": value}, limit=2, fields=())
        try:
            found = (await self._records.list(self._type, query, actor=self._actor)).items
        except Invalid:
            return None  # no value of this field at all: the gate says why
        if len(found) > 1:
            raise Invalid(problems=(Problem(path=path, code="ambiguous", message=_SEVERAL),))
        return found[0].id if found else None

    def _value(self, document: Mapping[str, Any]) -> Any:
        if self.key.startswith("custom."):
            return (document.get("custom") or {}).get(self.key.removeprefix("custom."))
        return document.get(self.key)

    async def _with_id(self, value: Any, path: str) -> UUID | None:
        if value is None:
            return None  # a row that was added to an export
        try:
            return (await self._records.get(self._type, UUID(str(value)), actor=self._actor)).id
        except (ValueError, NotFound):
            error = NotFound()
            problem = Problem(path=path, code=error.code, message=error.message)
            raise Invalid(problems=(problem,)) from None
