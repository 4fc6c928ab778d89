"""Ask Shopify's GraphQL Admin API one question."""

import asyncio
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from crm_shopify import trouble
from crm_shopify.answers import Envelope, UserError
from crm_shopify.queries import API_VERSION, SCOPES
from crm_shopify.shop import ShopConfig
from crm_shopify.throttle import Cost
from crm_shopify.tokens import fresh, proved
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, HttpAnswer, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 4.0
# What a person who waits for a panel is made to wait for the bucket to refill; longer, and they are told.
PATIENCE_S = 1.5

Answer = TypeVar("Answer", bound=Struct)


class Priced(Struct, Generic[Answer], frozen=True):
    """An answer and what it cost."""

    answer: Answer
    cost: Cost


async def ask(
    account: ChannelAccount,
    plugin: PluginContext,
    query: str,
    variables: Mapping[str, Any],
    answer: type[Answer],
    *,
    patience_s: float = PATIENCE_S,
) -> Answer:
    """Return Shopify's answer to ``query`` as an ``answer``; raises :class:`ShopifyTrouble`."""
    return (await priced(account, plugin, query, variables, answer, patience_s=patience_s)).answer


async def priced(
    account: ChannelAccount,
    plugin: PluginContext,
    query: str,
    variables: Mapping[str, Any],
    answer: type[Answer],
    *,
    patience_s: float = PATIENCE_S,
) -> Priced[Answer]:
    """Return Shopify's answer with its cost.

    A token that Shopify refuses is renewed once, and a query that is throttled for at most ``patience_s`` is sent
    once more. Source: https://shopify.dev/docs/api/admin-graphql.
    """
    account = await fresh(account, plugin)
    renewed = waited = False
    while True:
        try:
            found = await _once(account, plugin, query, variables, answer)
        except ShopifyTrouble as error:
            if error.label is trouble.BAD_TOKEN and not renewed and _renewable(account.config):
                account = await fresh(account, plugin, not_token=account.config.access_token)
                renewed = True
            elif error.label is trouble.THROTTLED and not waited and 0 < error.later_s <= patience_s:
                await asyncio.sleep(error.later_s)
                waited = True
            else:
                raise
            continue
        if account.config.previous_refresh_token:
            await proved(account, plugin)
        return found


def _renewable(config: ShopConfig) -> bool:
    return bool(config.client_id and config.client_secret)


async def _once(
    account: ChannelAccount,
    plugin: PluginContext,
    query: str,
    variables: Mapping[str, Any],
    answer: type[Answer],
) -> Priced[Answer]:
    """Send it once. One of ``errors`` is enough to give up: half an answer would look like a whole one."""
    config: ShopConfig = account.config
    try:
        response = await plugin.http.request(
            "POST",
            f"{config.root}/admin/api/{API_VERSION}/graphql.json",
            headers={"X-Shopify-Access-Token": config.access_token, "Accept": "application/json"},
            json={"query": query, "variables": dict(variables)},
            timeout_s=TIMEOUT_S,
        )
    except OutgoingRefused as error:
        raise ShopifyTrouble(trouble.REFUSED_HERE, host=config.host, reason=error.label()) from error
    except OutgoingFailed as error:
        raise ShopifyTrouble(trouble.NO_ANSWER, later_s=30.0) from error
    _refuse_status(response, config.host)
    _notice_version(response, plugin)
    try:
        envelope = msgspec.json.decode(response.body, type=Envelope)
        if envelope.errors:
            raise _trouble_of(envelope, config.host)
        found = msgspec.json.decode(envelope.data, type=answer, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        plugin.log.warning("shopify_answer_not_understood", reason=str(error)[:200])
        raise ShopifyTrouble(trouble.NOT_UNDERSTOOD) from error
    return Priced(found, envelope.extensions.cost)


def refuse_errors(errors: list[UserError]) -> None:
    """Raise :class:`ShopifyTrouble` with what Shopify does not accept in what it was given."""
    if errors:
        raise ShopifyTrouble(trouble.REFUSED, reason="; ".join(error.message[:200] for error in errors[:3]))


def _refuse_status(response: HttpAnswer, host: str) -> None:
    status = response.status
    if status == 200:
        return
    if status == 401:
        raise ShopifyTrouble(trouble.BAD_TOKEN)
    if status == 403:
        raise ShopifyTrouble(trouble.NOT_ALLOWED, scopes=", ".join(SCOPES))
    if status in (402, 423):
        raise ShopifyTrouble(trouble.SHOP_CLOSED, host=host)
    if status == 404 or 300 <= status < 400:
        raise ShopifyTrouble(trouble.NO_SHOP, host=host)
    if status in (429, 430):
        raise ShopifyTrouble(trouble.THROTTLED, later_s=_retry_after(response))
    if status >= 500:
        raise ShopifyTrouble(trouble.BROKEN, status=status, later_s=60.0)
    raise ShopifyTrouble(trouble.NOT_UNDERSTOOD)


def _retry_after(response: HttpAnswer) -> float:
    """Return the seconds that Shopify asks for, between 1 and 300; 5 when it says nothing that is a number."""
    try:
        return min(max(float(response.headers.get("retry-after", "5")), 1.0), 300.0)
    except ValueError:
        return 5.0


def _trouble_of(envelope: Envelope, host: str) -> ShopifyTrouble:
    codes = envelope.codes()
    if "THROTTLED" in codes:
        return ShopifyTrouble(trouble.THROTTLED, later_s=envelope.extensions.cost.wait_s() or 1.0)
    if "ACCESS_DENIED" in codes:
        return ShopifyTrouble(trouble.NOT_ALLOWED, scopes=", ".join(SCOPES))
    if "SHOP_INACTIVE" in codes:
        return ShopifyTrouble(trouble.SHOP_CLOSED, host=host)
    if "INTERNAL_SERVER_ERROR" in codes:
        return ShopifyTrouble(trouble.BROKEN, status=200, later_s=60.0)
    return ShopifyTrouble(trouble.NOT_UNDERSTOOD)


def _notice_version(response: HttpAnswer, plugin: PluginContext) -> None:
    """Say in the log that Shopify has retired our version and answered in another one."""
    answered = response.headers.get("x-shopify-api-version", API_VERSION)
    if answered != API_VERSION:
        plugin.log.warning("shopify_version_retired", asked=API_VERSION, answered=answered[:20])
