"""Stored files as answers: to be saved, never to be run."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crmcore.http.answers import Answer
from crmcore.http.request import CrmRequest
from crmcore.markup.direction import undirected

if TYPE_CHECKING:
    from crmcore.files.service import Files

# Whatever a browser makes of it: in an origin of its own, without scripts, and nothing is loaded.
SANDBOX = "sandbox; default-src 'none'; style-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def file_answer(request: CrmRequest, files: "Files", row: dict[str, Any]) -> Answer:
    """Return the file ``row`` as an attachment: whole, the one range that was asked for, or 304."""
    size, tag = row["size"], f'"{row["sha256"]}"'
    headers = _headers(row["name"], tag)
    if tag in request.headers.get("if-none-match", ""):
        return Answer(status=304, headers=headers, raw=b"", media_type=row["media_type"])
    start, end = 0, size
    if request.headers.get("if-range", tag) == tag:
        start, end = _span(request.headers.get("range", ""), size)
    partial = (start, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return Answer(
        status=206 if partial else 200,
        headers=headers,
        stream=files.content(row, start, end),
        media_type=row["media_type"],
    )


async def thumbnail_answer(request: CrmRequest, files: "Files", row: dict[str, Any]) -> Answer:
    """Return the small picture of ``row``, which we drew ourselves, to be shown in a page."""
    raw = await files.thumbnail(row)
    tag = f'"{row["thumbnail"]}"'
    headers = _headers(row["name"], tag) | {
        "Content-Disposition": "inline",
        "Cache-Control": "private, max-age=3600",
    }
    del headers["Accept-Ranges"]
    media_type = "image/png" if raw.startswith(b"\x89PNG") else "image/jpeg"
    if tag in request.headers.get("if-none-match", ""):
        return Answer(status=304, headers=headers, raw=b"", media_type=media_type)
    return Answer(headers=headers, raw=raw, media_type=media_type)


def disposition(name: str) -> str:
    """Return the ``Content-Disposition`` of a file to be saved as ``name`` (RFC 6266), in ASCII too."""
    name = undirected(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "replace").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()\-]", "_", plain.replace("?", "_"))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _headers(name: str, tag: str) -> dict[str, str]:
    return {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        # Asked again each time: who may see it may have changed.
        "Cache-Control": "private, no-cache",
        "ETag": tag,
        "Accept-Ranges": "bytes",
    }


def _span(header: str, size: int) -> tuple[int, int]:
    """Return the one range in ``header`` that can be given, or the whole (RFC 9110 §14.2 lets a server choose)."""
    found = _RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return 0, size
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    end = min(int(found[2]) + 1, size) if found[2] else size
    return (start, end) if start < end else (0, size)
