"""Proving that a delivery is Shopify's: all five headers, this shop, and the signature over the raw body.

Source: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries. The signature alone is not enough: the app's
secret signs other things too, and one of them with its HMAC sent as a delivery must not pass.
"""

import base64
import hashlib
import hmac

from crm_shopify.shop import ShopConfig
from crmcore import ChannelAccount, Forged, InboundRequest, Verified

SIGNATURE = "x-shopify-hmac-sha256"
TOPIC = "x-shopify-topic"
SHOP = "x-shopify-shop-domain"
VERSION = "x-shopify-api-version"
WEBHOOK_ID = "x-shopify-webhook-id"
TRIGGERED_AT = "x-shopify-triggered-at"
REQUIRED = (SIGNATURE, TOPIC, SHOP, VERSION, WEBHOOK_ID)

LONGEST_ID = 200


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    """Return Shopify's id of the delivery, the same on every repetition; raises :class:`~crmcore.Forged`."""
    config: ShopConfig = account.config
    headers = {name: request.headers.get(name, "") for name in REQUIRED}
    if request.method != "POST" or not all(headers.values()):
        raise Forged
    if headers[SHOP].lower() != config.host or len(headers[WEBHOOK_ID]) > LONGEST_ID:
        raise Forged
    if not is_signed(request.body, headers[SIGNATURE], config):
        raise Forged
    return Verified(delivery_key=headers[WEBHOOK_ID], status=200, answer=b"{}")


def is_signed(body: bytes, signature: str, config: ShopConfig) -> bool:
    """Tell whether ``signature`` was made of ``body`` with the app's secret, or with the one before a rotation."""
    secrets = [secret for secret in (config.client_secret, config.previous_secret) if secret]
    expected = [signature_of(body, secret).encode() for secret in secrets]
    given = signature.encode("utf-8", "replace")
    # All are compared, so that the time taken tells nothing.
    return any([hmac.compare_digest(given, one) for one in expected])  # noqa: C419


def signature_of(body: bytes, secret: str) -> str:
    """Return the base64 of the HMAC-SHA256 of ``body``."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
