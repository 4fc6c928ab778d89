"""Actions on a contact: subscribe, and stop mailings."""

from uuid import UUID

from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.push import enqueue_push
from crmcore import Action, ActionCall, ActionResult, Label, PluginContext

_SUBSCRIBED: Label = {"en": "The contact joins the audience.", "ru": "Контакт входит в аудиторию."}
_STOPPED: Label = {
    "en": "The subscription ends, and nothing more is sent to this address.",
    "ru": "Подписка прекращается, на этот адрес больше ничего не отправляется.",
}
_NO_ADDRESS: Label = {"en": "The contact has no e-mail address.", "ru": "У контакта нет адреса почты."}
_REASON = "Asked for by the customer"


async def subscribe(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Check the box and take marks off the first address: the customer has asked for it."""
    contact = _contact(call)
    points = await plugin.points.of([contact] if contact else [])
    if not points or contact is None:
        return ActionResult(message=_NO_ADDRESS, tone="warn")
    await plugin.points.mark("email", points[0].value, opt_out=False, reason=_REASON)
    await plugin.records.update("contact", contact, {"custom": {OPT_IN: True}}, reason=_REASON)
    await _push(contact, plugin)
    return ActionResult(message=_SUBSCRIBED)


async def stop_mailings(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Uncheck the box and mark every address as opted out."""
    contact = _contact(call)
    if contact is None:
        return ActionResult(message=_NO_ADDRESS, tone="warn")
    for point in await plugin.points.of([contact]):
        await plugin.points.mark("email", point.value, opt_out=True, reason=_REASON)
    await plugin.records.update("contact", contact, {"custom": {OPT_IN: False}}, reason=_REASON)
    await _push(contact, plugin)
    return ActionResult(message=_STOPPED)


def _contact(call: ActionCall) -> UUID | None:
    """Return whom the action is about, beside a conversation too."""
    found: UUID | None = call.contact["id"] if call.contact else None
    return found


async def _push(contact: UUID, plugin: PluginContext) -> None:
    """Have it pushed: what the plugin writes itself is no news to the plugin."""
    for account in await plugin.connections.list("audience"):
        await enqueue_push(contact, account.id, plugin)


CONTACT_ACTIONS = [
    Action(
        key="subscribe",
        label={"en": "Subscribe to the newsletter", "ru": "Подписать на рассылку"},
        run=subscribe,
        icon="mail",
        confirm={
            "en": "Has the customer asked for the newsletter?",
            "ru": "Клиент просил подписать его на рассылку?",
        },
        permission="contact.write",
    ),
    Action(
        key="stop_mailings",
        label={"en": "Stop mailings", "ru": "Прекратить рассылку"},
        run=stop_mailings,
        icon="ban",
        confirm={
            "en": "The subscription ends and all addresses are marked as opted out: replies to them are held.",
            "ru": "Подписка прекращается, адреса получают отметку об отказе: ответы на них задерживаются.",
        },
        permission="contact.write",
    ),
]
