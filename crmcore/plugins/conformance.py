"""Whether a value is what an annotation promises.

msgspec checks what it decodes, not what code constructs: ``Panel(order="high")`` is made without a word.
"""

import types
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from crmcore.contracts.context import PluginContext


class Mismatch(Struct, frozen=True):
    """Where a value is not what was promised: the path inside it, what was expected, what is there."""

    path: str
    expected: str
    found: str


class Conformance:
    """Compares values with annotations; keeps the resolved annotations of the structs it has met."""

    def __init__(self) -> None:
        self._fields: dict[type[Struct], dict[str, Any]] = {}

    def mismatch(self, value: Any, annotation: Any, path: str = "") -> Mismatch | None:
        """Return the first difference between ``value`` and ``annotation``, or None."""
        origin = get_origin(annotation)
        if origin is Annotated:
            return self.mismatch(value, get_args(annotation)[0], path)
        if origin in (Union, types.UnionType):
            return self._any_of(value, annotation, path)
        if annotation is Any or annotation is object:
            return None
        if annotation is None or annotation is type(None):
            return None if value is None else _differs(value, annotation, path)
        if origin is Literal:
            return None if value in get_args(annotation) else _differs(value, annotation, path)
        if origin is Callable or annotation is Callable:
            return None if callable(value) else _differs(value, annotation, path)
        if origin is type:
            wanted = get_args(annotation)[0]
            fits = isinstance(value, type) and (wanted is Any or issubclass(value, wanted))
            return None if fits else _differs(value, annotation, path)
        if origin is not None:
            return self._container(value, origin, annotation, path)
        if isinstance(annotation, type):
            return self._instance(value, annotation, path)
        return None

    def _any_of(self, value: Any, annotation: Any, path: str) -> Mismatch | None:
        deepest: Mismatch | None = None
        for option in get_args(annotation):
            found = self.mismatch(value, option, path)
            if found is None:
                return None
            if found.path != path:
                deepest = found
        return deepest or _differs(value, annotation, path)

    def _container(self, value: Any, origin: Any, annotation: Any, path: str) -> Mismatch | None:
        if not isinstance(origin, type) or not isinstance(value, origin):
            return _differs(value, annotation, path)
        arguments = get_args(annotation)
        if isinstance(value, Mapping):
            pairs = ((f"{path}[{key!r}]", item) for key, item in value.items())
            return self._all(pairs, arguments[1] if len(arguments) == 2 else Any) or self._all(
                ((path, key) for key in value), arguments[0] if arguments else Any
            )
        if isinstance(value, tuple) and arguments and arguments[-1] is not Ellipsis:
            if len(value) != len(arguments):
                return _differs(value, annotation, path)
            parts = (
                self.mismatch(item, wanted, f"{path}[{n}]")
                for n, (item, wanted) in enumerate(zip(value, arguments, strict=True))
            )
            return next((part for part in parts if part), None)
        if isinstance(value, (Sequence, Set)):
            return self._all(
                ((f"{path}[{n}]", item) for n, item in enumerate(value)), arguments[0] if arguments else Any
            )
        return None

    def _all(self, items: Iterable[tuple[str, Any]], wanted: Any) -> Mismatch | None:
        if wanted is Any:
            return None
        return next((found for path, item in items if (found := self.mismatch(item, wanted, path))), None)

    def _instance(self, value: Any, wanted: type, path: str) -> Mismatch | None:
        if wanted is float and type(value) is int:
            return None
        if wanted is int and isinstance(value, bool):
            return _differs(value, wanted, path)
        try:
            fits = isinstance(value, wanted)
        except TypeError:
            # Protocols that are not made for run-time checks.
            return None
        if not fits:
            return _differs(value, wanted, path)
        if isinstance(value, Struct):
            fields = self._fields_of(type(value))
            parts = ((f"{path}.{name}" if path else name, name, hint) for name, hint in fields.items())
            return next(
                (
                    found
                    for place, name, hint in parts
                    if (found := self.mismatch(getattr(value, name), hint, place))
                ),
                None,
            )
        return None

    def _fields_of(self, struct: type[Struct]) -> dict[str, Any]:
        if struct not in self._fields:
            try:
                hints = get_type_hints(struct, localns={"PluginContext": PluginContext})
            except Exception:
                # A plugin's own subclass may have annotations that only its type checker resolves.
                hints = {}
            self._fields[struct] = {name: hints.get(name, Any) for name in struct.__struct_fields__}
        return self._fields[struct]


def type_name(annotation: Any) -> str:
    """Return ``annotation`` as a person writes it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return type_name(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return " | ".join(type_name(option) for option in get_args(annotation))
    if origin is Literal:
        return " | ".join(repr(option) for option in get_args(annotation))
    if origin is Callable or annotation is Callable:
        return "function"
    if annotation is None or annotation is type(None):
        return "None"
    if origin is not None:
        inside = ", ".join("…" if part is Ellipsis else type_name(part) for part in get_args(annotation))
        return f"{getattr(origin, '__name__', origin)}[{inside}]"
    return getattr(annotation, "__name__", str(annotation))


def _differs(value: Any, annotation: Any, path: str) -> Mismatch:
    if isinstance(value, type):
        found = f"the class {value.__name__}"
    elif isinstance(value, (str, int, float, bool)) and len(str(value)) <= 40:
        found = f"{type(value).__name__} {value!r}"
    else:
        found = type(value).__name__
    return Mismatch(path, type_name(annotation), found)
