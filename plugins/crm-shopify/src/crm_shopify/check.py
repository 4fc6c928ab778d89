"""Does a shop answer, and may the app do there what it is used for?"""

from crm_shopify.answers import ShopAnswer
from crm_shopify.client import ask
from crm_shopify.queries import COUPON_SCOPES, MERGE_SCOPES, REFUND_SCOPES, SCOPES, SHOP_AND_SCOPES
from crm_shopify.shop import KEY, ShopConfig
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, CheckResult, HealthCheck, Label, PluginContext, text_of

_INCOMPLETE: Label = {
    "en": "Enter the app's client ID and client secret, or connect with Shopify.",
    "ru": "Введите client ID и client secret приложения или подключите через Shopify.",
}
_CONNECTED: Label = {
    "en": "Connected to the shop “{shop}”; amounts are in {currency}.",
    "ru": "Есть связь с магазином «{shop}»; суммы в {currency}.",
}
_WITHOUT: Label = {
    "en": "Connected to the shop “{shop}”; amounts are in {currency}. Refunds, coupons or news of merged customers "
    "need {scopes} too.",
    "ru": "Есть связь с магазином «{shop}»; суммы в {currency}. Для возвратов, купонов или вестей об объединении "
    "клиентов нужны ещё права {scopes}.",
}
_SCOPES_MISSING: Label = {
    "en": "The shop “{shop}” answers, but the access token lacks the scopes {scopes}.",
    "ru": "Магазин «{shop}» отвечает, но токену доступа не хватает прав {scopes}.",
}
_NO_SHOP: Label = {"en": "No shop is connected.", "ru": "Магазин не подключён."}
_ALL_ANSWER: Label = {"en": "Shops that answer: {count}.", "ru": "Магазинов отвечает: {count}."}
_TROUBLE: Label = {"en": "{name}: {reason}", "ru": "{name}: {reason}"}


async def check_shop(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    """Ask the shop for its name and the token for its scopes."""
    config: ShopConfig = account.config
    if not config.connected:
        return CheckResult(ok=False, message=_INCOMPLETE)
    try:
        answer = await ask(account, plugin, SHOP_AND_SCOPES, {}, ShopAnswer)
    except ShopifyTrouble as error:
        return CheckResult(ok=False, message=error.labelled())
    missing = [scope for scope in SCOPES if scope not in answer.scopes]
    wished = sorted({*REFUND_SCOPES, *COUPON_SCOPES, *MERGE_SCOPES} - answer.scopes - set(SCOPES))
    said = _SCOPES_MISSING if missing else _WITHOUT if wished else _CONNECTED
    shop = answer.shop
    message = _filled(
        said, shop=shop.name[:100], currency=shop.currency_code, scopes=", ".join(missing or wished)
    )
    return CheckResult(ok=not missing, message=message)


async def check_health(plugin: PluginContext) -> CheckResult:
    """Ask every shop; the first that does not answer is named."""
    shops = [one for one in await plugin.connections.list(KEY) if one.config.connected]
    if not shops:
        return CheckResult(ok=True, message=_NO_SHOP)
    for shop in shops:
        result = await check_shop(shop, plugin)
        if not result.ok:
            message: Label = {
                language: text_of(
                    _TROUBLE, language, name=shop.name, reason=text_of(result.message, language)
                )
                for language in ("en", "ru")
            }
            return CheckResult(ok=False, message=message)
    return CheckResult(ok=True, message=_filled(_ALL_ANSWER, count=len(shops)))


def _filled(label: Label, **params: object) -> Label:
    return {language: text_of(label, language, **params) for language in ("en", "ru")}


HEALTH = HealthCheck(
    key="shops",
    label={"en": "Shopify shops", "ru": "Магазины Shopify"},
    run=check_health,
    ttl_s=300,
    timeout_s=10.0,
)
