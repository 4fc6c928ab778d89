"""What a row changes in a record that is there: only what differs, so that the same file twice changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crmcore.contacts.points import PointRules
from crmcore.contacts.record_type import KINDS
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.importing.run import Duplicates
from crmcore.plugins.failures import PluginFailed
from crmcore.records.custom_values import EMPTY, CustomValues
from crmcore.records.definition import Definition


class Changing:
    """Compares rows with what is stored. ``definitions`` are the custom fields by their names."""

    def __init__(
        self, values: CustomValues, definitions: Mapping[str, Definition], rules: PointRules
    ) -> None:
        self._values = values
        self._definitions = definitions
        self._rules = rules

    async def changes(
        self, before: Mapping[str, Any], document: Mapping[str, Any], duplicates: Duplicates
    ) -> dict[str, Any]:
        """Return what to write; empty when the record has it all.

        Lists of the record type are added to, never taken from. ``merge`` leaves what has a value alone and adds to
        lists of custom fields too.
        """
        changes: dict[str, Any] = {}
        for name, value in document.items():
            stored = before.get(name)
            if name == "custom":
                continue
            if isinstance(value, list):
                missing = [item for item in value if not self._has(name, stored or [], item)]
                if missing:
                    changes[name] = [*(stored or []), *missing]
            elif not _same(stored, value) and not (duplicates == "merge" and stored not in EMPTY):
                changes[name] = value
        custom = await self._custom(before.get("custom") or {}, document.get("custom") or {}, duplicates)
        return changes | ({"custom": custom} if custom else {})

    async def _custom(
        self, stored: Mapping[str, Any], asked: Mapping[str, Any], duplicates: Duplicates
    ) -> dict[str, Any]:
        changes = {}
        for name, value in asked.items():
            definition = self._definitions.get(name)
            key = definition.key if definition else name
            cleaned = await self._cleaned(definition, value)
            before = stored.get(key)
            if duplicates == "merge" and before not in EMPTY:
                if not (isinstance(before, list) and isinstance(cleaned, list)):
                    continue
                cleaned = [*before, *(item for item in cleaned if item not in before)]
            if cleaned != before or isinstance(cleaned, bool) is not isinstance(before, bool):
                changes[name] = cleaned
        return changes

    async def _cleaned(self, definition: Definition | None, value: Any) -> Any:
        """Return the value in the form in which it is stored; as it is when the gate will refuse it."""
        if definition is None or definition.dormant:
            return value
        try:
            return await self._values.clean_one(definition, value, "")
        except (InvalidValue, Refusal, PluginFailed):
            return value

    def _has(self, name: str, stored: list[Any], item: Any) -> bool:
        """Tell whether a list has ``item``: contact points as they are compared, tags in any case."""
        if item in stored:
            return True
        if not isinstance(item, str):
            return False
        key = self._key(name, item)
        return any(isinstance(other, str) and self._key(name, other) == key for other in stored)

    def _key(self, name: str, value: str) -> str:
        if name in KINDS:
            try:
                return self._rules.point(KINDS[name], value).normalized
            except InvalidValue:
                return value
        return " ".join(value.split()).casefold() if name == "tags" else value


def _same(stored: Any, value: Any) -> bool:
    if isinstance(stored, datetime) and isinstance(value, str):
        try:
            return datetime.fromisoformat(value) == stored
        except (ValueError, TypeError):
            return False
    if isinstance(stored, str) and isinstance(value, str):
        return stored == value or " ".join(stored.split()) == " ".join(value.split())
    if isinstance(value, str):
        return stored is not None and str(stored) == value
    return bool(stored == value)
