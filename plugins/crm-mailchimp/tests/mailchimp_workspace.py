"""A workspace with an audience, as the tests work with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from crm_mailchimp.mapping import FieldRule, keep_mapping
from crm_mailchimp.standin.members import KeptMember, hash_of
from mailchimp_api import AUDIENCE, KEY, NOW, Mailchimp

from crmcore import ChannelAccount, ContactPointState, InboundRequest, PluginContext, system_actor
from crmcore.testing.clock import TurnableClock
from crmcore.testing.workspaces import workspace
from crmcore.workspace import Crm

ADMIN = system_actor("tests")
HOOK_KEY = "a-key-of-sixteen-letters"


class Workspace:
    """A workspace, its clock, and Mailchimp at the other end."""

    def __init__(self, crm: Crm, mailchimp: Mailchimp, clock: TurnableClock) -> None:
        self.crm, self.mailchimp, self.clock = crm, mailchimp, clock
        self.id = UUID(int=0)

    @property
    def plugin(self) -> PluginContext:
        """The plugin's context."""
        return self.crm.host.context("mailchimp")

    async def connect(self, slug: str = "news", **changes: Any) -> UUID:
        """Connect an audience."""
        config = {"api_key": KEY, "audience_id": AUDIENCE, "webhook_key": HOOK_KEY, **changes}
        self.id = await self.crm.channel_accounts.create("audience", "News", config, actor=ADMIN, slug=slug)
        return self.id

    async def account(self) -> ChannelAccount:
        """The audience."""
        return await self.plugin.connections.get(self.id)

    async def change(self, **config: Any) -> None:
        """Change the audience's settings."""
        await self.plugin.connections.update(self.id, config)

    async def pause(self) -> None:
        """Pause the audience: what happens meanwhile travels with the next synchronisation."""
        await self.plugin.connections.pause(self.id, "for a moment")

    async def resume(self) -> None:
        """Go on with the audience."""
        await self.crm.channel_accounts.resume(self.id, actor=ADMIN)

    async def map(self, *rules: FieldRule) -> None:
        """Make these the audience's mapping."""
        await keep_mapping(self.id, rules, self.plugin)

    async def add(self, *emails: str, opt_in: bool | None = True, **values: Any) -> UUID:
        """Make a contact."""
        custom = values.pop("custom", {}) | ({} if opt_in is None else {"mailchimp_opt_in": opt_in})
        document = {"emails": list(emails), "custom": custom, **values}
        return (await self.crm.records.create("contact", document, actor=ADMIN)).id

    async def update(self, id: UUID, **changes: Any) -> None:
        """Change a contact."""
        await self.crm.records.update("contact", id, changes, actor=ADMIN)

    async def document(self, id: UUID) -> dict[str, Any]:
        """Return a contact's document."""
        return (await self.crm.records.get("contact", id, actor=ADMIN)).document

    async def status(self, id: UUID) -> str | None:
        """Return a contact's newsletter status."""
        status: str | None = (await self.document(id))["custom"].get("mailchimp_status")
        return status

    async def named(self, address: str) -> dict[str, Any] | None:
        """Return the contact with this address."""
        found = await self.plugin.records.find("contact", {"field": "emails", "op": "eq", "value": address})
        return found[0].document if found else None

    async def point(self, address: str) -> ContactPointState:
        """Return what is known of an address."""
        return (await self.plugin.points.find("email", [address]))[0]

    async def work(self) -> None:
        """Do everything that is due."""
        await self.crm.worker.drain()

    async def synchronise(self, *, whole: bool = True, rounds: int = 20) -> None:
        """Synchronise the audience to the end."""
        from crm_mailchimp.sync import start_sync
        from crm_mailchimp.sync_state import state_of_sync

        await start_sync(self.id, self.plugin, whole=whole)
        for _ in range(rounds):
            await self.work()
            state = await state_of_sync(self.id, self.plugin)
            if state is not None and state.phase == "done":
                return
            self.clock.advance(11)
        raise AssertionError(state)

    def member(self, address: str) -> KeptMember:
        """Return the member with this address at Mailchimp."""
        return self.mailchimp.service.members[hash_of(address)]

    async def post(self, fields: dict[str, str], *, url: str = f"?key={HOOK_KEY}", **headers: str) -> int:
        """Have Mailchimp deliver; return the status of the answer."""
        request = InboundRequest(
            method="POST",
            url=f"https://crm.example.com/hooks/news{url}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            body=urlencode(fields).encode(),
            received_at=self.clock(),
        )
        return (await self.crm.conversations.receive("news", request)).status


@asynccontextmanager
async def opened(
    url: str, folder: Path, mailchimp: Mailchimp, clock: TurnableClock
) -> AsyncIterator[Workspace]:
    """Start a workspace with this plugin, without an audience as yet."""
    point = EntryPoint("mailchimp", "crm_mailchimp.plugin", "crmcore")
    settings = {"base_url": "https://crm.example.com"}
    async with workspace(folder / "data", url, [point], clock=clock, settings=settings) as crm:
        client = crm.http_client
        crm.http_client = mailchimp  # type: ignore[assignment]
        try:
            yield Workspace(crm, mailchimp, clock)
        finally:
            crm.http_client = client


def delivery(kind: str, address: str, *, at: str = "2026-11-22 12:00:00", **more: str) -> dict[str, str]:
    """Return what a webhook says."""
    return {
        "type": kind,
        "fired_at": at,
        "data[id]": hash_of(address)[:10],
        "data[list_id]": AUDIENCE,
        "data[email]": address,
        **more,
    }


def requests(mailchimp: Mailchimp, since: int = 0) -> Sequence[str]:
    """Return the requests after the first ``since``."""
    return mailchimp.methods()[since:]


__all__ = ["ADMIN", "HOOK_KEY", "NOW", "Workspace", "delivery", "requests"]
