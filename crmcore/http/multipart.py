"""Forms with files: read piece by piece, the files to the disk, never more in memory than a megabyte of texts."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.errors import TooLarge
from crmcore.http.documents import MAX_BODY
from crmcore.http.refusals import BadForm, ClientGone
from crmcore.http.request import MAX_FIELDS, CrmRequest

if TYPE_CHECKING:
    from crmcore.files.service import Files
    from crmcore.files.spool import Spooled

MULTIPART = "multipart/form-data"
MAX_FILES = 20
# A file of the largest size with its form around it; several may share what this leaves.
_LARGEST = 3


class SentParts:
    """What a form has sent: ``texts`` in their order, ``files`` by the name of their input, all on the disk.

    ``refused`` says for the name of an input why its file was not taken; its bytes were read and left. Close it,
    and the files that nobody kept are gone.
    """

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.files: list[tuple[str, Spooled]] = []
        self.refused: dict[str, Problem] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, file in self.files:
            file.close()


async def read_parts(request: CrmRequest, files: "Files", *, many: int = MAX_FILES) -> SentParts:
    """Return the parts of a ``multipart/form-data`` body with at most ``many`` files.

    Names and texts are UTF-8, whatever the sender says. Raises BadForm, and TooLarge for a body that is larger
    than three of the largest files.
    """
    reader = _Reader(request, files, many)
    try:
        return await reader.read()
    except BaseException:
        with reader.sent:
            raise


class _Reader:
    def __init__(self, request: CrmRequest, files: "Files", many: int) -> None:
        self.sent = SentParts()
        self._request = request
        self._files = files
        self._many = many
        self._limit = (_LARGEST if many > 1 else 1) * files.limit + MAX_BODY
        self._text_size = 0
        self._segment: MultipartSegment | None = None
        self._text: bytearray | None = None
        self._file: Spooled | None = None

    async def read(self) -> SentParts:
        kind, options = self._request.content_type
        announced = self._request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > self._limit:
            raise TooLarge(limit=self._limit, headers={"Connection": "close"})
        if kind != MULTIPART or not options.get("boundary"):
            raise BadForm
        try:
            parser = PushMultipartParser(
                options["boundary"],
                max_header_size=4096,
                max_header_count=8,
                max_segment_count=MAX_FIELDS,
                header_charset="utf8",
                strict=True,
            )
            with parser:
                await self._feed(parser)
        except (MultipartError, UnicodeError, ValueError) as error:
            raise BadForm from error
        return self.sent

    async def _feed(self, parser: PushMultipartParser) -> None:
        size = 0
        while not parser.closed:
            event: dict[str, Any] = dict(await self._request.receive())
            if event["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = event.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                raise TooLarge(limit=self._limit, headers={"Connection": "close"})
            for part in parser.parse(chunk) if chunk else ():
                await self._take(part)
            if not event.get("more_body", False):
                return

    async def _take(self, part: MultipartSegment | bytearray | bytes | None) -> None:
        if part is None:
            self._end()
        elif isinstance(part, MultipartSegment):
            self._begin(part)
        elif self._file is not None:
            await self._write(bytes(part))
        elif self._text is not None:
            self._text_size += len(part)
            if self._text_size > MAX_BODY:
                raise TooLarge(limit=MAX_BODY, headers={"Connection": "close"})
            self._text += part

    def _begin(self, segment: MultipartSegment) -> None:
        if "\x00" in segment.name or len(segment.name) > 200:
            raise BadForm
        self._segment = segment
        if segment.filename is None:
            self._text = bytearray()
            return
        # A browser sends an input without a file as one without a name.
        if segment.filename and segment.name not in self.sent.refused:
            if len(self.sent.files) >= self._many:
                raise BadForm
            declared = segment.header("Content-Type") or ""
            self._file = self._files.spool(segment.filename, declared)
            self.sent.files.append((segment.name, self._file))

    async def _write(self, chunk: bytes) -> None:
        assert self._file is not None and self._segment is not None  # noqa: S101 - asked by the caller
        try:
            await self._file.write(chunk)
        except InvalidValue as refused:
            # The rest is read and left: a browser shows an answer only after it has sent everything.
            self.sent.refused[self._segment.name] = refused.problem(f"/{self._segment.name}")
            self._file.close()
            self.sent.files = [item for item in self.sent.files if item[1] is not self._file]
            self._file = None

    def _end(self) -> None:
        if self._text is not None and self._segment is not None:
            text = self._text.decode("utf-8")
            if "\x00" in text:
                raise BadForm
            self.sent.texts.append((self._segment.name, text))
        if self._file is not None:
            self._file.finish()
        self._segment = self._text = self._file = None
