"""Deliveries of vendors, as they arrive at the public address of an account."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.contracts.channels import InboundRequest, Verified
from crmcore.testing.factories import MAKER
from crmcore.testing.samples import Delivery

if TYPE_CHECKING:
    from crmcore.workspace import Crm

HOST = "https://crm.example.com"


class Inbound:
    """Receives for accounts that it makes: ``await inbound.account("telegram", {…})``, then ``await inbound(…)``."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def account(self, channel: str, config: Mapping[str, Any] | None = None, *, slug: str = "") -> UUID:
        """Configure an account of ``channel``; its slug is the channel's key unless another is named."""
        slug = slug or channel.replace("_", "-")
        return await self._crm.channel_accounts.create(
            channel, slug.title(), config or {}, actor=MAKER, slug=slug
        )

    async def __call__(
        self,
        slug: str,
        body: bytes | Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
    ) -> Verified:
        """Deliver ``body`` to the account, let everything that follows happen, and return what was answered.

        Raises :class:`~crmcore.errors.NotSignedIn` when the channel calls it forged.
        """
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        verified = await self._crm.conversations.receive(slug, self.request(slug, raw, headers or {}, method))
        await self._crm.worker.drain()
        return verified

    async def delivery(self, slug: str, delivery: Delivery) -> Verified:
        """Deliver a sample, signed for this address."""
        url = address_of(slug)
        headers = {**delivery.headers, **(delivery.sign(url, delivery.body) if delivery.sign else {})}
        return await self(slug, delivery.body, headers, method=delivery.method)

    def request(
        self, slug: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> InboundRequest:
        """Return the request as it arrives now."""
        return InboundRequest(
            method=method,
            url=address_of(slug),
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            received_at=self._crm.clock(),
            remote_address="192.0.2.7",
        )


def address_of(slug: str) -> str:
    """Return where a vendor delivers for the account."""
    return f"{HOST}/hooks/{slug}"
