"""A canned reply: what is sent to make or change one, and what is shown."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from crmcore.canned.files import MAX_FILES

Shortcut = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\s/]+$")]
Title = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Words = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]
Folder = Annotated[str, Meta(max_length=60)]
Files = Annotated[list[UUID], Meta(max_length=MAX_FILES)]


class NewCannedReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A canned reply to keep. ``text`` may have variables: ``{{contact.first_name|there}}``.

    ``attachments`` are uploads of one's own that go with it.
    """

    shortcut: Shortcut
    title: Title
    text: Words
    folder: Folder = ""
    shared: bool = False
    attachments: Files = field(default_factory=list)


class CannedReplyChanges(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of a canned reply; what is not sent stays."""

    shortcut: Shortcut | msgspec.UnsetType = msgspec.UNSET
    title: Title | msgspec.UnsetType = msgspec.UNSET
    text: Words | msgspec.UnsetType = msgspec.UNSET
    folder: Folder | msgspec.UnsetType = msgspec.UNSET
    shared: bool | msgspec.UnsetType = msgspec.UNSET
    attachments: Files | msgspec.UnsetType = msgspec.UNSET


class CannedReply(Struct, frozen=True, kw_only=True):
    """A canned reply as somebody sees it; ``mine`` tells whether he made it."""

    id: UUID
    version: int
    shortcut: str
    title: str
    text: str
    folder: str
    shared: bool
    mine: bool
    attachments: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class FilledReply(Struct, frozen=True, kw_only=True):
    """A canned reply for one conversation; ``missing`` are variables that have no value there and no fallback.

    ``attachments`` are the files that go with it: their ids can be sent with a message.
    """

    text: str
    missing: list[str]
    attachments: list[dict[str, Any]]
