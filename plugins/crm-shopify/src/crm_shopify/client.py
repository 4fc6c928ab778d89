"""Ask Shopify's GraphQL Admin API one question."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from crm_shopify import trouble
from crm_shopify.answers import Envelope
from crm_shopify.queries import API_VERSION, SCOPES
from crm_shopify.settings import ShopifySettings
from crm_shopify.trouble import ShopifyTrouble
from crmcore import HttpAnswer, OutgoingFailed, OutgoingRefused, PluginContext

TIMEOUT_S = 4.0

Answer = TypeVar("Answer", bound=Struct)


async def ask(
    plugin: PluginContext, query: str, variables: Mapping[str, Any], answer: type[Answer]
) -> Answer:
    """Return Shopify's answer to ``query`` as an ``answer``; raises :class:`ShopifyTrouble`.

    Source: https://shopify.dev/docs/api/admin-graphql. Shopify reports most failures with status 200 and a list
    of ``errors``; one of them is enough to give up, because half an answer would look like a whole one.
    """
    settings: ShopifySettings = plugin.settings
    try:
        response = await plugin.http.request(
            "POST",
            f"https://{settings.host}/admin/api/{API_VERSION}/graphql.json",
            headers={"X-Shopify-Access-Token": settings.access_token, "Accept": "application/json"},
            json={"query": query, "variables": dict(variables)},
            timeout_s=TIMEOUT_S,
        )
    except OutgoingRefused as error:
        raise ShopifyTrouble(trouble.REFUSED_HERE, host=settings.host, reason=error.label()) from error
    except OutgoingFailed as error:
        raise ShopifyTrouble(trouble.NO_ANSWER) from error
    _refuse_status(response.status, settings.host)
    _notice_version(response, plugin)
    try:
        envelope = msgspec.json.decode(response.body, type=Envelope)
        if envelope.errors:
            raise _trouble_of(envelope, settings.host)
        return msgspec.json.decode(envelope.data, type=answer, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        plugin.log.warning("shopify_answer_not_understood", reason=str(error)[:200])
        raise ShopifyTrouble(trouble.NOT_UNDERSTOOD) from error


def _refuse_status(status: int, host: str) -> None:
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
        raise ShopifyTrouble(trouble.THROTTLED)
    if status >= 500:
        raise ShopifyTrouble(trouble.BROKEN, status=status)
    raise ShopifyTrouble(trouble.NOT_UNDERSTOOD)


def _trouble_of(envelope: Envelope, host: str) -> ShopifyTrouble:
    codes = envelope.codes()
    if "THROTTLED" in codes:
        return ShopifyTrouble(trouble.THROTTLED)
    if "ACCESS_DENIED" in codes:
        return ShopifyTrouble(trouble.NOT_ALLOWED, scopes=", ".join(SCOPES))
    if "SHOP_INACTIVE" in codes:
        return ShopifyTrouble(trouble.SHOP_CLOSED, host=host)
    if "INTERNAL_SERVER_ERROR" in codes:
        return ShopifyTrouble(trouble.BROKEN, status=200)
    return ShopifyTrouble(trouble.NOT_UNDERSTOOD)


def _notice_version(response: HttpAnswer, plugin: PluginContext) -> None:
    """Say in the log that Shopify has retired our version and answered in another one."""
    answered = response.headers.get("x-shopify-api-version", API_VERSION)
    if answered != API_VERSION:
        plugin.log.warning("shopify_version_retired", asked=API_VERSION, answered=answered[:20])
