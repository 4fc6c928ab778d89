"""Whether Mailchimp can be worked with now, and the step on the way there."""

from crm_mailchimp import pacing
from crm_mailchimp.client import tell
from crm_mailchimp.sync_state import state_of_sync
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import CheckResult, HealthCheck, Label, PluginContext, SetupStep, text_of

_FINE: Label = {"en": "Mailchimp answers.", "ru": "Mailchimp отвечает."}
_NONE: Label = {"en": "No audience is connected.", "ru": "Аудитории не подключены."}
_BAD: Label = {"en": "{name}: {reason}", "ru": "{name}: {reason}"}
_WAITING: Label = {
    "en": "{name}: Mailchimp asks us to wait, {seconds} s more. Nothing is lost meanwhile.",
    "ru": "{name}: Mailchimp просит подождать ещё {seconds} с. Ничего не теряется.",
}


async def check_health(plugin: PluginContext) -> CheckResult:
    """Ask with every audience's key; the first that does not work is told."""
    accounts = await plugin.connections.list("audience")
    for account in accounts:
        if (left := await pacing.left_s(account.id, plugin)) > 0:
            return CheckResult(ok=False, message=_told(_WAITING, name=account.name, seconds=round(left)))
        try:
            await tell(account, plugin, "GET", "/ping")
        except MailchimpTrouble as error:
            message: Label = {
                language: text_of(_BAD, language, name=account.name, reason=text_of(error.label, language))
                for language in ("en", "ru")
            }
            return CheckResult(ok=False, message=message)
        state = await state_of_sync(account.id, plugin)
        if state is not None and state.trouble:
            return CheckResult(ok=False, message=_told(_BAD, name=account.name, reason=state.trouble))
    return CheckResult(ok=True, message=_FINE if accounts else _NONE)


async def is_connected(plugin: PluginContext) -> bool:
    """Tell whether there is an audience."""
    return bool(await plugin.connections.list("audience"))


def _told(label: Label, **params: object) -> Label:
    return {language: text_of(label, language, **params) for language in ("en", "ru")}


HEALTH = HealthCheck(
    key="mailchimp",
    label={"en": "Mailchimp's API", "ru": "API Mailchimp"},
    run=check_health,
    ttl_s=120,
    timeout_s=10.0,
)
CONNECT_STEP = SetupStep(
    key="connect",
    title={"en": "Connect a Mailchimp audience", "ru": "Подключите аудиторию Mailchimp"},
    text={
        "en": "With an API key and an audience ID, contacts who want the newsletter become subscribers.",
        "ru": "С ключом API и ID аудитории контакты с согласием на рассылку становятся подписчиками.",
    },
    done=is_connected,
    open="/settings/connections",
    order=600,
)
