"""What a message changes that comes after the answers it is older than."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crmcore.conversations.tables import Message


async def first_answer(row: Mapping[str, Any], at: datetime) -> datetime | None:
    """Return when the conversation ``row`` was first answered, now that the customer turns out to have asked ``at``.

    The first answer is the first one that is not older than the first question, whatever the order in which they
    came.
    """
    found = (
        await Message.select(Message.created_at)
        .where(Message.conversation == row["id"], Message.kind == "reply", Message.created_at >= at)
        .order_by(Message.created_at)
        .first()
    )
    known: datetime | None = row["first_response_at"]
    if found is None:
        return known
    answered: datetime = found["created_at"]
    return answered if known is None else min(known, answered)
