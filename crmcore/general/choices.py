"""What may be chosen, and who has the last word."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from crmcore.settings import WorkspaceSettings

Colour = Literal["blue", "teal", "green", "violet", "pink"]
COLOURS: tuple[Colour, ...] = ("blue", "teal", "green", "violet", "pink")


class GeneralChoices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of the general settings; what is left out stays.

    ``name`` is the workspace's; ``language`` is that of new people and of messages nobody in particular wrote;
    ``time_zone`` is the one by which nightly work is done; ``base_url`` is the address that people use, with which
    links begin; ``colour`` is that of buttons and links.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")] | UnsetType = UNSET
    language: Literal["en", "ru"] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    base_url: Annotated[str, Meta(max_length=200, pattern=r"^https?://[^\s/?#@]+$")] | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET


CHOSEN = GeneralChoices.__struct_fields__


def decided_elsewhere(settings: WorkspaceSettings) -> frozenset[str]:
    """Return what ``settings`` decide themselves: every choice that is not as it is without any settings.

    An address of the machine's own network interface is where somebody tries the program, and decides nothing.
    """
    ordinary = WorkspaceSettings()
    said = {name for name in CHOSEN if getattr(settings, name) != getattr(ordinary, name)}
    if urlsplit(settings.base_url).hostname in ("127.0.0.1", "localhost", "::1"):
        said.discard("base_url")
    return frozenset(said)


def with_choices(settings: WorkspaceSettings, stored: Mapping[str, str]) -> WorkspaceSettings:
    """Return ``settings`` with what is stored in the place of what they do not decide themselves.

    What is stored and cannot be used any more, a time zone that is gone, is left out.
    """
    said = decided_elsewhere(settings)
    wanted = {name: value for name, value in stored.items() if name in CHOSEN and name not in said}
    for name, value in wanted.items():
        try:
            msgspec.convert({name: value}, GeneralChoices)
            settings = msgspec.structs.replace(settings, **{name: value})
        except ValueError:
            continue
    return settings


def changes_of(asked: GeneralChoices) -> dict[str, Any]:
    """Return what ``asked`` names."""
    return {name: value for name in CHOSEN if (value := getattr(asked, name)) is not UNSET}
