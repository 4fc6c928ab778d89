"""What a mailer takes and what it raises."""

from typing import Protocol

from msgspec import Struct


class Mail(Struct, frozen=True, kw_only=True):
    """One mail to one person, as text and as HTML that says the same.

    ``id`` is the first part of its Message-ID: mails with the same one are shown once by whom they reach.
    """

    to: str
    subject: str
    text: str
    html: str
    id: str = ""

    def __repr__(self) -> str:
        # The text carries a link that lets somebody in.
        return f"Mail({self.subject!r})"


class MailFailed(Exception):
    """A mail was not taken; the sentence repeats neither the address nor the text. Trying again may help."""


class Mailer(Protocol):
    """Sends mails one at a time."""

    async def send(self, mail: Mail) -> None:
        """Hand one mail over. Raises :class:`MailFailed`."""
        ...
