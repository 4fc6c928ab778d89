"""Numbers of conversations: no gap, no number twice."""

from crmcore.conversations.tables import Counter


async def next_number(name: str = "conversation") -> int:
    """Take the next number of the counter ``name`` in the caller's transaction.

    The counter's row stays locked until that transaction ends, so a rolled-back conversation gives its number
    back and numbers follow the order of commits. Take it late: others wait meanwhile.
    """
    rows = await Counter.raw(
        "INSERT INTO counter (name, value) VALUES ({}, 1) "
        "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        name,
    )
    return int(rows[0]["value"])
