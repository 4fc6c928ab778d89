"""Sample deliveries as the core hands them on, and what verify has to do with them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from msgspec import Struct

from crmcore.clock import utc_now
from crmcore.contracts.channels import ChannelAccount, Forged, InboundRequest, RawDelivery, Verified
from crmcore.contracts.problems import InvalidValue
from crmcore.errors import NotSignedIn
from crmcore.secrets.fields import SecretFields
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.inbound import address_of
from crmcore.testing.no_network import NetworkRefused, no_network
from crmcore.testing.rule import Broken
from crmcore.testing.samples import Delivery

LONGEST_VERIFY_S = 2.0


def request_of(
    delivery: Delivery, body: bytes | None = None, *, signed: bool = True, slug: str = SLUG
) -> InboundRequest:
    """Return a sample as the core hands it to a channel, with another body or without what proves it."""
    url, body = address_of(slug), delivery.body if body is None else body
    try:
        proof = delivery.sign(url, body) if delivery.sign and signed else {}
    except Exception:
        # A vendor signs only what it could have sent.
        proof = {}
    headers = {**(delivery.headers if signed or delivery.sign else {}), **proof}
    return InboundRequest(
        method=delivery.method,
        url=url,
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        received_at=utc_now(),
    )


def raw_of(request: InboundRequest, verified: Verified) -> RawDelivery:
    """Return the request as it is stored."""
    return RawDelivery(
        id=uuid4(),
        delivery_key=verified.delivery_key or "key",
        headers=request.headers,
        body=request.body,
        url=request.url,
        received_at=request.received_at,
    )


async def must_answer_quickly(
    key: str,
    verify: Callable[[InboundRequest, ChannelAccount], Verified],
    request: InboundRequest,
    account: ChannelAccount,
    advice: str,
) -> None:
    """Raise Broken when ``verify`` takes long, asks outside or fails; ``advice`` says what it had better do."""
    begins = repr(request.body[:20])

    def verified() -> None:
        try:
            with no_network():
                verify(request, account)
        except (Forged, InvalidValue):
            return

    try:
        await asyncio.wait_for(asyncio.to_thread(verified), LONGEST_VERIFY_S)
    except TimeoutError:
        raise Broken(f"verify of “{key}” needs more than 2 s for {begins}….") from None
    except NetworkRefused as error:
        raise Broken(f"verify of “{key}” asks outside: it has to know from the request alone.") from error
    except Exception as error:
        raise Broken(f"verify of “{key}” raises {error!r} on {begins}: {advice}") from error


def must_be_refused(
    key: str,
    verify: Callable[[InboundRequest, ChannelAccount], Verified],
    request: InboundRequest,
    account: ChannelAccount,
    what: str,
) -> None:
    """Raise Broken when ``verify`` takes a request that is not genuine."""
    try:
        verified = verify(request, account)
    except (Forged, InvalidValue, NotSignedIn):
        return
    except Exception as error:
        raise Broken(f"verify of “{key}” raises {error!r} on a request {what}: raise Forged.") from error
    if verified.delivery_key is not None:
        raise Broken(
            f"“{key}” takes a request {what}: compare with hmac.compare_digest, and raise Forged when it differs."
        )


def with_other_secrets(bench: Bench, key: str, struct: type[Struct] | None) -> ChannelAccount | None:
    """Return the sample account with another value in place of each secret; None when it has none."""
    if struct is None:
        return None
    config = bench.config_of(key, struct)
    secrets = SecretFields(struct).values(dict(config))
    names = [name for name, value in config.items() if isinstance(value, str) and value in secrets]
    if not names:
        return None
    changed: Mapping[str, Any] = {name: _other(config[name]) for name in names}
    return bench.account(key, struct, **changed)


def _other(secret: str) -> str:
    """Return another secret of the same letters and length, so that it fits the same pattern."""
    turned = secret[1:] + secret[:1]
    return turned if turned != secret else ("b" if secret[:1] != "b" else "c") * len(secret)
