"""What a file is: its content against its name. Signatures are puremagic's, the rules are ours."""

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.files.names import extension_of

HEAD = 16_384
UNKNOWN = "application/octet-stream"

_OOXML = "application/vnd.openxmlformats-officedocument"
# Names that promise a signature. What stands here and has another content is refused.
SIGNED: dict[str, str] = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "jfif": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff",
    "heic": "image/heic", "heif": "image/heif", "ico": "image/vnd.microsoft.icon", "psd": "image/vnd.adobe.photoshop",
    "pdf": "application/pdf", "zip": "application/zip", "7z": "application/x-7z-compressed",
    "rar": "application/vnd.rar", "gz": "application/gzip", "tgz": "application/gzip", "bz2": "application/x-bzip2",
    "xz": "application/x-xz", "docx": f"{_OOXML}.wordprocessingml.document",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet", "pptx": f"{_OOXML}.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook", "rtf": "application/rtf", "mp3": "audio/mpeg", "wav": "audio/wav",
    "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "flac": "audio/flac", "m4a": "audio/mp4",
    "amr": "audio/amr", "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    "mkv": "video/matroska", "avi": "video/vnd.avi",
}  # fmt: skip
# Names that promise text. None is ever given out as anything that a browser runs.
TEXTUAL: dict[str, str] = {
    "txt": "text/plain", "log": "text/plain", "md": "text/plain", "csv": "text/csv", "tsv": "text/plain",
    "json": "application/json", "xml": "text/plain", "yaml": "text/plain", "yml": "text/plain",
    "ini": "text/plain", "eml": "message/rfc822", "ics": "text/calendar", "vcf": "text/vcard",
    "html": UNKNOWN, "htm": UNKNOWN, "xhtml": UNKNOWN, "svg": UNKNOWN, "js": UNKNOWN, "css": UNKNOWN,
}  # fmt: skip
# The containers that many formats share: a signature cannot tell one from the other.
_ZIP = frozenset({"zip", "docx", "xlsx", "pptx", "odt", "ods"})
_OLE = frozenset({"doc", "xls", "ppt", "msg"})
_FTYP = frozenset({"mp4", "m4v", "m4a", "mov", "heic", "heif", "avif"})
_OGG = frozenset({"ogg", "oga", "opus"})

_NOT_WHAT_IT_SAYS: Label = {
    "en": "“{name}” is not what its name says: the content is no .{extension} file.",
    "ru": "«{name}» — не то, что говорит его имя: содержимое не похоже на файл .{extension}.",
}
_EMPTY: Label = {"en": "“{name}” is empty.", "ru": "Файл «{name}» пуст."}


def media_type_of(name: str, head: bytes) -> str:
    """Return the media type of a file from its clean ``name`` and its first 16 kB.

    Raises InvalidValue (``wrong_content``) when the content is not what the extension promises, and ``empty``.
    A name without a known extension gets what its signature says, or ``application/octet-stream``.
    """
    if not head:
        raise InvalidValue(_EMPTY, code="empty_file", name=name)
    extension = extension_of(name)
    found = _extensions(head)
    if extension in SIGNED:
        if not _same_family(extension, found):
            raise InvalidValue(_NOT_WHAT_IT_SAYS, code="wrong_content", name=name, extension=extension)
        return SIGNED[extension]
    if extension in TEXTUAL:
        if not is_text(head):
            raise InvalidValue(_NOT_WHAT_IT_SAYS, code="wrong_content", name=name, extension=extension)
        return TEXTUAL[extension]
    if is_text(head):
        return UNKNOWN
    # A media type that stands for a container says less than the name, which we do not know: nothing is promised.
    return next(
        (SIGNED[item] for item in sorted(found) if item in SIGNED and item not in _ZIP | _OLE), UNKNOWN
    )


def is_text(head: bytes) -> bool:
    """Tell whether ``head`` begins a text: UTF-8 or an 8-bit alphabet without control characters, or UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(sign < 32 and sign not in (9, 10, 12, 13, 27) for sign in head)


def _extensions(head: bytes) -> frozenset[str]:
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return frozenset()
    return frozenset(match.extension.lstrip(".").lower() for match in matches)


def _same_family(extension: str, found: frozenset[str]) -> bool:
    for family in (_ZIP, _OLE, _FTYP, _OGG):
        if extension in family:
            return bool(family & found)
    return extension in found or any(SIGNED.get(other) == SIGNED[extension] for other in found)
