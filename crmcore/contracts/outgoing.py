"""Failures of requests to the outside."""

from typing import Any

from crmcore.contracts.labels import Label, text_of


class OutgoingError(Exception):
    """A request to the outside that has no answer. The text of the exception is the English sentence.

    ``message`` is the sentence in each language, filled with ``params``; see :meth:`sentence` and :meth:`label`.
    """

    def __init__(self, message: Label, **params: Any) -> None:
        self.message = message
        self.params = params
        super().__init__(self.sentence())

    def sentence(self, language: str = "en") -> str:
        """Return what happened, in ``language``."""
        return text_of(self.message, language, **self.params)

    def label(self) -> dict[str, str]:
        """Return the sentence in each language of the product, filled."""
        return {language: self.sentence(language) for language in ("en", "ru")}


class OutgoingRefused(OutgoingError):
    """The address is not one this deployment lets plugins reach; the sentence says which rule refused it."""


class OutgoingFailed(OutgoingError):
    """The other side did not answer in time, broke off, or answered with more than the limit."""
