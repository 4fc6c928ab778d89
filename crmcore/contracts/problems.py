"""What was wrong with a value, a record or an operation."""

from typing import Any

from msgspec import Struct, field

from crmcore.contracts.labels import Label, text_of


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong with what somebody sent.

    ``path`` is a JSON Pointer into the document that was sent (RFC 6901), for example ``/custom/loyalty_tier``;
    empty when the whole document is meant. ``code`` is stable and for programs; ``message`` is for people.
    """

    code: str
    message: Label
    path: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    plugin: str = ""

    def sentence(self, language: str = "en") -> str:
        """Return the message in ``language`` with its places filled."""
        return text_of(self.message, language, **self.params)


class InvalidValue(ValueError):
    """Raised by a validator or a field type for a value it refuses.

    ``message`` is a sentence for the person who typed the value: ``{"en": "…", "ru": "…"}``.
    """

    def __init__(self, message: Label, *, code: str = "invalid", **params: Any) -> None:
        super().__init__(text_of(message, "en", **params))
        self.message = message
        self.code = code
        self.params = params

    def problem(self, path: str = "", plugin: str = "") -> Problem:
        """Return this refusal as a :class:`Problem` at ``path``."""
        return Problem(code=self.code, message=self.message, path=path, params=self.params, plugin=plugin)


class Refusal(Exception):
    """Raised by a ``before_write`` or ``before_delete`` hook to stop the whole operation, with its reasons."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.sentence() for problem in problems))
        self.problems = problems
