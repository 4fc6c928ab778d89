"""A plugin's settings: one Struct, from which form, check, schema and docs are made."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from crmcore.contracts.labels import Label, text_of

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

Secret = Annotated[str, Meta(extra_json_schema={"writeOnly": True})]
"""A text that is encrypted at rest and never returned, printed or logged."""


def setting(
    label: Label, *, help: Label = "", choices: Mapping[str, Label] | None = None, **limits: Any
) -> Meta:
    """Return what stands beside a setting's type: how its form names and explains it, and what it allows.

    Use it as ``shop: Annotated[str, setting({"en": "Shop", "ru": "Магазин"}, max_length=80)] = ""``. ``limits``
    are those of :class:`msgspec.Meta`: ``pattern``, ``ge``, ``le``, ``min_length``, ``max_length`` and so on.
    ``choices`` are what people call the values of a ``Literal``.
    """
    return Meta(
        title=text_of(label),
        description=text_of(help),
        extra_json_schema={
            "x-crm": {"label": label, "help": help, **({"choices": dict(choices)} if choices else {})}
        },
        **limits,
    )


class CheckResult(Struct, frozen=True, kw_only=True):
    """What "Test connection" found, in a sentence for the administrator."""

    ok: bool
    message: Label


class Settings(Struct, frozen=True, kw_only=True):
    """Names the Struct of a plugin's settings (all its fields have defaults) and its connection test."""

    type: type[Struct]
    title: Label = ""
    help: Label = ""
    check: "Callable[[PluginContext], Awaitable[CheckResult]] | None" = None
