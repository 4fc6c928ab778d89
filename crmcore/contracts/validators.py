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
    ``sensitive`` values are encrypted where they are stored, masked for every reader, and kept out of search,
    history, events and logs; ``shown_last`` of their last characters stay readable in the mask.

    ``check_options`` is called with options that ``options_schema`` allows, when somebody defines a field; it
    raises :class:`~crmcore.InvalidValue` for those that make no sense all the same (a pattern that no engine
    understands), so that the sentence reaches whoever chose them and not whoever fills in the field.
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
    shown_last: int = 0
    check_options: Callable[[Options], None] | None = None
