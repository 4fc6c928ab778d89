"""Test connection: does the provider describe itself, and are there keys?"""

from crm_oidc.id_token import ALGORITHMS
from crm_oidc.provider import keys, metadata
from crm_oidc.settings import OidcSettings
from crmcore import CheckResult, Label, PluginContext, Refusal, text_of

_SETUP: Label = {"en": "Enter an issuer and a client ID.", "ru": "Укажите адрес провайдера и ID клиента."}
_NO_ALGORITHM: Label = {
    "en": "The provider signs with nothing that proves it: {names}.",
    "ru": "Провайдер подписывает способом, который ничего не доказывает: {names}.",
}
_CONNECTED: Label = {
    "en": "The provider answers, with {count} keys. Register this address there: {address}",
    "ru": "Провайдер отвечает, ключей: {count}. Зарегистрируйте у него адрес: {address}",
}


async def check_connection(plugin: PluginContext) -> CheckResult:
    """Ask for the provider's description and keys, and say which address it has to know."""
    settings: OidcSettings = plugin.settings
    if not settings.configured:
        return CheckResult(ok=False, message=_SETUP)
    try:
        provider = await metadata(plugin, fresh=True)
        found = await keys(plugin, provider.jwks_uri, anew=True)
    except Refusal as refusal:
        [problem] = refusal.problems
        message = {language: problem.sentence(language) for language in ("en", "ru")}
        return CheckResult(ok=False, message=message)
    names = provider.id_token_signing_alg_values_supported
    if not set(names) & set(ALGORITHMS):
        return CheckResult(ok=False, message=_filled(_NO_ALGORITHM, names=", ".join(names)[:100]))
    address = plugin.url_for(f"/auth/{plugin.name}/callback")
    return CheckResult(ok=True, message=_filled(_CONNECTED, count=len(found["keys"]), address=address))


def _filled(label: Label, **params: object) -> Label:
    return {language: text_of(label, language, **params) for language in ("en", "ru")}
