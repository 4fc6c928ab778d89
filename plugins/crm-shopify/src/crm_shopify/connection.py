"""Test connection: does the shop answer, and may the token read what the panel asks?"""

from crm_shopify import words
from crm_shopify.answers import ShopAnswer
from crm_shopify.client import ask
from crm_shopify.queries import SCOPES, SHOP_AND_SCOPES
from crm_shopify.settings import ShopifySettings
from crm_shopify.trouble import ShopifyTrouble
from crmcore import CheckResult, Label, PluginContext, text_of

_CONNECTED: Label = {"en": "Connected to the shop “{shop}”.", "ru": "Есть связь с магазином «{shop}»."}
_SCOPES_MISSING: Label = {
    "en": "The shop “{shop}” answers, but the access token lacks the scopes {scopes}.",
    "ru": "Магазин «{shop}» отвечает, но токену доступа не хватает прав {scopes}.",
}


async def check_connection(plugin: PluginContext) -> CheckResult:
    """Ask the shop for its name and the token for its scopes."""
    settings: ShopifySettings = plugin.settings
    if not settings.configured:
        return CheckResult(ok=False, message=words.SETUP)
    try:
        answer = await ask(plugin, SHOP_AND_SCOPES, {}, ShopAnswer)
    except ShopifyTrouble as error:
        return CheckResult(ok=False, message=error.labelled())
    missing = [scope for scope in SCOPES if scope not in answer.scopes]
    said = _SCOPES_MISSING if missing else _CONNECTED
    message: Label = {
        language: text_of(said, language, shop=answer.shop.name[:100], scopes=", ".join(missing))
        for language in ("en", "ru")
    }
    return CheckResult(ok=not missing, message=message)
