"""Answers as bytes: one encoder for every document."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from msgspec import Struct, field

JSON = "application/json"
PROBLEM = "application/problem+json"


class Answer(Struct, kw_only=True):
    """What a handler returns: a status, a document (None: no body) and headers.

    ``raw`` is a body that is bytes already, of ``media_type``; ``stream`` one that comes in pieces, its length among
    the headers; ``ready`` one that answers by itself, instead of all of these. ``keep`` is false for an answer that
    an ``Idempotency-Key`` must not repeat, because a retry may do better.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    stream: AsyncIterator[bytes] | None = None
    ready: ASGIResponse | None = None
    media_type: str = JSON
    keep: bool = True

    def content(self) -> bytes:
        """Return the body as it travels."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else encode(self.body)


def encode(document: Any) -> bytes:
    """Return ``document`` as JSON: UUIDs as text, moments in ISO 8601 UTC with ``Z``, Decimals as text."""
    return msgspec.json.encode(document, enc_hook=_plain)


def respond(answer: Answer) -> ASGIResponse:
    """Return the ASGI response of ``answer``."""
    if answer.ready is not None:
        return answer.ready
    if answer.stream is not None:
        return ASGIStreamingResponse(
            iterator=answer.stream,
            status_code=answer.status,
            headers=answer.headers,
            media_type=answer.media_type,
        )
    return ASGIResponse(
        body=answer.content(), status_code=answer.status, headers=answer.headers, media_type=answer.media_type
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")
