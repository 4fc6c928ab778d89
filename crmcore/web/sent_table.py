"""A form with one large file: its texts first, then the file block by block, never whole in memory."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from crmcore.errors import TooLarge
from crmcore.http.documents import MAX_BODY
from crmcore.http.multipart import MULTIPART
from crmcore.http.refusals import BadForm, ClientGone
from crmcore.http.request import MAX_FIELDS, CrmRequest
from crmcore.importing.storage import MAX_UPLOAD


class SentTable:
    """What the form sends, in its order: ``texts`` are those before the file, ``file_name`` is empty without one.

    Call :meth:`begin`, then read :meth:`blocks`. Raises BadForm, and TooLarge beyond 2 GB.
    """

    def __init__(self, request: CrmRequest) -> None:
        kind, options = request.content_type
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > MAX_UPLOAD + MAX_BODY:
            raise TooLarge(limit=MAX_UPLOAD, headers={"Connection": "close"})
        if kind != MULTIPART or not options.get("boundary"):
            raise BadForm
        self.texts: dict[str, str] = {}
        self.file_name = ""
        self._request = request
        try:
            self._parser = PushMultipartParser(
                options["boundary"],
                max_header_size=4096,
                max_header_count=8,
                max_segment_count=MAX_FIELDS,
                header_charset="utf8",
                strict=True,
            )
        except (MultipartError, UnicodeError, ValueError) as error:  # a boundary longer than a line may be
            raise BadForm from error
        self._parts: deque[MultipartSegment | bytearray | bytes | None] = deque()
        self._more = True

    async def begin(self) -> None:
        """Read up to the first byte of the file, or to the end when none was sent."""
        name, text, in_text = "", bytearray(), False
        async for part in self._walk():
            if isinstance(part, MultipartSegment):
                if part.filename:
                    self.file_name = part.filename[:2000]
                    return
                name, text, in_text = part.name[:200], bytearray(), part.filename is None
            elif part is None:
                if in_text:
                    self.texts[name] = _decoded(text)
                in_text = False
            elif in_text:
                text += part
                if len(text) > MAX_BODY:
                    raise BadForm

    async def blocks(self) -> AsyncIterator[bytes]:
        """Yield the file's content; what stands behind it in the form is read and left."""
        inside = True
        async for part in self._walk():
            if part is None:
                inside = False
            elif inside and not isinstance(part, MultipartSegment):
                yield bytes(part)

    async def _walk(self) -> AsyncIterator[MultipartSegment | bytearray | bytes | None]:
        while True:
            while self._parts:
                yield self._parts.popleft()
            if not self._more:
                return
            event: dict[str, Any] = dict(await self._request.receive())
            if event["type"] == "http.disconnect":
                raise ClientGone
            self._more = event.get("more_body", False)
            if chunk := event.get("body", b""):
                try:
                    self._parts.extend(self._parser.parse(chunk))
                except (MultipartError, UnicodeError, ValueError) as error:
                    raise BadForm from error


def _decoded(text: bytearray) -> str:
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadForm from error
    if "\x00" in decoded:
        raise BadForm
    return decoded.strip()
