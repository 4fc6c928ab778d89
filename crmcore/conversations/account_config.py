"""Settings of a channel account: checked against the channel's Struct, secrets sealed, masked for reading."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.conversions import converted
from crmcore.errors import Invalid
from crmcore.secrets.fields import MASK, SecretFields
from crmcore.secrets.keyring import KeyRing, is_envelope

_NO_SETTINGS: Label = {"en": "This channel has no settings.", "ru": "У этого канала нет настроек."}


class ConfigCodec:
    """Turns an account's settings into what is stored, what its channel gets and what people see.

    Every secret is bound to its table, column, row and place: copied elsewhere, it cannot be read.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def checked(self, config: type[Struct] | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``given`` as JSON values in the form of the Struct ``config``; raises Invalid with the path."""
        if config is None:
            problems = tuple(
                Problem(path=f"/config/{name}", code="unknown_field", message=_NO_SETTINGS) for name in given
            )
            if problems:
                raise Invalid(problems=problems)
            return {}
        values = converted(dict(given), config, under="/config")
        built: dict[str, Any] = msgspec.to_builtins(values)
        return built

    def changed(
        self, config: type[Struct] | None, account: UUID, text: str, changes: Mapping[str, Any]
    ) -> str:
        """Return the stored settings ``text`` with ``changes``; a secret left out, empty or masked is kept."""
        stored = self._opened(config, account, text)
        values = {name: value for name, value in {**stored, **changes}.items() if value is not None}
        if config is not None:
            values = SecretFields(config).keep_masked(values, stored)
            secrets = SecretFields(config).mask(stored)
            for name, value in stored.items():
                if values.get(name) == "" and secrets[name] == MASK != value:
                    values[name] = value
        return self.stored(config, account, self.checked(config, values))

    def stored(self, config: type[Struct] | None, account: UUID, values: dict[str, Any]) -> str:
        """Return checked ``values`` as the JSON text that is stored."""
        if config is not None:
            values = SecretFields(config).seal(values, self._keys, *_place(account))
        return msgspec.json.encode(values).decode()

    def loaded(self, config: type[Struct] | None, account: UUID, text: str) -> Struct | None:
        """Return stored settings as the channel's Struct, its repr without secrets.

        Raises ``msgspec.ValidationError`` when they do not fit any more, SecretError when a key is missing.
        """
        if config is None:
            return None
        values = msgspec.convert(self._opened(config, account, text), config)
        return SecretFields(config).veil(values)

    def masked(self, config: type[Struct] | None, text: str) -> dict[str, Any]:
        """Return stored settings for reading: secrets that are set show as dots, and all that is sealed."""
        stored: dict[str, Any] = msgspec.json.decode(text)
        masked = SecretFields(config).mask(stored) if config is not None else stored
        return {name: MASK if is_envelope(value) else value for name, value in masked.items()}

    def _opened(self, config: type[Struct] | None, account: UUID, text: str) -> dict[str, Any]:
        stored: dict[str, Any] = msgspec.json.decode(text)
        return stored if config is None else SecretFields(config).open(stored, self._keys, *_place(account))


def _place(account: UUID) -> tuple[str, ...]:
    return ("channel_account", "config", str(account))
