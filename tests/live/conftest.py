"""People who listen, and what they hear."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
from hearing import Ear, Hear

from crmcore.accounts.credentials import hash_of
from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.contracts.actors import system_actor
from crmcore.workspace import Crm

PASSWORD = "violet harbour tin canoe"
SYSTEM = system_actor("tests")


@pytest.fixture
def person(crm: Crm) -> Callable[..., Awaitable[str]]:
    """Call it with a name, what the person may and with which rows; it returns the secret of a session."""

    async def make(
        name: str,
        permissions: tuple[str, ...] = ("*",),
        *,
        rows: Mapping[str, str] | None = None,
        fields: Mapping[str, Mapping[str, Any]] | None = None,
        language: str = "en",
    ) -> str:
        role = NewRole(
            key=name,
            label=RoleLabel(en=name, ru=name),
            permissions=list(permissions),
            rows=dict(rows or {}),
            fields={kind: dict(rules) for kind, rules in (fields or {}).items()},
        )
        await crm.roles.create(role, actor=SYSTEM)
        email = f"{name}@example.com"
        await crm.accounts.create_user(email, name.title(), PASSWORD, role=name, language=language)
        return await crm.accounts.sign_in(email, PASSWORD, address="127.0.0.1", user_agent="tests")

    return make


@pytest.fixture
async def hear(crm: Crm) -> AsyncIterator[Hear]:
    """Call it with the secret of a session, and the place of an earlier stream, for a new one."""
    ears: list[Ear] = []

    async def listen(secret: str, last: str = "") -> Ear:
        actor = await crm.accounts.actor_for_session(secret)
        assert actor is not None
        ears.append(Ear(*await crm.live.listen(actor, "session", hash_of(secret), last)))
        return ears[-1]

    yield listen
    for ear in ears:
        crm.live.leave(ear.listener)
    await crm.live.finish()
