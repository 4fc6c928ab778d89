"""What came of one attempt."""

from typing import Any

from msgspec import Struct

from crmcore.contracts.context import HttpAnswer
from crmcore.contracts.outgoing import OutgoingError, OutgoingRefused
from crmcore.conversations.storable import storable_text
from crmcore.redaction import redact
from crmcore.webhooks.reasons import GONE

MAX_EXCERPT = 500
# These say nothing about the delivery itself: whoever answers so wants to be left alone for a while.
_RESTING = frozenset({429, 502, 503, 504})


class Outcome(Struct, frozen=True, kw_only=True):
    """An attempt's end. No ``error``: it was delivered. ``rests``: the endpoint as a whole did not get it."""

    error: str = ""
    status: int | None = None
    answer: str = ""
    detail: dict[str, str] = {}
    rests: bool = False
    retry_after_s: float | None = None


def answered(answer: HttpAnswer) -> Outcome:
    """Return what an answer means."""
    status = answer.status
    error = "" if 200 <= status < 300 else GONE if status == 410 else "status"
    if 300 <= status < 400:
        error = "redirect"
    return Outcome(
        error=error,
        status=status,
        answer=redact(storable_text(answer.body[: 4 * MAX_EXCERPT].decode("utf-8", "replace"))[:MAX_EXCERPT]),
        rests=status in _RESTING,
        retry_after_s=_seconds(answer.headers.get("retry-after", "")),
    )


def unanswered(error: OutgoingError) -> Outcome:
    """Return what it means that there is no answer."""
    code = "refused" if isinstance(error, OutgoingRefused) else "unreachable"
    detail = {language: storable_text(text)[:400] for language, text in error.label().items()}
    return Outcome(error=code, detail=detail, rests=True)


def columns_of(outcome: Outcome) -> dict[Any, Any]:
    """Return the columns of a delivery that tell of ``outcome``."""
    return {
        "status": outcome.status,
        "answer": outcome.answer,
        "error": outcome.error,
        "detail": outcome.detail,
    }


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else None
