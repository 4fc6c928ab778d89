"""What a list asks for and what it answers."""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.contracts.records import Record
from crmcore.errors import CrmError

MAX_LIMIT = 200


class ListQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list's question: words, a filter as data, an order, a page, and which fields to return (None: all)."""

    q: Annotated[str, Meta(max_length=200)] = ""
    filter: dict[str, Any] | None = None
    sort: Annotated[str, Meta(max_length=80)] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str, Meta(max_length=500)] = ""
    fields: tuple[str, ...] | None = None
    deleted: bool = False


class Page(Struct, frozen=True, kw_only=True):
    """One page of records; ``next`` is the cursor of the following page, None at the end."""

    items: list[Record]
    next: str | None = None


class Cursor(Struct, frozen=True, array_like=True):
    """Where a page ended: the order it was in, the last row's sort value (as JSON has it) and id."""

    sort: str
    value: Any
    id: UUID

    def encode(self) -> str:
        """Return the cursor as it travels in an address."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


class BadCursor(CrmError):
    """A cursor that no page of this list has given out."""

    status = 400
    code = "bad_cursor"
    message = {
        "en": "This cursor does not belong to this list. Start again without one.",
        "ru": "Курсор не от этого списка. Начните без него.",
    }


def cursor_from(text: str, sort: str) -> Cursor | None:
    """Return the cursor in ``text``; raises :class:`BadCursor` when it was made for another order."""
    if not text:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    if cursor.sort != sort:
        raise BadCursor
    return cursor
