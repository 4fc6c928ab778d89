"""Access tokens: got, renewed before they expire, and never lost while they are.

Two kinds expire. The client-credentials grant of one's own app gives a token for 24 hours and is simply asked again.
An OAuth installation gives one for an hour together with a refresh token that works once: the new one is stored,
with the old beside it, in one write, before it is used; the old one is dropped when the new has worked. Whoever asks
meanwhile, in any process, waits for the lock and finds the new token.
Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from crm_shopify import trouble
from crm_shopify.shop import ShopConfig
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 5.0
# Renewed so long before the end that a request on its way is not cut off.
MARGIN_S = 120.0


class Grant(Struct, frozen=True, kw_only=True):
    """What Shopify's token endpoint gives; ``expires_in`` counts seconds, None for a token that stays."""

    access_token: Annotated[str, Meta(min_length=1, max_length=500)]
    scope: Annotated[str, Meta(max_length=5000)] = ""
    expires_in: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    refresh_token: Annotated[str, Meta(max_length=500)] | None = None

    def changes(self, plugin: PluginContext, previous: str = "") -> dict[str, Any]:
        """Return the settings of the shop that this grant makes; ``previous`` is the refresh token it came from."""
        lasting = timedelta(seconds=self.expires_in) if self.expires_in else None
        return {
            "access_token": self.access_token,
            "expires_at": (plugin.now() + lasting).isoformat() if lasting else "",
            "refresh_token": self.refresh_token or None,
            "previous_refresh_token": previous or None,
        }


async def fresh(account: ChannelAccount, plugin: PluginContext, *, not_token: str = "") -> ChannelAccount:
    """Return ``account`` with a token that is good for a while; raises :class:`ShopifyTrouble`.

    ``not_token`` is one that Shopify has just refused: another is got unless somebody else has done so already.
    """
    if _usable(account.config, plugin, not_token):
        return account
    async with plugin.lock(f"token:{account.id}"):
        account = await plugin.connections.get(account.id)
        config: ShopConfig = account.config
        if _usable(config, plugin, not_token):
            return account
        if not (config.client_id and config.client_secret):
            raise ShopifyTrouble(trouble.BAD_TOKEN)
        if config.refresh_token:
            grant, used = await _renewed(config, plugin)
            changes = grant.changes(plugin, previous=used if grant.refresh_token else "")
        else:
            changes = (await ask_for_token(config, plugin, grant_type="client_credentials")).changes(plugin)
        plugin.log.info("shopify_token_renewed", shop=config.handle, expires_at=changes["expires_at"])
        return await plugin.connections.update(account.id, changes)


async def proved(account: ChannelAccount, plugin: PluginContext) -> None:
    """Drop the previous refresh token: a token of the new pair has just worked."""
    async with plugin.lock(f"token:{account.id}"):
        now = await plugin.connections.get(account.id)
        if now.config.access_token == account.config.access_token and now.config.previous_refresh_token:
            await plugin.connections.update(account.id, {"previous_refresh_token": None})


def _usable(config: ShopConfig, plugin: PluginContext, not_token: str) -> bool:
    return config.is_fresh(plugin.now(), MARGIN_S) and config.access_token != not_token


async def _renewed(config: ShopConfig, plugin: PluginContext) -> tuple[Grant, str]:
    """Use the refresh token, or the one before it, when the answer to that one was lost on its way to us."""
    candidates = [config.refresh_token, config.previous_refresh_token]
    refused: ShopifyTrouble | None = None
    for token in filter(None, candidates):
        try:
            return await ask_for_token(config, plugin, grant_type="refresh_token", refresh_token=token), token
        except ShopifyTrouble as error:
            if error.label is not trouble.REVOKED:
                raise
            refused = error
    raise refused or ShopifyTrouble(trouble.REVOKED)


async def ask_for_token(config: ShopConfig, plugin: PluginContext, **parameters: str) -> Grant:
    """Ask the shop's token endpoint; raises :class:`ShopifyTrouble`, ``REVOKED`` when it says no for good."""
    form: Mapping[str, str] = {
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        **parameters,
    }
    try:
        answer = await plugin.http.request(
            "POST",
            f"{config.root}/admin/oauth/access_token",
            headers={"Accept": "application/json"},
            data=form,
            timeout_s=TIMEOUT_S,
        )
    except OutgoingRefused as error:
        raise ShopifyTrouble(trouble.REFUSED_HERE, host=config.host, reason=error.label()) from error
    except OutgoingFailed as error:
        raise ShopifyTrouble(trouble.NO_ANSWER, later_s=30.0) from error
    if answer.status in (400, 401, 403):
        raise ShopifyTrouble(trouble.REVOKED)
    if answer.status == 404:
        raise ShopifyTrouble(trouble.NO_SHOP, host=config.host)
    if answer.status == 429:
        raise ShopifyTrouble(trouble.THROTTLED, later_s=10.0)
    if answer.status != 200:
        raise ShopifyTrouble(trouble.BROKEN, status=answer.status, later_s=60.0)
    try:
        return msgspec.json.decode(answer.body, type=Grant)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ShopifyTrouble(trouble.NOT_UNDERSTOOD) from error
