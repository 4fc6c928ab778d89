"""A workspace with everything the operations need: channels, an endpoint that listens, a plugin, an administrator."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import chat_plugin
import fault_neighbour
import httpx2

from crmcore import CustomField
from crmcore.contracts.actors import system_actor
from crmcore.errors import CrmError
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.tables import JobRow
from crmcore.soundness.examination import examine
from crmcore.soundness.finding import Verdict
from crmcore.testing.clock import TurnableClock
from crmcore.webhooks.endpoint import NewEndpoint
from crmcore.webhooks.tables import WebhookDelivery
from crmcore.workspace import Crm

ADMIN = system_actor("faults")


class World:
    """``counted`` says how many things the invariants were looked up in, and how often."""

    def __init__(self, crm: Crm, clock: TurnableClock, client: httpx2.AsyncClient, receiver: Any) -> None:
        self.crm = crm
        self.clock = clock
        self.client = client
        self._receiver = receiver
        self.examined = 0
        self.looked = 0

    @property
    def sent(self) -> list[Any]:
        """What the chat's vendor got."""
        return chat_plugin.SENT

    def posted(self) -> list[tuple[str, str]]:
        """Return the webhooks that arrived: their ids and bodies."""
        got = self._receiver.got if self._receiver is not None else []
        return [(request.headers["webhook-id"], request.data.decode()) for request in got]

    def heard(self, record: str) -> list[str]:
        """Return the ids of events that the plugin got about a record."""
        return [event for about, event in fault_neighbour.HEARD if about == record]

    async def quiet(self) -> None:
        """Work until nothing waits, turning the clock over the pauses after failures."""
        for _ in range(40):
            try:
                while await self.crm.worker.drain():
                    pass
                await self.crm.webhooks.release.due()
                left = await JobRow.count().where(
                    JobRow.state != "dead",
                    JobRow.unique_key.is_null() | JobRow.unique_key.not_like(f"{PERIODIC}%"),
                )
                if not left and not await WebhookDelivery.exists().where(
                    WebhookDelivery.state.is_in(["queued", "waiting"])
                ):
                    return
            except CrmError:
                continue
            self.clock.advance(20)
        waiting = await JobRow.select(JobRow.name, JobRow.state, JobRow.error, JobRow.run_at)
        raise AssertionError(f"still waiting: {waiting}")

    async def sound(self, after: str) -> Verdict:
        """Look up every invariant; raise AssertionError with what does not hold."""
        await self.crm.audit.chain.seal()
        verdict = await examine(self.crm, pause_s=0)
        assert verdict.sound, (
            after,
            [(fault.check, fault.subject, fault.message) for fault in verdict.faults],
        )
        self.examined += 1
        self.looked += sum(verdict.looked.values())
        return verdict


async def furnish(
    crm: Crm, clock: TurnableClock, connect: Callable[[str], httpx2.AsyncClient], receiver: Any = None
) -> World:
    """Put into ``crm`` what the operations need."""
    chat_plugin.SENT.clear()
    fault_neighbour.HEARD.clear()
    id: UUID = await crm.accounts.create_user("ada@example.com", "Ada Admin", None, role="admin")
    client = connect(await crm.accounts.create_token(id, "tests", ["all"]))
    await crm.channel_accounts.create("api", "Shop", {}, actor=ADMIN, slug="shop")
    await crm.channel_accounts.create("chat", "Chat", {}, actor=ADMIN, slug="chat")
    field = CustomField(record_type="contact", key="tier", label="Tier", filterable=True)
    await crm.fields.create(field, actor=ADMIN)
    if receiver is not None:
        admin = await crm.accounts.actor_for_user(id)
        assert admin is not None
        await crm.webhooks.create(NewEndpoint(url=receiver.url, events=["contact_created"]), actor=admin)
    # Periodic jobs have their own tests; here they would be most of what is counted.
    crm.worker._turns.seed = _no_turns  # type: ignore[method-assign]
    world = World(crm, clock, client, receiver)
    await world.quiet()
    return world


async def _no_turns(kinds: object) -> None:
    """Put down no periodic job."""
