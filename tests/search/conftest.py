"""A workspace with people, cases and messages to search, and who searches."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crmcore import Actor
from crmcore.conversations.messages import add_message, new_message
from crmcore.workspace import Crm

Tell = Callable[..., Awaitable[Any]]


@pytest.fixture
def actor() -> Actor:
    """Somebody who may do everything."""
    return Actor(kind="user", id="1", label="Ada", permissions=frozenset({"*"}))


@pytest.fixture
def person(crm: Crm, actor: Actor) -> Tell:
    """Call it with a contact's fields."""

    async def make(**document: Any) -> Any:
        return await crm.records.create("contact", document, actor=actor)

    return make


@pytest.fixture
def case(crm: Crm, actor: Actor) -> Tell:
    """Call it with a subject and texts: makes a conversation of these messages and returns its id."""

    async def make(subject: str, *texts: str, contact: Any = None, kind: str = "inbound") -> Any:
        record = await crm.records.create(
            "conversation", {"subject": subject}, actor=actor, internal={"contact": contact}
        )
        for text in texts:
            crm.clock.advance(1)  # type: ignore[attr-defined]  # the tests' clock
            await add_message(new_message(record.id, kind, text, actor=actor, at=crm.clock()))
        return record.id

    return make
