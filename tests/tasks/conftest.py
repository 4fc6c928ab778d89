"""People with tasks."""

from typing import Any

import pytest
from task_making import MakeUser

from crmcore.contracts.actors import Actor, system_actor
from crmcore.workspace import Crm


@pytest.fixture
def user(crm: Crm) -> MakeUser:
    """Call it with a name for the actor of a new user."""

    async def make(name: str, **document: Any) -> Actor:
        record = await crm.records.create(
            "user",
            {"email": f"{name.split()[0].lower()}@example.com", "name": name, **document},
            actor=system_actor(),
        )
        actor = await crm.accounts.actor_for_user(record.id)
        assert actor is not None
        return actor

    return make
