"""The texts of a small ``multipart/form-data`` body, in UTF-8 whatever its parts claim."""

from multipart import MultipartError, MultipartSegment, PushMultipartParser


def multipart_texts(body: bytes, boundary: str, *, most: int) -> list[tuple[str, str]]:
    """Return the names and texts of ``body``; files in it are left out. Raises ValueError for what is no form.

    The charset that a part claims for itself is not looked at: some of Python's decoders take seconds for the little
    that a form may hold, and an unknown one is an error that nobody expects.
    """
    texts: list[tuple[str, str]] = []
    segment: MultipartSegment | None = None
    content = bytearray()
    try:
        with PushMultipartParser(
            boundary,
            max_header_size=4096,
            max_header_count=8,
            max_segment_count=most,
            header_charset="utf8",
            strict=True,
        ) as parser:
            for part in parser.parse(body):
                if isinstance(part, MultipartSegment):
                    segment = part
                    content.clear()
                elif part is not None:
                    content += part
                elif segment is not None:
                    if segment.filename is None:
                        texts.append((segment.name, content.decode("utf-8")))
                    segment = None
    except MultipartError as error:
        raise ValueError(str(error)) from error
    return texts
