"""Versions over HTTP: ``ETag`` out, ``If-Match`` or ``version`` in."""

from typing import Any

from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.errors import CrmError, Invalid
from crmcore.http.request import CrmRequest

NOT_A_VERSION = {
    "en": "A version is a whole number from 1 on, as it was read.",
    "ru": "Версия — целое число от 1, как она была прочитана.",
}
TWO_VERSIONS = {
    "en": "If-Match and “version” name different versions.",
    "ru": "If-Match и «version» называют разные версии.",
}
MAX_VERSION = 2**31 - 1


def etag(record: Record) -> dict[str, str]:
    """Return the ``ETag`` header of ``record``: its version (RFC 9110 §8.8.3)."""
    return {"ETag": f'"{record.version}"'}


def asked_version(request: CrmRequest, given: Any = None) -> int | None:
    """Return the version that the caller has read, from ``If-Match`` or from ``given``; None when neither says."""
    header = request.headers.get("if-match")
    from_header = None
    if header is not None and header.strip() != "*":
        text = header.strip().removeprefix("W/").strip('"')
        if not (text.isascii() and text.isdecimal() and len(text) <= 10):
            raise CrmError(NOT_A_VERSION, code="bad_if_match")
        from_header = _checked(int(text))
    from_body = None if given is None else _checked(given)
    if from_header is not None and from_body is not None and from_header != from_body:
        raise CrmError(TWO_VERSIONS, code="two_versions")
    return from_header if from_header is not None else from_body


def _checked(version: Any) -> int:
    if isinstance(version, int) and not isinstance(version, bool) and 0 < version <= MAX_VERSION:
        return version
    raise Invalid(problems=(Problem(code="bad_version", message=NOT_A_VERSION, path="/version"),))
