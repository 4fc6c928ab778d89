"""Pops: what appears at once on the page of somebody who has to act now."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from crmcore.contracts.labels import Label


class Pop(Struct, frozen=True, kw_only=True):
    """A card on whatever page the named users have open: somebody is calling.

    ``title`` and ``text`` have at most 200 and 250 characters in each language; ``open`` is the path that the card
    opens (``/x/telephony/calls/7``), by its link and by one key. ``users`` are ids; None tells everybody who is
    active and holds ``permission``. ``record``, as (record type, id), is what it is about: who does not see it is
    not told. A second pop with the same ``key`` takes the place of the first, and one without ``title`` takes it
    away. It goes by itself after ``seconds``.
    """

    title: Label
    text: Label = ""
    open: Annotated[str, Meta(max_length=500, pattern=r"^(/([^/\\]|$)[^\x00-\x20\\]*)?$")] = ""
    users: tuple[UUID, ...] | None = None
    record: tuple[str, UUID] | None = None
    permission: Annotated[str, Meta(max_length=100)] = "conversation.read"
    key: Annotated[str, Meta(max_length=100)] = ""
    icon: Annotated[str, Meta(max_length=40, pattern="^[a-z0-9-]+$")] = "phone-incoming"
    seconds: Annotated[int, Meta(ge=5, le=120)] = 30
