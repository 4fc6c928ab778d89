"""Segments: shared views of contacts that are pushed to an audience as a tag."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore import PluginContext


class PushedSegment(Struct, frozen=True, kw_only=True):
    """A view whose contacts carry ``tag`` in one audience."""

    id: UUID
    view: UUID
    name: Annotated[str, Meta(max_length=120)]
    tag: Annotated[str, Meta(min_length=1, max_length=100)]
    members: int = 0
    problem: str = ""
    pushed_at: str = ""


async def segments_of(account: UUID, plugin: PluginContext) -> list[PushedSegment]:
    """Return the segments that are pushed to an audience."""
    return msgspec.convert(await plugin.store.get(_key(account), []), list[PushedSegment])


async def keep_segments(account: UUID, segments: Sequence[PushedSegment], plugin: PluginContext) -> None:
    """Keep ``segments`` as those of the audience."""
    await plugin.store.set(_key(account), msgspec.to_builtins(list(segments)))


async def segment_tags_of(account: UUID, plugin: PluginContext) -> frozenset[str]:
    """Return the tags of all segments of an audience, case-folded."""
    return frozenset(segment.tag.casefold() for segment in await segments_of(account, plugin))


def _key(account: UUID) -> str:
    return f"segments:{account}"
