"""Connecting a shop by consent: the page that Shopify shows, and the signed return from it.

Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import msgspec

from crm_shopify.queries import COUPON_SCOPES, MERGE_SCOPES, REFUND_SCOPES, SCOPES
from crm_shopify.shop import ShopConfig
from crm_shopify.tokens import ask_for_token
from crm_shopify.trouble import ShopifyTrouble
from crmcore import (
    Authorization,
    ChannelAccount,
    InvalidValue,
    Label,
    PluginContext,
    Problem,
    Refusal,
)

# The clocks of Shopify and of this machine may differ by so much, as in Shopify's own library.
WINDOW_S = 90

_ASKED = (*SCOPES, *REFUND_SCOPES, *COUPON_SCOPES, *MERGE_SCOPES)
_INCOMPLETE: Label = {
    "en": "Enter the app's client ID and client secret first.",
    "ru": "Сначала введите client ID и client secret приложения.",
}
_FORGED: Label = {"en": "This return is not Shopify's.", "ru": "Этот возврат пришёл не от Shopify."}
_LATE: Label = {
    "en": "The return is too old. Connect the shop again.",
    "ru": "Возврат слишком старый. Подключите магазин ещё раз.",
}
_OTHER_SHOP: Label = {
    "en": "Shopify answered for another shop than the one named in the settings.",
    "ru": "Shopify ответил за другой магазин, не за указанный в настройках.",
}
_DENIED: Label = {
    "en": "The connection was not allowed in Shopify.",
    "ru": "В Shopify отказали в подключении.",
}


def start(account: ChannelAccount, callback_url: str, state: str) -> str:
    """Return Shopify's page that asks for consent; raises :class:`~crmcore.Refusal` when the app is not named."""
    config: ShopConfig = account.config
    if not (config.client_id and config.client_secret):
        raise Refusal(Problem(code="incomplete", message=_INCOMPLETE, path="/config/client_id"))
    query = {
        "client_id": config.client_id,
        "scope": ",".join(sorted(set(_ASKED))),
        "redirect_uri": callback_url,
        "state": state,
    }
    # Consent is always given on Shopify's own page: the stand-in of the demo has none.
    return f"https://{config.host}/admin/oauth/authorize?{urlencode(query)}"


async def finish(query: Mapping[str, str], account: ChannelAccount, plugin: PluginContext) -> ShopConfig:
    """Prove the return and change its code for tokens.

    Raises :class:`~crmcore.InvalidValue` for a return that Shopify has not signed or not for this shop, and
    :class:`~crmcore.Refusal` when there was no consent.
    """
    config: ShopConfig = account.config
    if not signed(query, config):
        raise InvalidValue(_FORGED, code="forged")
    if not _recent(query.get("timestamp", ""), plugin.now().timestamp()):
        raise InvalidValue(_LATE, code="too_old")
    if query.get("shop", "").lower() != config.host:
        raise InvalidValue(_OTHER_SHOP, code="other_shop")
    code = query.get("code", "")
    if not code or query.get("error"):
        raise Refusal(Problem(code="not_allowed", message=_DENIED))
    try:
        # Expiring tokens with a refresh token are what public apps have to use.
        grant = await ask_for_token(config, plugin, code=code[:500], expiring="1")
    except ShopifyTrouble as error:
        raise Refusal(Problem(code="shopify", message=error.labelled())) from error
    await plugin.store.set(f"connected:{account.id}", plugin.now().isoformat())
    changes = {name: value or "" for name, value in grant.changes(plugin).items()}
    return msgspec.structs.replace(config, **changes)


def signed(query: Mapping[str, str], config: ShopConfig) -> bool:
    """Tell whether Shopify has signed ``query`` with the app's secret, the present one or the previous one."""
    given = query.get("hmac", "").encode("utf-8", "replace")
    secrets = [secret for secret in (config.client_secret, config.previous_secret) if secret]
    message = signed_string(query).encode()
    expected = [hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() for secret in secrets]
    # All are compared, so that the time taken tells nothing.
    return any([hmac.compare_digest(given, one.encode()) for one in expected])  # noqa: C419


def signed_string(query: Mapping[str, str]) -> str:
    """Return what Shopify signs: all parameters but the signature, by name, spaces as ``%20``."""
    parts = sorted((name, value) for name, value in query.items() if name not in ("hmac", "signature"))
    return urlencode(parts, quote_via=quote)


def _recent(timestamp: str, now: float) -> bool:
    return timestamp.isascii() and timestamp.isdigit() and abs(int(timestamp[:15]) - now) <= WINDOW_S


AUTHORIZATION = Authorization(
    start=start,
    finish=finish,
    label={"en": "Connect with Shopify", "ru": "Подключить через Shopify"},
)
