"""Cleans custom values on their way in: one form for storing, one check for every path."""

from collections.abc import Callable, Mapping
from typing import Any

from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import Options
from crmcore.contracts.problems import InvalidValue, Problem, Refusal
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import MAX_PROBLEMS, unknown_field
from crmcore.records.definition import Definition
from crmcore.records.sentences import CHECK_FAILED, DORMANT, NAMED_TWICE, PLUGIN_ONLY, REQUIRED, RETIRED

EMPTY: tuple[Any, ...] = (None, "", [])


class CustomValues:
    """Turns what somebody sent into what is stored, field by field."""

    def __init__(self, catalog: FieldCatalog, dispatch: Dispatcher) -> None:
        self._catalog = catalog
        self._dispatch = dispatch

    async def clean(
        self,
        record_type: str,
        asked: Mapping[str, Any],
        stored: Mapping[str, Any],
        actor: Actor,
    ) -> tuple[dict[str, Any], dict[str, Any], list[Problem]]:
        """Return the changed values, the whole document as it will be, and what was refused.

        ``None``, an empty text and an empty list remove a value. A value equal to the stored one counts as
        untouched and is not checked again: a form sends back what it was given.
        """
        definitions = {
            name: definition
            for definition in await self._catalog.of(record_type)
            for name in reversed(definition.names)
        }
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
            if _same(value, stored.get(key)) or (
                value in EMPTY and key not in stored and not definition.required
            ):
                continue
            if refused := _may_not_write(definition, path, actor):
                problems.append(refused)
                continue
            try:
                cleaned = await self.clean_one(definition, value, path)
            except InvalidValue as error:
                problems.append(error.problem(path))
                continue
            except Refusal as refusal:
                problems += refusal.problems
                continue
            except PluginFailed as failed:
                problems.append(_check_failed(definition, path, failed))
                continue
            if cleaned in EMPTY:
                if definition.required:
                    problems.append(Problem(path=path, code="required", message=REQUIRED))
                whole.pop(key, None)
                continue
            if gone := _retired_choices(definition, cleaned, stored.get(key)):
                params = {"choice": ", ".join(gone)}
                problems.append(Problem(path=path, code="not_a_choice", message=RETIRED, params=params))
                continue
            changed[key] = cleaned
            whole[key] = cleaned
        return changed, whole, problems

    async def clean_one(self, definition: Definition, value: Any, path: str) -> Any:
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
                field_type.clean,
                value,
                definition.options,
                path,
            )
        if definition.format and isinstance(value, str) and value:
            validator = self._catalog.validators[definition.format]
            options = definition.options.get("format_options", {})
            value = await self._ask(
                validator.plugin, f"validator {definition.format}", validator.item.check, value, options, path
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


def _retired_choices(definition: Definition, value: Any, stored: Any) -> list[str]:
    """Return the retired choices in ``value`` that the record does not have already."""
    schema = definition.schema
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
