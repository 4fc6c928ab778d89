"""Rules that look at a whole record: over several fields, before closing, values that plugins compute."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem, Refusal
from crmcore.contracts.records import Draft
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import CompiledSchema
from crmcore.records.custom_values import EMPTY, CustomValues
from crmcore.records.definition import Definition
from crmcore.records.leaving import before_closing, left_without
from crmcore.records.sealed import SealedValues, is_sealed
from crmcore.records.stages import said

CLOSING = "closing"
_RULE_OF: Label = {"en": "The rule of “{field}”: {why}", "ru": "Правило поля «{field}»: {why}"}


class CustomRules:
    """What the definitions of a record type say about its records as wholes."""

    def __init__(
        self, catalog: FieldCatalog, dispatch: Dispatcher, values: CustomValues, sealed: SealedValues
    ) -> None:
        self._sealed = sealed
        self._catalog = catalog
        self._dispatch = dispatch
        self._values = values
        self._compiled: dict[tuple[UUID, int, str], CompiledSchema] = {}

    def defaults(self, definitions: Iterable[Definition], asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a new record gets beside what was ``asked``: the defaults of what was not named."""
        return {
            item.key: item.default
            for item in definitions
            if item.default is not None and item.writable and not any(name in asked for name in item.names)
        }

    async def compute(self, definitions: Iterable[Definition], draft: Draft) -> None:
        """Let plugins make the values of their computed fields; one that fails leaves the value as it is."""
        table = draft.record_type.table._meta.tablename
        definitions = tuple(definitions)
        for definition in definitions:
            declared = self._catalog.declared(definition)
            if declared is None or declared.item.compute is None or definition.dormant:
                continue
            document = whole_document(draft) | {
                "custom": self._sealed.for_plugin(table, draft.id, draft.custom, definitions, declared.plugin)
            }
            path = f"/custom/{definition.key}"
            try:
                value = await self._dispatch.run(
                    declared.plugin, f"computed field {definition.key}", declared.item.compute, document
                )
                value = await self._values.clean_one(definition, value, path)
            except (InvalidValue, Refusal, PluginFailed):
                continue
            if value in EMPTY:
                draft.custom.pop(definition.key, None)
            elif not self._schema(definition, "value").problems(value):
                draft.custom[definition.key] = self._kept(definition, draft, value)

    def problems(
        self,
        definitions: Collection[Definition],
        draft: Draft,
        hidden: Collection[str] = (),
        *,
        incomplete: bool = False,
        undoing: bool = False,
    ) -> list[Problem]:
        """Return what the record as it will be breaks: rules that its changes touch, what closing and leaving need.

        ``hidden`` are the fields that whoever writes does not see. What is ``incomplete`` may lack what rules and
        closing need; ``undoing`` puts back what was, which leaves nothing.
        """
        problems: list[Problem] = []
        if draft.before is not None and not undoing:
            problems += left_without(definitions, draft.before.get("custom") or {}, draft.custom, hidden)
        if incomplete:
            return problems
        touched, closing = _touched(draft), _closing(draft)
        document: dict[str, Any] | None = None
        table = draft.record_type.table._meta.tablename
        for definition in definitions:
            if definition.dormant:
                continue
            if definition.required_when == CLOSING and closing and draft.custom.get(definition.key) in EMPTY:
                problems.append(before_closing(definition, hidden))
            if definition.rule and (
                touched is None or touched & {f"custom.{definition.key}", *named_in(definition.rule)}
            ):
                document = document or whole_document(draft) | {
                    "custom": self._sealed.opened(table, draft.id, draft.custom)
                }
                broken = self._schema(definition, "rule").problems(document)
                problems += _in_own_words(definition, broken, hidden)
        return problems

    def _kept(self, definition: Definition, draft: Draft, value: Any) -> Any:
        """Return a computed value as it is stored; a sealed one that is the same stays as it is."""
        if not definition.sensitive:
            return value
        table, stored = draft.record_type.table._meta.tablename, draft.custom.get(definition.key)
        opened = self._sealed.opened(table, draft.id, {definition.key: stored})[definition.key]
        if is_sealed(stored) and opened == value:
            return stored
        return self._sealed.seal(table, definition.key, draft.id, value)

    def _schema(self, definition: Definition, part: str) -> CompiledSchema:
        key = (definition.id, definition.version, part)
        if key not in self._compiled:
            if len(self._compiled) > 1000:
                self._compiled.clear()
            schema = definition.rule if part == "rule" else definition.schema
            self._compiled[key] = CompiledSchema(schema, {})
        return self._compiled[key]


def whole_document(draft: Draft) -> dict[str, Any]:
    """Return the record as it will be, as JSON has it, without what has no value; sensitive values are sealed."""
    document: dict[str, Any] = {}
    if draft.before is not None:
        document.update(msgspec.to_builtins(draft.record_type.document(draft.before)))
    document.update(draft.asked)
    known = draft.record_type.properties
    document = {name: value for name, value in document.items() if name in known and value not in EMPTY}
    if draft.record_type.custom_fields:
        document["custom"] = dict(draft.custom)
    return document


def named_in(rule: Mapping[str, Any], place: str = "") -> set[str]:
    """Return the fields that ``rule`` names: ``status``, ``custom.tier``."""
    names: set[str] = set()
    for keyword, value in rule.items():
        if keyword == "properties" and isinstance(value, Mapping):
            for name, below in value.items():
                if not place and name == "custom" and isinstance(below, Mapping):
                    names |= named_in(below, "custom.")
                else:
                    names.add(f"{place}{name}")
        elif keyword == "required" and isinstance(value, list):
            names |= {f"{place}{name}" for name in value}
        elif keyword == "dependentRequired" and isinstance(value, Mapping):
            names |= {f"{place}{name}" for key, others in value.items() for name in (key, *others)}
        elif keyword in ("if", "then", "else", "not") and isinstance(value, Mapping):
            names |= named_in(value, place)
        elif keyword in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
            for part in value:
                names |= named_in(part, place) if isinstance(part, Mapping) else set()
    return names


def _touched(draft: Draft) -> set[str] | None:
    """Return the fields that change; None for a new record, where every rule holds."""
    if draft.before is None:
        return None
    before = draft.before.get("custom") or {}
    keys = {key for key in {*before, *draft.custom} if before.get(key) != draft.custom.get(key)}
    return {*draft.asked, *(f"custom.{key}" for key in keys)}


def _closing(draft: Draft) -> bool:
    was = (draft.before or {}).get("status")
    return draft.values.get("status") == "closed" and was != "closed"


def _in_own_words(definition: Definition, problems: list[Problem], hidden: Collection[str]) -> list[Problem]:
    """Return ``problems`` in the words of the rule; one without words is said with the field whose rule it is."""
    message = definition.rule.get("x-crm", {}).get("message")
    if message:
        return [Problem(path=problem.path, code="rule", message=message) for problem in problems]
    if f"custom.{definition.key}" in hidden:
        return problems
    return [
        msgspec.structs.replace(
            problem,
            message=_RULE_OF,
            params={
                "field": said(definition.label),
                "why": {language: problem.sentence(language) for language in ("en", "ru")},
            },
        )
        for problem in problems
    ]
