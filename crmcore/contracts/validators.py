"""Validators: a validator is a JSON Schema ``format``."""

from collections.abc import Callable

from msgspec import Struct, field

from crmcore.contracts.fields import JsonSchema, Options
from crmcore.contracts.labels import Label


class Validator(Struct, frozen=True, kw_only=True):
    """A check on text that any schema can name in its ``format`` keyword.

    ``check(value, options)`` returns the value in the one form that is stored (``" A@B.example "`` becomes
    ``"A@b.example"``) or raises :class:`~crmcore.InvalidValue` with a sentence for the person who typed it.
    A stored form must be accepted and returned unchanged by the same check. ``examples`` must pass and
    ``counter_examples`` must fail: the host tries them when the plugin loads.
    ``sensitive`` values are masked on pages and kept out of search and logs.
    """

    key: str
    label: Label
    check: Callable[[str, Options], str]
    description: Label = ""
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    options_schema: JsonSchema = field(
        default_factory=lambda: {"type": "object", "additionalProperties": False}
    )
    sensitive: bool = False
