"""Receiving: prove where a request came from, store it raw, acknowledge. Understanding comes later."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, quote_plus

import msgspec
import structlog
from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import Channel, Forged, InboundRequest, Verified
from crmcore.contracts.connections import Connection
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.attachments import ACTOR_ID
from crmcore.conversations.deliveries import ACTOR, Deliveries, unverified_key
from crmcore.conversations.found import Found
from crmcore.conversations.rate import AddressLimit
from crmcore.errors import Forbidden, Invalid, NotFound, NotSignedIn, TooMany, Unavailable
from crmcore.files.described import owner_of
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.secrets.fields import MASK, SecretFields

VERIFY_TIMEOUT_S = 2.0
# What waits for an absent plugin came from anybody: more than this is refused until the plugin is back.
MAX_UNVERIFIED = 10_000

_FORGED: Label = {"en": "The signature is missing or wrong.", "ru": "Подпись отсутствует или неверна."}
_NO_ADDRESS: Label = {
    "en": "This connection takes no deliveries.",
    "ru": "Это подключение не принимает доставки.",
}
_NOT_VERIFIED: Label = {
    "en": "The channel cannot check deliveries at the moment. Try again later.",
    "ru": "Канал сейчас не может проверить доставку. Повторите позже.",
}


class Receiver:
    """Takes requests for channel accounts."""

    def __init__(
        self,
        *,
        accounts: ChannelAccounts,
        deliveries: Deliveries,
        dispatch: Dispatcher,
        limit: AddressLimit,
    ) -> None:
        self._accounts = accounts
        self._deliveries = deliveries
        self._dispatch = dispatch
        self._limit = limit
        self._log = structlog.get_logger("crmcore.conversations")

    async def receive(self, account: str, request: InboundRequest, *, actor: Actor | None = None) -> Verified:
        """Verify and store one request for the account with this id or slug; return the answer to send.

        ``actor`` is the signed-in program that posts, None for a vendor's webhook or a public form. A delivery
        key that was seen before gets the same answer and is not stored again. Raises NotFound, NotSignedIn (a
        forged request; nothing is stored), Forbidden, Invalid, TooMany and Unavailable.
        """
        if actor is not None and not actor.may("inbound.post"):
            raise Forbidden(permission="inbound.post")
        headers = {name: value for name, value in request.headers.items() if not name.startswith(":")}
        if actor is not None:
            headers[ACTOR] = actor.label or actor.id or actor.kind
            headers[ACTOR_ID] = owner_of(actor)[1]
        request = msgspec.structs.replace(request, headers=headers)
        found = await self._accounts.get(account)
        if found.service is None:
            return await self._keep_unverified(found, request)
        if found.channel is not None:
            await self._check_rate(found, found.channel, request)
        verified = await self._verify(found, found.service, request)
        if verified.delivery_key is None:
            return verified
        request = _without_secrets(request, found.account.config)
        id, _ = await self._deliveries.keep(
            found.row["id"], verified.delivery_key, request, verified.status, lane=found.lane
        )
        if verified.answer or verified.status != 202:
            return verified
        return msgspec.structs.replace(verified, answer=msgspec.json.encode({"id": id, "state": "accepted"}))

    async def hear(
        self, found: Found, key: str, body: bytes, headers: Mapping[str, str], at: datetime
    ) -> bool:
        """Store what a plugin heard for the account as a delivery of its own; False when it is known already."""
        if not key:
            raise ValueError("a delivery needs a key")
        request = InboundRequest(method="LISTEN", url="", headers=headers, body=body, received_at=at)
        kept = await self._deliveries.keep(found.row["id"], key, request, 202, lane=found.lane)
        return kept.fresh

    async def _verify(self, found: Found, service: Channel | Connection, request: InboundRequest) -> Verified:
        verify = service.verify
        if verify is None:
            raise NotFound(_NO_ADDRESS, code="no_address")

        def outcome() -> Verified | Exception:
            # What a request makes `verify` raise is the request's business: it must not count as a failure
            # of the plugin, or anybody could pause the channel by sending nonsense.
            try:
                return verify(request, found.account)
            except Exception as error:
                return error

        try:
            if found.account.plugin == CORE:
                result = outcome()
            else:
                result = await self._dispatch.run(
                    found.account.plugin, f"{found.row['kind']}.verify", outcome, timeout_s=VERIFY_TIMEOUT_S
                )
        except PluginFailed as failed:
            raise Unavailable(_NOT_VERIFIED, headers={"Retry-After": "30"}) from failed
        if isinstance(result, Verified):
            return result
        if isinstance(result, InvalidValue):
            path = str(result.params.pop("path", ""))
            raise Invalid(problems=(result.problem(path),)) from result
        if not isinstance(result, Forged):
            self._log.warning(
                "delivery_not_verified",
                account=str(found.row["id"]),
                plugin=found.account.plugin,
                error=repr(result),
            )
        raise NotSignedIn(_FORGED, code="forged") from None

    async def _keep_unverified(self, found: Found, request: InboundRequest) -> Verified:
        if await self._deliveries.waiting_unverified(found.row["id"]) >= MAX_UNVERIFIED:
            raise Unavailable(_NOT_VERIFIED, headers={"Retry-After": "600"})
        key = unverified_key(request)
        id, _ = await self._deliveries.keep(
            found.row["id"], key, request, 202, verified=False, lane=found.lane
        )
        return Verified(delivery_key=key, answer=msgspec.json.encode({"id": id, "state": "accepted"}))

    async def check_address(self, found: Found, address: str) -> None:
        """Raise TooMany when ``address`` has sent this form as often as it may, before anything of it is stored."""
        limit = getattr(found.account.config, "limit_per_address", 0)
        window_s = getattr(found.account.config, "limit_window_s", 600)
        if limit and await self._limit.is_full(str(found.row["id"]), address, limit, window_s):
            raise TooMany(headers={"Retry-After": str(window_s)}, seconds=window_s)

    async def _check_rate(self, found: Found, channel: Channel, request: InboundRequest) -> None:
        limit = getattr(found.account.config, "limit_per_address", 0)
        if not channel.public_form or not limit:
            return
        window_s = getattr(found.account.config, "limit_window_s", 600)
        wait_s = await self._limit.take(str(found.row["id"]), request.remote_address, limit, window_s)
        if wait_s:
            seconds = int(wait_s) + 1
            raise TooMany(headers={"Retry-After": str(seconds)}, seconds=seconds)


def _without_secrets(request: InboundRequest, config: Struct | None) -> InboundRequest:
    """Return a verified ``request`` without secrets of the account in its address: what proved it is not kept.

    Services that sign nothing are known by a key in the address that they were given.
    """
    if config is None or "?" not in request.url:
        return request
    url = request.url
    for secret in SecretFields(type(config)).values(msgspec.to_builtins(config)):
        for form in (secret, quote(secret), quote_plus(secret)):
            url = url.replace(form, MASK)
    return msgspec.structs.replace(request, url=url)
