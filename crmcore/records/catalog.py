"""The custom fields of a workspace: read once, kept, and noticed when they change."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from crmcore.contracts.fields import CustomField, FieldType
from crmcore.contracts.labels import Label
from crmcore.contracts.records import RecordType
from crmcore.contracts.validators import Validator
from crmcore.plugins.registry import Registered, Registry
from crmcore.records.checking import CompiledSchema
from crmcore.records.composite import checking_schema
from crmcore.records.definition import Definition, definition_of
from crmcore.records.formats import FormatCheck
from crmcore.records.stages import why_asleep
from crmcore.records.tables import CustomFieldRow

# Another process (the command line, a second worker) may change definitions: look again after this many seconds.
RECHECK_AFTER_S = 2.0


class FieldCatalog:
    """Knows every custom field, whether it is dormant, and the compiled schema of every record type."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._definitions: dict[str, tuple[Definition, ...]] = {}
        self._compiled: dict[tuple[str, bool], CompiledSchema] = {}
        self._stamp: object = None
        self._looked_at = float("-inf")

    @property
    def validators(self) -> Mapping[str, Registered[Validator]]:
        """The validators of all loaded plugins by their format name."""
        return self._registry.validators

    @property
    def types(self) -> Mapping[str, Registered[FieldType]]:
        """The field types of all loaded plugins."""
        return self._registry.field_types

    @property
    def record_types(self) -> Mapping[str, Registered[RecordType]]:
        """The record types of all loaded plugins."""
        return self._registry.record_types

    async def of(self, record_type: str) -> tuple[Definition, ...]:
        """Return the active definitions of ``record_type`` in their order, dormant ones included."""
        await self._look_again()
        return self._definitions.get(record_type, ())

    async def compiled(self, record_type: RecordType, *, creating: bool) -> CompiledSchema:
        """Return the compiled schema that documents of ``record_type`` are checked against."""
        definitions = await self.of(record_type.key)
        key = (record_type.key, creating)
        if key not in self._compiled:
            schema = checking_schema(record_type, definitions, creating=creating)
            self._compiled[key] = CompiledSchema(schema, self._formats())
        return self._compiled[key]

    def forget(self) -> None:
        """Read the definitions again at the next use."""
        self._looked_at = float("-inf")
        self._stamp = None

    def sensitive(self, record_type: str) -> frozenset[str]:
        """Return the custom fields (``custom.key``) whose values are kept out of history, events and logs."""
        return frozenset(
            f"custom.{definition.key}"
            for definition in self._definitions.get(record_type, ())
            if definition.sensitive or definition.sealed
        )

    def is_sensitive(self, field: CustomField) -> bool:
        """Tell whether values of ``field`` are to be sealed: its type or its check says so."""
        type, validator = self.types.get(field.type), self.validators.get(field.format)
        return bool(type and type.item.sensitive) or bool(validator and validator.item.sensitive)

    def definition(self, row: dict[str, Any]) -> Definition:
        """Return the definition stored in ``row`` as it works with what is loaded."""
        registered = self.types.get(row["type"])
        validator = self.validators.get(row["format"])
        return definition_of(
            row,
            self.why_dormant(row),
            registered.item if registered else None,
            validator.item if validator else None,
            core=registered is not None and registered.plugin == "core",
        )

    def declared(self, definition: Definition) -> Registered[CustomField] | None:
        """Return the declaration of a field that a loaded plugin brings; None for our own."""
        if not definition.owner:
            return None
        for registered in self._registry.custom_fields:
            if registered.plugin == definition.owner and (
                registered.item.record_type,
                registered.item.key,
            ) == (
                definition.record_type,
                definition.key,
            ):
                return registered
        return None

    def why_dormant(self, row: Mapping[str, Any]) -> Label:
        """Return in words why the field stored in ``row`` cannot work at the moment; empty when it can."""
        owner, type, format = row["owner"], row["type"], row["format"]
        if owner and not any(
            registered.plugin == owner
            and (registered.item.record_type, registered.item.key) == (row["record_type"], row["key"])
            for registered in self._registry.custom_fields
        ):
            return {
                "en": f"the plugin “{owner}” does not bring it at the moment.",
                "ru": f"плагин «{owner}» сейчас его не предоставляет.",
            }
        if type not in self.types:
            return {
                "en": f"its field type “{type}” is missing.",
                "ru": f"нет типа поля «{type}».",
            }
        if format and format not in self.validators:
            return {
                "en": f"its check “{format}” is missing.",
                "ru": f"нет проверки «{format}».",
            }
        return ""

    async def _look_again(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < RECHECK_AFTER_S:
            return
        rows = (
            await CustomFieldRow.select()
            .where(CustomFieldRow.state == "active")
            .order_by(CustomFieldRow.position, CustomFieldRow.key)
        )
        self._looked_at = now
        stamp = [(row["id"], row["version"]) for row in rows]
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._definitions = _by_type(self.definition(row) for row in rows)
        self._compiled.clear()

    def _formats(self) -> dict[str, FormatCheck]:
        def check_of(validator: Validator) -> FormatCheck:
            def holds(value: str) -> bool:
                try:
                    validator.check(value, {})
                except Exception:  # a plugin's check: whatever it raises, the value is not accepted
                    return False
                return True

            return holds

        return {key: check_of(registered.item) for key, registered in self.validators.items()}


def _by_type(definitions: Iterable[Definition]) -> dict[str, tuple[Definition, ...]]:
    grouped: dict[str, list[Definition]] = {}
    for definition in definitions:
        grouped.setdefault(definition.record_type, []).append(definition)
    return {key: tuple(awake_or_not(item, items) for item in items) for key, items in grouped.items()}


def awake_or_not(definition: Definition, others: Iterable[Definition]) -> Definition:
    """Return ``definition`` with what keeps its rule of leaving from holding beside the ``others``."""
    if definition.required_before_leaving is None:
        return definition
    asleep = why_asleep(definition.required_before_leaving, others)
    return msgspec.structs.replace(definition, leaving_asleep=asleep)
