"""A plugin's settings: one Struct, from which form, check, schema and docs are made."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from crmcore.contracts.labels import Label

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext

Secret = Annotated[str, Meta(extra_json_schema={"writeOnly": True})]
"""A text that is encrypted at rest and never returned, printed or logged."""


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
