"""An audience as a connection: its settings, its test, its webhook."""

from crm_mailchimp.audience import name_of
from crm_mailchimp.client import tell
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.delivery import delivery_in
from crm_mailchimp.receiving import handle_delivery
from crm_mailchimp.signature import HEADER, has_key, is_signed
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import (
    ChannelAccount,
    CheckResult,
    Connection,
    Forged,
    InboundRequest,
    Label,
    PluginContext,
    Verified,
    text_of,
)

KEY = "audience"
_CONNECTED: Label = {
    "en": "Connected to the audience “{audience}”.",
    "ru": "Есть связь с аудиторией «{audience}».",
}


async def check_audience(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    """Ask ``/ping`` whether the key is good, then for the audience's name."""
    try:
        await tell(account, plugin, "GET", "/ping")
        name = await name_of(account, plugin)
    except MailchimpTrouble as error:
        return CheckResult(ok=False, message=error.label)
    message: Label = {language: text_of(_CONNECTED, language, audience=name) for language in ("en", "ru")}
    return CheckResult(ok=True, message=message)


def verify_delivery(request: InboundRequest, account: ChannelAccount) -> Verified:
    """Prove a delivery by the key in its address and, where the webhook is signed, by its signature.

    Mailchimp asks the address with GET before it uses it: that is answered and not kept.
    """
    config: AudienceConfig = account.config
    secrets = (config.signing_secret, config.signing_secret_before)
    keyed = has_key(request.url, config.webhook_key)
    if config.webhook_key and not keyed:
        raise Forged
    if request.method == "GET":
        if not keyed:
            raise Forged
        return Verified(delivery_key=None, status=200)
    if any(secrets):
        if not is_signed(request.headers.get(HEADER, ""), request.body, secrets, request.received_at):
            raise Forged
    elif not keyed:
        raise Forged
    return Verified(delivery_key=delivery_in(request.body).key, status=200)


AUDIENCE = Connection(
    key=KEY,
    label={"en": "Mailchimp audience", "ru": "Аудитория Mailchimp"},
    config=AudienceConfig,
    icon="mail",
    help={
        "en": "Contacts who want the newsletter become subscribers of this audience, and what becomes of them comes "
        "back. Several audiences are several connections.",
        "ru": "Контакты с согласием на рассылку становятся подписчиками этой аудитории, а их статус возвращается. "
        "Несколько аудиторий — несколько подключений.",
    },
    check=check_audience,
    verify=verify_delivery,
    handle=handle_delivery,
)
