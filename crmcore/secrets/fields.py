"""Secret fields of a settings Struct: sealed where it is stored, dots where it is shown, hidden in its repr."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from msgspec import inspect as shapes

from crmcore.secrets.keyring import KeyRing, is_envelope

MASK = "••••••"
"""What people see instead of a secret that is set; sent back unchanged, it keeps the secret."""

Change = Callable[[str, Any], Any]
"""Is given the path and value of a secret, returns what stands in its place."""


class SecretFields:
    """The fields marked ``writeOnly`` of one Struct type, nested ones included.

    Documents are JSON values in the form of the Struct; they may be partial.
    """

    def __init__(self, struct: type[Struct]) -> None:
        self.struct = struct
        self._shape = shapes.type_info(struct)
        self._veiled: dict[type[Struct], type[Struct]] = {}

    def seal(self, document: dict[str, Any], keys: KeyRing, *context: str) -> dict[str, Any]:
        """Return ``document`` with its secrets in envelopes bound to ``context`` and their own path."""

        def change(path: str, value: Any) -> Any:
            sealable = isinstance(value, str) and value != ""
            return keys.encrypt(value, *context, path) if sealable else value

        return self._changed(document, change)

    def open(self, document: dict[str, Any], keys: KeyRing, *context: str) -> dict[str, Any]:
        """Return ``document`` with its envelopes opened. Raises :class:`~crmcore.secrets.SecretError`."""

        def change(path: str, value: Any) -> Any:
            return keys.decrypt(value, *context, path) if is_envelope(value) else value

        return self._changed(document, change)

    def mask(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return ``document`` for reading: every secret that is set is :data:`MASK`."""
        return self._changed(
            document, lambda path, value: MASK if isinstance(value, str) and value else value
        )

    def values(self, document: dict[str, Any]) -> list[str]:
        """Return the secrets in an opened ``document``, for a log to leave out."""
        found: list[str] = []

        def change(path: str, value: Any) -> Any:
            if isinstance(value, str) and value:
                found.append(value)
            return value

        self._changed(document, change)
        return found

    def keep_masked(self, document: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
        """Return ``document`` with the masked secrets replaced by those of ``stored`` at the same path."""
        kept: dict[str, Any] = {}

        def note(path: str, value: Any) -> Any:
            kept[path] = value
            return value

        self._changed(stored, note)
        return self._changed(document, lambda path, value: kept.get(path, "") if value == MASK else value)

    def veil(self, settings: Struct) -> Struct:
        """Return ``settings`` as the same values in a type of the same name whose repr shows no secret."""
        veiled: Struct = self._veil(settings)
        return veiled

    def _changed(self, document: dict[str, Any], change: Change) -> dict[str, Any]:
        changed: dict[str, Any] = _walk(self._shape, document, "", change)
        return changed

    def _veil(self, value: Any) -> Any:
        if isinstance(value, Struct):
            fields = {name: self._veil(getattr(value, name)) for name in value.__struct_fields__}
            veiled = self._veiled_type(type(value))
            return veiled(**fields)
        if isinstance(value, list):
            return [self._veil(item) for item in value]
        if isinstance(value, dict):
            return {key: self._veil(item) for key, item in value.items()}
        return value

    def _veiled_type(self, struct: type[Struct]) -> type[Struct]:
        if struct not in self._veiled:
            secret = frozenset(_secret_names(struct))

            def shown(self: Struct) -> Iterator[tuple[str, Any]]:
                for name in self.__struct_fields__:
                    value = getattr(self, name)
                    yield name, MASK if name in secret and value else value

            def plain(self: Struct) -> str:
                parts = ", ".join(f"{name}={value!r}" for name, value in shown(self))
                return f"{type(self).__name__}({parts})"

            self._veiled[struct] = msgspec.defstruct(
                struct.__name__,
                [],
                bases=(struct,),
                module=struct.__module__,
                namespace={"__repr__": plain, "__rich_repr__": shown},
            )
        return self._veiled[struct]


def is_secret(shape: shapes.Type) -> bool:
    """Tell whether a field of this shape is marked ``writeOnly``."""
    if isinstance(shape, shapes.Metadata):
        return bool((shape.extra_json_schema or {}).get("writeOnly")) or is_secret(shape.type)
    if isinstance(shape, shapes.UnionType):
        return any(is_secret(option) for option in shape.types)
    return False


def _secret_names(struct: type[Struct]) -> Iterator[str]:
    shape = shapes.type_info(struct)
    if isinstance(shape, shapes.StructType):
        yield from (field.name for field in shape.fields if is_secret(field.type))


def _walk(shape: shapes.Type, value: Any, path: str, change: Change) -> Any:
    if is_secret(shape):
        return change(path, value)
    if isinstance(shape, shapes.Metadata):
        return _walk(shape.type, value, path, change)
    if isinstance(shape, shapes.UnionType):
        fitting = [option for option in shape.types if _holds(option, value)]
        return _walk(fitting[0], value, path, change) if fitting else value
    if isinstance(shape, shapes.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in shape.fields}
        return {
            key: _walk(fields[key], item, f"{path}/{key}", change) if key in fields else item
            for key, item in value.items()
        }
    if isinstance(shape, shapes.DictType) and isinstance(value, dict):
        return {key: _walk(shape.value_type, item, f"{path}/{key}", change) for key, item in value.items()}
    if isinstance(shape, (shapes.ListType, shapes.VarTupleType)) and isinstance(value, list):
        return [_walk(shape.item_type, item, f"{path}/{number}", change) for number, item in enumerate(value)]
    return value


def _holds(shape: shapes.Type, value: Any) -> bool:
    if isinstance(shape, shapes.Metadata):
        return _holds(shape.type, value)
    if isinstance(value, dict):
        return isinstance(shape, (shapes.StructType, shapes.DictType))
    if isinstance(value, list):
        return isinstance(shape, (shapes.ListType, shapes.VarTupleType))
    return False
