"""Notices: what chosen people are told at once, whatever page is open."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of

if TYPE_CHECKING:
    from crmcore.events.outbox import Outbox

NOTICE = "notice"
"""The name of the events that notices are kept as."""
MAX_PEOPLE = 200
MAX_DATA_BYTES = 4_000
NO_RECORD = UUID(int=0)

Topic = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.]{1,59}$")]


class Notice(Struct, frozen=True, kw_only=True):
    """What is told: ``to`` are users' ids, ``text`` a sentence per language, ``data`` for scripts."""

    to: Annotated[list[str], Meta(min_length=1, max_length=MAX_PEOPLE)]
    topic: Topic
    text: dict[str, Annotated[str, Meta(max_length=500)]]
    permission: Annotated[str, Meta(max_length=100)] = ""
    data: dict[str, Any] = field(default_factory=dict)


async def write_notice(
    outbox: "Outbox",
    topic: str,
    *,
    to: Collection[UUID],
    text: Label,
    record: tuple[str, UUID] | None,
    data: Mapping[str, Any] | None,
    permission: str,
    actor: Actor,
) -> None:
    """Write a notice into the open transaction, in parts where there are many people. Raises ValueError."""
    texts = {language: text_of(text, language)[:500] for language in ("en", "ru")}
    kind, id = record or ("", NO_RECORD)
    people = sorted({str(person) for person in to})
    for start in range(0, len(people), MAX_PEOPLE):
        notice = {
            "to": people[start : start + MAX_PEOPLE],
            "topic": topic,
            "text": texts,
            "permission": permission,
            "data": dict(data or {}),
        }
        if len(msgspec.json.encode(notice["data"])) > MAX_DATA_BYTES:
            raise ValueError(f"the data of a notice has more than {MAX_DATA_BYTES} bytes: send ids")
        msgspec.convert(notice, Notice)
        await outbox.write(NOTICE, kind, id, actor, data=notice, quiet=True)
