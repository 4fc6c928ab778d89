"""What a backend says of a call: the one shape that Asterisk's events and Twilio's callbacks are brought to."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Stage = Literal["ringing", "answered", "ended"]
Direction = Literal["in", "out"]
Outcome = Literal["answered", "missed", "busy", "failed", "cancelled"]

STAGES: tuple[Stage, ...] = ("ringing", "answered", "ended")

_Key = Annotated[str, Meta(min_length=1, max_length=64)]
_End = Annotated[str, Meta(max_length=320)]
_Name = Annotated[str, Meta(max_length=120)]
_Seconds = Annotated[int, Meta(ge=0, le=10_000_000)]


class Report(Struct, frozen=True, kw_only=True):
    """A call as far as it has come.

    ``key`` is the call's in all reports and in no other call. ``number`` is the customer's, in E.164 where it is a
    number at all, empty when hidden; ``line`` ours. ``phones`` are those of agents that ring or have rung, ``agent``
    the one that answered first. ``rings`` are those that began to ring since the last report, None where nobody knows
    which of ``phones`` did; ``silent`` those that stopped without being answered. ``waited_s`` are seconds until
    somebody answered, ``talked_s`` from then to the end with ``held_s`` among them. ``recording`` is where the
    backend finds it; ``voicemail`` says that the caller left it.
    """

    key: _Key
    stage: Stage
    direction: Direction
    outcome: Outcome = "missed"
    number: _End = ""
    name: _Name = ""
    line: _End = ""
    phones: tuple[_Name, ...] = ()
    rings: tuple[_Name, ...] | None = None
    silent: tuple[_Name, ...] = ()
    agent: _Name = ""
    queue: _Name = ""
    waited_s: _Seconds = 0
    talked_s: _Seconds = 0
    held_s: _Seconds = 0
    transfers: Annotated[int, Meta(ge=0, le=1000)] = 0
    transferred_to: _Name = ""
    voicemail: bool = False
    recording: Annotated[str, Meta(max_length=500)] = ""
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None


def is_number(end: str) -> bool:
    """Tell whether ``end`` is a number that a contact may have: E.164, or a national one that the core completes."""
    return end.removeprefix("+").isdigit() and end.isascii() and len(end) >= 7
