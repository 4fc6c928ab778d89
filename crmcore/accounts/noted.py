"""What is done to somebody's way in, for the audit: under the address of the person it was done to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.accounts.tables import User
from crmcore.audit.acting import found_out
from crmcore.audit.note import note
from crmcore.clock import Clock
from crmcore.contracts.actors import Actor


async def note_of(
    clock: Clock,
    action: str,
    kind: str,
    user_id: UUID,
    *,
    changes: Mapping[str, list[Any]] | None = None,
    reason: str = "",
    actor: Actor | None = None,
) -> None:
    """Write that ``action`` was done to the session, password … of a user; never a secret in ``changes``."""
    row = await User.select(User.email).where(User.id == user_id).first()
    subject = row["email"] if row else ""
    await note(clock, action, kind, subject, id=user_id, changes=changes, reason=reason, actor=actor)


def recognised(user_id: UUID, name: str) -> Actor:
    """Return whose password or link was right: from now on, it was they who did what this request does."""
    person = Actor(kind="user", id=str(user_id), label=name[:200])
    found_out(person)
    return person
