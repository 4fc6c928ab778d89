"""One's own API tokens."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from crmcore.http.operation import Operation

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Scope = Annotated[str, Meta(min_length=1, max_length=100)]


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make: what for, what it may do at most, and until when."""

    name: Annotated[str, Meta(max_length=120)] = ""
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=50)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


def token_operations(crm: "Crm") -> list[Operation]:
    """Return list, create and revoke of tokens."""
    return []
