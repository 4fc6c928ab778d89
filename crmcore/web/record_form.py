"""A form over a record: its fields, what was sent, what of it is a change, and what was wrong with it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.records.sealed import looks_masked
from crmcore.web.facts import CUSTOM_FIELDS
from crmcore.web.form import Form
from crmcore.web.form_fields import (
    Field,
    FieldGroup,
    as_typed,
    base_field,
    base_value,
    custom_field,
    custom_value,
    files_in,
    filled,
)
from crmcore.web.record_editing import written_schema
from crmcore.web.record_lookup import exactly, records_called

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


_NOBODY: Label = {
    "en": "There is nothing called “{name}” that you may see.",
    "ru": "Нет ничего с названием «{name}», что вам доступно.",
}
_SEVERAL: Label = {
    "en": "Several are found by “{name}”. Choose one.",
    "ru": "По «{name}» найдено несколько. Выберите одно.",
}


class Complaint(Struct, frozen=True):
    """One line of the list of problems above a form; ``anchor`` leads to the field."""

    anchor: str
    label: str
    text: str


class RecordForm:
    """The form of one record type for one visitor. ``names`` are the base properties in it."""

    def __init__(self, visit: "Visit", record_type: str, names: Sequence[str]) -> None:
        self._visit = visit
        self._kind = visit.crm.records.record_type(record_type)
        self._names = names
        self.groups: list[FieldGroup] = []
        self.complaints: list[Complaint] = []
        self._unresolved: dict[str, Problem] = {}
        self._stored: dict[str, Field] = {}

    async def show(self, document: Mapping[str, Any], *, title: str) -> None:
        """Fill the form from ``document``; ``title`` stands above the base fields."""
        key = self._kind.key
        actor, records = self._visit.actor, self._visit.crm.records
        hidden = await records.hidden(key, actor=actor)
        kept = await records.untouchable(key, actor=actor) - hidden
        base = [
            await base_field(
                self._visit,
                name,
                written_schema(self._kind, name),
                document.get(name),
                required=name in self._kind.required,
                called=(document.get(name.removesuffix("_id")) or {}).get("name", "")
                if name.endswith("_id") and isinstance(document.get(name.removesuffix("_id")), dict)
                else "",
            )
            for name in self._names
            if name not in hidden
        ]
        groups = {title: base} if base else {}
        custom = document.get("custom") or {}
        for definition in await self._visit.crm.fields.catalog.of(self._kind.key):
            if not actor.sees_custom(key, definition.id):
                continue
            group = self._visit.say(definition.group) or self._visit.texts.gettext(CUSTOM_FIELDS)
            field = await custom_field(self._visit, definition, custom.get(definition.key))
            groups.setdefault(group, []).append(field)
        self.groups = [FieldGroup(name, fields) for name, fields in groups.items()]
        self._each(
            lambda field: msgspec.structs.replace(field, read_only=True) if field.name in kept else field
        )
        self._stored = {field.name: field for field in self._fields()}

    def sent(self, form: Form) -> dict[str, Any]:
        """Return every value that ``form`` has for a field that may be written, by the field's name."""
        values: dict[str, Any] = {}
        for field in self._fields():
            if field.name not in form or field.read_only:
                continue
            if field.name.startswith("custom."):
                value = custom_value(form, field)
                # The mask of a sensitive value says nothing about it, also when the value has changed meanwhile.
                if not (looks_masked(value) and looks_masked(field.value)):
                    values[field.name] = value
            else:
                values[field.name] = base_value(form, field, written_schema(self._kind, field.name))
        return values

    async def resolve(self, sent: dict[str, Any]) -> None:
        """Put ids in place of the names by which ``sent`` refers to records.

        A name that nobody or several have stays: the gate refuses it, and the field says why and lets one choose.
        """
        for field in self._fields():
            text = sent.get(field.name)
            if not field.refers_to or not isinstance(text, str) or text == field.kept or _is_id(text):
                continue
            found = exactly(await records_called(self._visit, field.refers_to, text), text)
            if len(found) == 1:
                sent[field.name] = found[0][0]
            else:
                code, message = ("several", _SEVERAL) if found else ("nobody", _NOBODY)
                self._unresolved[field.name] = Problem(code=code, message=message, params={"name": text[:80]})
            resolved = msgspec.structs.replace(
                field,
                choices=tuple(found) or field.choices,
                widget="select" if len(found) > 1 else field.widget,
            )
            self._each(lambda old, new=resolved: new if old.name == new.name else old)

    def changes(self, sent: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of ``sent`` differs from ``document``, as the document of a change."""
        changed: dict[str, Any] = {}
        for name, value in sent.items():
            stored = stored_value(document, name)
            if as_typed(value) == as_typed(stored):
                continue
            if name.startswith("custom."):
                changed.setdefault("custom", {})[name.removeprefix("custom.")] = value
            else:
                changed[name] = value
        return changed

    def leave_only(self, wanted: Callable[[Field], bool]) -> None:
        """Take the fields out of the form that are not ``wanted``."""
        groups = [
            FieldGroup(group.title, [field for field in group.fields if wanted(field)])
            for group in self.groups
        ]
        self.groups = [group for group in groups if group.fields]
        self._stored = {field.name: field for field in self._fields()}

    def has(self, name: str) -> bool:
        """Tell whether the form has the field ``name``."""
        return any(field.name == name for field in self._fields())

    def unresolved(self, sent: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Return what was not found of the names by which ``sent`` refers to records."""
        return tuple(
            msgspec.structs.replace(problem, path="/" + name.replace(".", "/", 1))
            for name, problem in self._unresolved.items()
            if name in sent
        )

    @property
    def multipart(self) -> bool:
        """Whether a field takes files."""
        return any(field.widget == "file" for field in self._fields())

    def refill(self, sent: Mapping[str, Any]) -> None:
        """Put what the person typed back into the fields."""
        self._each(lambda field: filled(field, sent[field.name]) if field.name in sent else field)

    def complain(self, problems: Sequence[Problem]) -> None:
        """Show every problem beside its field and above the form."""
        language = self._visit.language
        texts: dict[str, list[str]] = {}
        labels = {field.name: field.label for field in self._fields()}
        for problem in problems:
            name = field_name(problem.path)
            problem = self._unresolved.get(name, problem)
            texts.setdefault(name, []).append(problem.sentence(language))
        order = list(labels)
        for name, sentences in sorted(
            texts.items(), key=lambda item: order.index(item[0]) if item[0] in labels else len(order)
        ):
            anchor = "f-" + name.replace(".", "-") if name in labels else ""
            self.complaints.append(Complaint(anchor, labels.get(name, ""), " ".join(sentences)))
        self._each(
            lambda field: (
                msgspec.structs.replace(field, error=" ".join(texts[field.name]))
                if field.name in texts
                else field
            )
        )

    def contrast(self, theirs: Mapping[str, Any], by: str) -> None:
        """Show beside fields what somebody else saved meanwhile."""
        self._each(
            lambda field: (
                msgspec.structs.replace(
                    field,
                    stored=_one_line(self._read(field.name, theirs[field.name])),
                    stored_by=by,
                )
                if field.name in theirs
                else field
            )
        )

    def _read(self, name: str, value: Any) -> Any:
        """Return a stored value as people read it where that is something else than what is kept."""
        field = self._stored[name]
        return filled(field, value).value if field.zone or field.refers_to else value

    def _fields(self) -> list[Field]:
        return [field for group in self.groups for field in group.fields]

    def _each(self, change: Any) -> None:
        self.groups = [
            FieldGroup(group.title, [change(field) for field in group.fields]) for group in self.groups
        ]


def file_problems(form: Form) -> list[Problem]:
    """Return why files of ``form`` were not taken, each at the field that it was for."""
    return [
        msgspec.structs.replace(problem, path="/" + name.replace(".", "/", 1))
        for name, problem in form.refused.items()
    ]


def field_name(path: str) -> str:
    """Return the field that the JSON Pointer ``path`` leads into: ``/emails/0`` is in ``emails``."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    if len(parts) > 1 and parts[0] == "custom":
        return f"custom.{parts[1]}"
    return parts[0] if parts else ""


def stored_value(document: Mapping[str, Any], name: str) -> Any:
    """Return the value of the field ``name`` in ``document``."""
    if name.startswith("custom."):
        return (document.get("custom") or {}).get(name.removeprefix("custom."))
    return document.get(name)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _one_line(value: Any) -> str:
    if names := [str(item.get("name", item["id"])) for item in files_in(value)]:
        return ", ".join(names)
    return as_typed(value).replace("\n", ", ")
