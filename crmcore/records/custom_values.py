"""Cleans custom values on their way in: one form for storing, one check for every path."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema, Options
from crmcore.contracts.problems import InvalidValue, Problem, Refusal
from crmcore.contracts.records import RecordType
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import MAX_PROBLEMS, unknown_field
from crmcore.records.definition import Definition
from crmcore.records.sealed import SealedValues, is_sealed, looks_masked, mute, silenced
from crmcore.records.sentences import (
    CHECK_FAILED,
    DORMANT,
    MASKED,
    NAMED_TWICE,
    PLUGIN_ONLY,
    REQUIRED,
    RETIRED,
)
from crmcore.secrets.keys import SecretError

EMPTY: tuple[Any, ...] = (None, "", [])
_UNREADABLE = object()


class CustomValues:
    """Turns what somebody sent into what is stored, field by field."""

    def __init__(self, catalog: FieldCatalog, dispatch: Dispatcher, sealed: SealedValues) -> None:
        self._catalog = catalog
        self._dispatch = dispatch
        self._sealed = sealed

    async def clean(
        self,
        record_type: RecordType,
        id: UUID,
        asked: Mapping[str, Any],
        stored: Mapping[str, Any],
        actor: Actor,
    ) -> tuple[dict[str, Any], dict[str, Any], list[Problem]]:
        """Return the changed values, the whole document as it will be stored, and what was refused.

        ``None``, an empty text and an empty list remove a value. A value equal to the stored one, or its mask,
        counts as untouched and is not checked again: a form sends back what it was given. ``stored`` and the
        whole document have sensitive values sealed for the record ``id``; the changed values are clear.
        """
        table = record_type.table._meta.tablename
        known = await self._catalog.of(record_type.key)
        definitions = {name: definition for definition in known for name in reversed(definition.names)}
        changed: dict[str, Any] = {}
        whole = dict(stored)
        problems: list[Problem] = []
        for name, value in asked.items():
            path = f"/custom/{name}"
            definition = definitions.get(name)
            key = definition.key if definition else name
            if definition is None:
                if len(problems) < MAX_PROBLEMS:
                    problems.append(unknown_field("/custom", key, definitions))
                continue
            if key != name and key in asked:
                params = {"key": key}
                problems.append(Problem(path=path, code="named_twice", message=NAMED_TWICE, params=params))
                continue
            had = self._stored(table, definition, id, stored.get(key))
            if (
                _same(value, had)
                or (value in EMPTY and key not in stored and not definition.required)
                or (key in stored and self.is_mask(table, definition, id, stored[key], value))
            ):
                continue
            if definition.sensitive and looks_masked(value):
                problems.append(Problem(path=path, code="masked", message=MASKED))
                continue
            if refused := _may_not_write(definition, path, actor):
                problems.append(refused)
                continue
            try:
                cleaned = await self.clean_one(definition, value, path)
            except InvalidValue as error:
                problems.append(_quiet(definition, error.problem(path), value))
                continue
            except Refusal as refusal:
                problems += [_quiet(definition, problem, value) for problem in refusal.problems]
                continue
            except PluginFailed as failed:
                problems.append(_check_failed(definition, path, failed))
                continue
            if cleaned in EMPTY:
                if definition.required:
                    problems.append(Problem(path=path, code="required", message=REQUIRED))
                whole.pop(key, None)
                continue
            if gone := retired_choices(definition.schema, cleaned, had):
                params = {"choice": ", ".join(gone)}
                problems.append(Problem(path=path, code="not_a_choice", message=RETIRED, params=params))
                continue
            changed[key] = cleaned
            whole[key] = self._sealed.seal(table, key, id, cleaned) if definition.sensitive else cleaned
        for definition in known:
            # What was stored before the field became sensitive is sealed with the next write at the latest.
            value = whole.get(definition.key)
            if value is not None and definition.sensitive and not is_sealed(value):
                whole[definition.key] = self._sealed.seal(table, definition.key, id, value)
        return changed, whole, problems

    def is_mask(self, table: str, definition: Definition, id: UUID, stored: Any, value: Any) -> bool:
        """Tell whether ``value`` is the mask of the ``stored`` one."""
        hidden = definition.sensitive or is_sealed(stored)
        return hidden and bool(value == self._sealed.mask(table, definition, id, stored))

    def _stored(self, table: str, definition: Definition, id: UUID, stored: Any) -> Any:
        """Return a stored value as it was given; one that cannot be opened equals nothing and can be replaced."""
        try:
            return self._sealed.open(table, definition.key, id, stored)
        except SecretError:
            return _UNREADABLE

    async def clean_one(self, definition: Definition, value: Any, path: str) -> Any:
        """Return ``value`` in the form that is stored, clear; raises InvalidValue, Refusal or PluginFailed."""
        registered = self._catalog.types[definition.type]
        field_type = registered.item
        if value is None:
            return None
        if registered.plugin == "core":
            value = field_type.clean(value, definition.options)
        else:
            value = await self._ask(
                registered.plugin,
                f"field type {definition.type}",
                mute(field_type.clean) if definition.sensitive else field_type.clean,
                value,
                definition.options,
                path,
            )
        if definition.format and isinstance(value, str) and value:
            validator = self._catalog.validators[definition.format]
            options = definition.options.get("format_options", {})
            check = mute(validator.item.check) if definition.sensitive else validator.item.check
            value = await self._ask(
                validator.plugin, f"validator {definition.format}", check, value, options, path
            )
        return value

    async def _ask(
        self,
        plugin: str,
        point: str,
        function: Callable[[Any, Options], Any],
        value: Any,
        options: Options,
        path: str,
    ) -> Any:
        """Return what a plugin makes of ``value``; its refusal names it."""
        try:
            return await self._dispatch.run(plugin, point, function, value, options)
        except InvalidValue as error:
            raise Refusal(error.problem(path, plugin)) from error


def _same(value: Any, stored: Any) -> bool:
    """Tell whether ``value`` is the stored one; Python takes 1 for True, JSON does not."""
    return bool(value == stored) and isinstance(value, bool) is isinstance(stored, bool)


def _quiet(definition: Definition, problem: Problem, value: Any) -> Problem:
    return silenced(problem, value) if definition.sensitive else problem


def _may_not_write(definition: Definition, path: str, actor: Actor) -> Problem | None:
    if definition.dormant:
        why = definition.dormant
        message = {
            language: text.replace("{why}", why[language] if isinstance(why, dict) else why)
            for language, text in DORMANT.items()
        }
        return Problem(path=path, code="dormant", message=message, plugin=definition.owner)
    if definition.read_only and not (actor.kind == "plugin" and actor.id == definition.owner):
        return Problem(
            path=path,
            code="read_only",
            message=PLUGIN_ONLY,
            params={"plugin": definition.owner},
            plugin=definition.owner,
        )
    return None


def retired_choices(schema: JsonSchema, value: Any, stored: Any) -> list[str]:
    """Return the retired choices of a field in ``value`` that the record does not have already."""
    retired = {*schema.get("x-crm", {}).get("retired", ())}
    if isinstance(schema.get("items"), Mapping):
        retired |= {*schema["items"].get("x-crm", {}).get("retired", ())}
    if not retired:
        return []
    had = stored if isinstance(stored, list) else [stored]
    chosen = value if isinstance(value, list) else [value]
    return [item for item in chosen if isinstance(item, str) and item in retired and item not in had]


def _check_failed(definition: Definition, path: str, failed: PluginFailed) -> Problem:
    return Problem(
        path=path,
        code="check_failed",
        message=CHECK_FAILED,
        params={"format": definition.format or definition.type, "plugin": failed.plugin},
        plugin=failed.plugin,
    )
