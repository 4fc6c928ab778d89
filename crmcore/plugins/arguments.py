"""Arguments on their way into plugins: only those asked for, and nothing that others see."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct


class Implementation:
    """A plugin's function for a hook, and the arguments that it names."""

    __slots__ = ("_names", "function")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._names = tuple(inspect.signature(function).parameters)

    def asked_for(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of ``arguments`` that the function names."""
        return {name: arguments[name] for name in self._names if name in arguments}


def own_copy(value: Any) -> Any:
    """Return ``value`` with every list, dictionary and set in it copied: changing them changes nothing else.

    Frozen structs without mutable parts, and objects of other kinds, are returned as they are.
    """
    if isinstance(value, dict):
        return {key: own_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [own_copy(item) for item in value]
    if isinstance(value, set):
        return set(value)
    if isinstance(value, tuple):
        copied = tuple(own_copy(item) for item in value)
        unchanged = all(new is old for new, old in zip(copied, value, strict=True))
        return value if unchanged or type(value) is not tuple else copied
    if isinstance(value, Struct):
        changed = {}
        for name in value.__struct_fields__:
            old = getattr(value, name)
            new = own_copy(old)
            if new is not old:
                changed[name] = new
        return msgspec.structs.replace(value, **changed) if changed else value
    return value
