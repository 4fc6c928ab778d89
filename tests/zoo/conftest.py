"""Cages: hosts with one broken plugin and a healthy neighbour."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from zoo_keeping import Cage, Core, entry

from crmcore import Change, system_actor
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost


@pytest.fixture
def cage() -> Iterator[Cage]:
    """Return a function that loads ``animals.VALUE`` beside the healthy plugin."""
    hosts: list[PluginHost] = []

    def lock_up(
        value: str,
        *,
        name: str = "animal",
        folder: str = "animals.",
        load_timeout_s: float = 5.0,
        strict: bool = False,
        **options: Any,
    ) -> PluginHost:
        host = PluginHost(
            PluginChoice(strict=strict),
            builtin=Core(),
            entry_points=[entry(name, f"{folder}{value}"), entry("healthy", "animals.healthy")],
            load_timeout_s=load_timeout_s,
            **options,
        )
        hosts.append(host)
        host.load()
        return host

    yield lock_up
    for host in hosts:
        host.close()


@pytest.fixture
def change() -> Change:
    """A change as the gate hands it to plugins."""
    return Change(
        record_type="contact",
        action="update",
        id=uuid4(),
        before={"first_name": "Ann", "tags": ["vip"]},
        values={"first_name": "Anna"},
        custom={"tier": "gold"},
        actor=system_actor(),
    )
