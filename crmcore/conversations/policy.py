"""What a new message does with the contact's earlier conversations."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account's open-case policy.

    ``open_case`` “contact” continues the contact's conversation of this account while it is not closed, or was
    closed less than ``window_days`` ago; “never” always opens a new one. A thread that the channel names is
    continued either way.
    """

    open_case: Literal["contact", "never"] = "contact"
    window_days: Annotated[int, Meta(ge=0, le=3650)] = 30


def stored_policy(value: Any) -> Policy:
    """Return the policy stored as JSON text or as a mapping; defaults where it is empty."""
    if isinstance(value, str | bytes):
        value = msgspec.json.decode(value)
    return msgspec.convert(value or {}, Policy)
