"""Test connection: does Mailchimp know the key, and the audience?"""

from crm_mailchimp.answers import Audience
from crm_mailchimp.client import ask
from crm_mailchimp.settings import MailchimpSettings
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import CheckResult, Label, PluginContext, text_of

_SETUP: Label = {"en": "Enter an API key and an audience ID.", "ru": "Укажите ключ API и ID аудитории."}
_CONNECTED: Label = {
    "en": "Connected to the audience “{audience}”.",
    "ru": "Есть связь с аудиторией «{audience}».",
}


async def check_connection(plugin: PluginContext) -> CheckResult:
    """Ask ``/ping`` whether the key is good, then for the audience's name."""
    settings: MailchimpSettings = plugin.settings
    if not settings.configured:
        return CheckResult(ok=False, message=_SETUP)
    try:
        await ask(plugin, "GET", "/ping")
        audience = await ask(plugin, "GET", f"/lists/{settings.audience_id}?fields=name", Audience)
    except MailchimpTrouble as error:
        return CheckResult(ok=False, message=error.label)
    name = audience.name[:100] if audience else ""
    message: Label = {language: text_of(_CONNECTED, language, audience=name) for language in ("en", "ru")}
    return CheckResult(ok=True, message=message)
