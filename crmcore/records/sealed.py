"""Sensitive custom values: sealed where they are stored, masked where they are read, opened by name only."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.fields import Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.records.definition import Definition
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.keys import SecretError

SEALED = "$sealed"
"""The only key of the JSON object in which an envelope is stored; no field type makes such a value."""
DOTS = "••••"
HIDDEN = "•••"
"""What stands in history and events for a value that is kept out of them."""

_SAYS_NO_MORE: Label = {"en": "The value is not accepted.", "ru": "Значение не принято."}


class SealedValues:
    """Seals and opens custom values. An envelope is bound to the record's table, the field's key and the row.

    So it opens nowhere else: a value that moves to another record is sealed anew for it. What is sealed is the
    value as JSON: texts, numbers and lists alike.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def seal(self, table: str, key: str, row: UUID, value: Any) -> dict[str, str]:
        """Return ``value`` as it is stored."""
        text = msgspec.json.encode(value).decode()
        return {SEALED: self._keys.encrypt(text, *place_of(table, key, row))}

    def open(self, table: str, key: str, row: UUID, stored: Any) -> Any:
        """Return the value in ``stored``; what is not sealed is returned as it is. Raises SecretError."""
        if not is_sealed(stored):
            return stored
        return msgspec.json.decode(self._keys.decrypt(stored[SEALED], *place_of(table, key, row)))

    def is_current(self, stored: Any) -> bool:
        """Tell whether a sealed value was sealed with the first key."""
        return is_sealed(stored) and self._keys.is_current(stored[SEALED])

    def masked(
        self, table: str, row: UUID, custom: Mapping[str, Any], definitions: Iterable[Definition]
    ) -> dict[str, Any]:
        """Return ``custom`` for readers: sensitive values, and all that is sealed, as masks."""
        return self.for_plugin(table, row, custom, definitions, None)

    def for_plugin(
        self,
        table: str,
        row: UUID,
        custom: Mapping[str, Any],
        definitions: Iterable[Definition],
        plugin: str | None,
    ) -> dict[str, Any]:
        """Return ``custom`` for ``plugin``: the values of its own fields opened, other sensitive ones masked."""
        if not custom:
            return {}
        known = {item.key: item for item in definitions if item.sensitive or item.sealed}
        if not known:
            # A value that is no object is not sealed, and most are none.
            for value in custom.values():
                if isinstance(value, Mapping) and is_sealed(value):
                    break
            else:
                return dict(custom)
        shown = {}
        for key, value in custom.items():
            definition = known.get(key)
            if definition is None:
                shown[key] = DOTS if is_sealed(value) else value
            elif plugin and definition.owner == plugin:
                shown |= self.opened(table, row, {key: value})
            else:
                shown[key] = self.mask(table, definition, row, value)
        return shown

    def opened(self, table: str, row: UUID, custom: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``custom`` with everything opened; what cannot be opened is left as it is."""
        opened = dict(custom)
        for key, value in custom.items():
            with suppress(SecretError):
                opened[key] = self.open(table, key, row, value)
        return opened

    def mask(self, table: str, definition: Definition, row: UUID, stored: Any) -> str:
        """Return what readers see of a value: dots, and its last characters where the field says so."""
        if definition.dormant or not definition.shown_last:
            return DOTS
        try:
            return masked(self.open(table, definition.key, row, stored), definition.shown_last)
        except SecretError:
            return DOTS


def place_of(table: str, key: str, row: UUID) -> tuple[str, str, str]:
    """Return what the envelope of a custom value is bound to."""
    # The key of a field is its id in documents: a plugin that comes back finds its values under it.
    return (table, f"custom.{key}", str(row))


def is_sealed(value: Any) -> bool:
    """Tell whether a stored custom value is sealed."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(SEALED), str)


def masked(value: Any, last: int) -> str:
    """Return the mask of a clear ``value``; of a text that would show more than half of itself, dots alone."""
    if not isinstance(value, str) or not last or len(value) <= 2 * last:
        return DOTS
    return f"{DOTS} {value[-last:]}"


def looks_masked(value: Any) -> bool:
    """Tell whether somebody sent back a mask."""
    return isinstance(value, str) and value.lstrip().startswith(DOTS)


def silenced(problem: Problem, value: Any) -> Problem:
    """Return ``problem`` without ``value``: a sentence that repeats a sensitive value is replaced by a plain one."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    told = " ".join((problem.sentence("en"), problem.sentence("ru"), repr(problem.params)))
    if not any(part and part in told for part in (text, text.strip())):
        return problem
    return msgspec.structs.replace(problem, message=_SAYS_NO_MORE, params={})


def mute(function: Callable[[Any, Options], Any]) -> Callable[[Any, Options], Any]:
    """Return ``function`` so that what it fails with tells nothing of the value: failures are logged."""

    def call(value: Any, options: Options) -> Any:
        failure = ""
        try:
            return function(value, options)
        except InvalidValue:
            raise
        except Exception as error:
            failure = type(error).__name__
        raise RuntimeError(f"{failure} on a sensitive value")

    return call
