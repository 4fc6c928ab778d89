"""Forms made from the JSON Schema of a settings Struct: a channel account's, a plugin's."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.web.form import Form
from crmcore.web.form_fields import LONG_TEXT, Field, as_typed
from crmcore.web.texts import N_
from crmcore.written_numbers import written_number

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

SPARE_ROWS = 3
# What the core's own channels call their settings; a plugin's Struct brings its labels along.
SETTING_LABELS = {
    "reply_url": N_("Address that replies are posted to"),
    "signing_secret": N_("Secret that signs replies"),
    "title": N_("Title"),
    "intro": N_("Introduction"),
    "thanks": N_("Thanks after sending"),
    "submit": N_("Text on the button"),
    "language": N_("Language"),
    "task_title": N_("Make a task with this title"),
    "task_due_in_s": N_("Task is due after, seconds"),
    "trap": N_("Name of the hidden trap"),
    "minimum_fill_s": N_("Fastest a person can fill it, seconds"),
    "limit_per_address": N_("Messages from one address"),
    "limit_window_s": N_("… within, seconds"),
    "fields": N_("Questions"),
    "name": N_("Name for programs"),
    "label": N_("Question"),
    "type": N_("Kind"),
    "required": N_("Required"),
    "choices": N_("Choices"),
    "target": N_("Goes to"),
    "help": N_("Hint"),
}
CHOICE_LABELS = {
    "en": "English",
    "ru": "Русский",
    "text": N_("Text"),
    "multiline": N_("Long text"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "number": N_("Number"),
    "date": N_("Date"),
    "choice": N_("Choice"),
    "checkbox": N_("Checkbox"),
    "file": N_("File"),
    "day_first": N_("Day first"),
    "month_first": N_("Month first"),
}
MAX_ROWS = 50
MANY_CHOICES = 30
"""A list of more is searched by typing instead of being scrolled through: currencies, countries."""


class Rows(Struct, frozen=True, kw_only=True):
    """A list of objects as a table: a row for each and a few empty ones."""

    name: str
    label: str
    hint: str = ""
    error: str = ""
    columns: list[str]
    rows: list[list[Field]]


class SchemaForm:
    """The form of one object schema for one visitor.

    ``prefix`` stands before every field's name. The page has a list of suggestions for each of ``suggestions``.
    """

    def __init__(
        self, visit: "Visit", schema: JsonSchema, prefix: str = "", suggestions: Collection[str] = ()
    ) -> None:
        self._visit = visit
        self._definitions = schema.get("$defs", {})
        self._schema = self._resolved(schema)
        self._prefix = prefix
        self._suggestions = suggestions
        self.fields: list[Field] = []
        self.tables: list[Rows] = []
        self.general: list[str] = []

    def show(self, values: Mapping[str, Any]) -> None:
        """Fill the form with ``values``, defaults where there are none."""
        self.fields, self.tables = [], []
        required = self._schema.get("required", ())
        for name, raw in self._schema.get("properties", {}).items():
            schema = self._resolved(raw)
            value = values.get(name, raw.get("default", schema.get("default")))
            item = self._resolved(schema.get("items", {})) if schema.get("type") == "array" else {}
            if item.get("type") == "object":
                self.tables.append(self._table(name, raw, item, value or []))
            else:
                self.fields.append(
                    self._field(self._prefix + name, name, raw, value, required=name in required)
                )

    def sent(self, form: Form) -> dict[str, Any]:
        """Return what ``form`` says, as JSON values for the Struct; empty optional values are left out."""
        values: dict[str, Any] = {}
        for name, raw in self._schema.get("properties", {}).items():
            schema = self._resolved(raw)
            item = self._resolved(schema.get("items", {})) if schema.get("type") == "array" else {}
            if item.get("type") == "object":
                values[name] = self._sent_rows(form, name, item)
                continue
            value = _typed(form, self._prefix + name, schema)
            if value is not None:
                values[name] = value
            elif name in self._schema.get("required", ()):
                values[name] = ""
        return values

    def complain(self, problems: Sequence[Problem], root: str = "") -> None:
        """Show every problem beside its field; ``root`` is the path under which the document was sent."""
        for problem in problems:
            parts = problem.path.removeprefix(root).strip("/").split("/")
            text = problem.sentence(self._visit.language)
            if not (self._mark_cell(parts, text) or self._mark(parts[0], text)):
                self.general.append(text)

    def _mark_cell(self, parts: Sequence[str], text: str) -> bool:
        """Show ``text`` beside one field of a table's row, when ``parts`` lead to one: ``fields/0/target``."""
        name = self._prefix + ".".join(parts)
        for table in self.tables:
            for row in table.rows:
                for index, field in enumerate(row):
                    if field.name == name:
                        row[index] = msgspec.structs.replace(field, error=f"{field.error} {text}".strip())
                        return True
        return False

    def _mark(self, name: str, text: str) -> bool:
        for index, field in enumerate(self.fields):
            if name and field.name == self._prefix + name:
                self.fields[index] = msgspec.structs.replace(field, error=text)
                return True
        for index, table in enumerate(self.tables):
            if table.name == name:
                self.tables[index] = msgspec.structs.replace(table, error=text)
                return True
        return False

    def _table(self, name: str, raw: JsonSchema, item: JsonSchema, values: list[Any]) -> Rows:
        columns = item.get("properties", {})
        rows = []
        for index in range(min(MAX_ROWS, len(values) + SPARE_ROWS)):
            stored = values[index] if index < len(values) and isinstance(values[index], Mapping) else {}
            rows.append(
                [
                    self._field(
                        f"{self._prefix}{name}.{index}.{key}",
                        key,
                        schema,
                        stored.get(key, schema.get("default")),
                    )
                    for key, schema in columns.items()
                ]
            )
        labels = [self._label(key, schema) for key, schema in columns.items()]
        return Rows(name=name, label=self._label(name, raw), hint=self._hint(raw), columns=labels, rows=rows)

    def _sent_rows(self, form: Form, name: str, item: JsonSchema) -> list[dict[str, Any]]:
        rows = []
        for index in range(MAX_ROWS):
            row = {}
            for key, schema in item.get("properties", {}).items():
                value = _typed(form, f"{self._prefix}{name}.{index}.{key}", self._resolved(schema))
                if value is not None and value is not False and value != []:
                    row[key] = value
            # A drop-down always has a value: a row counts when a text was written into it.
            if any(
                isinstance(row.get(key), str) and not _is_choice(self._resolved(schema))
                for key, schema in item.get("properties", {}).items()
            ):
                rows.append(row)
        return rows

    def _field(self, name: str, key: str, raw: JsonSchema, value: Any, *, required: bool = False) -> Field:
        schema = self._resolved(raw)
        secret = bool(raw.get("writeOnly") or schema.get("writeOnly"))
        limit = schema.get("maxLength")
        said = {**schema, **raw}.get("x-crm", {}).get("choices", {})
        choices = tuple((str(choice), self._choice(str(choice), said)) for choice in schema.get("enum", ()))
        searched = len(choices) > MANY_CHOICES
        if searched:
            choices = tuple((code, self._visit.formats.code_name(code)) for code, _ in choices)
        lines = schema.get("type") == "array"
        widget = "text"
        if choices:
            widget = "searched" if searched else "select"
        elif schema.get("type") == "boolean":
            widget = "checkbox"
        elif schema.get("type") in ("integer", "number"):
            widget = "number"
        elif lines or (limit and limit > LONG_TEXT and "pattern" not in schema):
            widget = "textarea"
        elif secret:
            widget = "password"
        hint = self._hint(raw) or (self._visit.texts.gettext("One per line") if lines else "")
        if isinstance(value, Mapping) and set(value) == {"$env"}:
            hint = self._visit.texts.gettext("Taken from the environment variable {name}", name=value["$env"])
            value = ""
        return Field(
            name=name,
            label=self._label(key, raw),
            widget=widget,
            wide=widget == "textarea" and not lines,
            value=as_typed(value),
            choices=choices,
            required=required,
            hint=hint,
            max_length=limit,
            suggestions=f"suggested-{key}" if key in self._suggestions else "",
            step="1" if schema.get("type") == "integer" else "any" if widget == "number" else "",
            autocomplete="new-password" if secret else "off",
        )

    def _resolved(self, schema: JsonSchema) -> JsonSchema:
        if "$ref" in schema:
            found: JsonSchema = self._definitions.get(schema["$ref"].rpartition("/")[2], {})
            return self._resolved(found)
        for keyword in ("anyOf", "oneOf"):
            parts = [part for part in schema.get(keyword, ()) if part.get("type") != "null"]
            if parts:
                return {**self._resolved(parts[0]), **{k: v for k, v in schema.items() if k != keyword}}
        return schema

    def _label(self, name: str, schema: JsonSchema) -> str:
        label = schema.get("x-crm", {}).get("label") or schema.get("title")
        if label:
            return self._visit.say(label)
        known = SETTING_LABELS.get(name)
        return self._visit.texts.gettext(known) if known else name.replace("_", " ").capitalize()

    def _choice(self, value: str, said: Mapping[str, Label]) -> str:
        if value in said:
            return self._visit.say(said[value])
        known = CHOICE_LABELS.get(value)
        return self._visit.texts.gettext(known) if known else value

    def _hint(self, schema: JsonSchema) -> str:
        hint = schema.get("x-crm", {}).get("help") or schema.get("description")
        return self._visit.say(hint) if hint else ""


def _is_choice(schema: JsonSchema) -> bool:
    return "enum" in schema


def _typed(form: Form, name: str, schema: JsonSchema) -> Any:
    """Return the value of one field in the schema's type, None when it is empty; what cannot be is left as text."""
    kind = schema.get("type")
    if kind == "boolean":
        return form.get(name) == "true"
    if kind == "array":
        return [line.strip() for line in form.raw(name).split("\n") if line.strip()]
    text = form.get(name)
    if not text:
        return None
    for choice in schema.get("enum", ()):
        if str(choice) == text or (isinstance(choice, str) and choice == text.upper()):
            return choice
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(written_number(text))
        except ValueError:
            return text
    return text
