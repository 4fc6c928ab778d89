"""What a button of the panel is about: a shop's account and a number there."""

from uuid import UUID

from crm_shopify.answers import Buyer
from crm_shopify.refreshing import account_of
from crm_shopify.tables import ShopifyCustomer, key_of
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ActionCall, ChannelAccount, Label, PluginContext, Problem, Refusal

_OTHER: Label = {
    "en": "This is another customer's. Load the panel again.",
    "ru": "Это заказ другого клиента. Обновите панель.",
}
_UNKNOWN: Label = {
    "en": "This shop is not connected any more.",
    "ru": "Этот магазин больше не подключён.",
}


async def target_of(call: ActionCall, plugin: PluginContext) -> tuple[ChannelAccount, int]:
    """Return the shop and the number in ``call.item``; raises :class:`~crmcore.Refusal` for anything else."""
    account, _, number = call.item.partition(":")
    try:
        found = await account_of(UUID(account), plugin)
        id = int(number)
    except ValueError:
        found, id = None, 0
    if found is None or not 0 < id < 2**63:
        raise Refusal(Problem(code="unknown_shop", message=_UNKNOWN))
    return found, id


async def demand_buyer(call: ActionCall, account: ChannelAccount, buyer: Buyer | None) -> None:
    """Raise :class:`~crmcore.Refusal` unless the contact beside the button is the customer ``buyer``.

    A button's number comes from a browser: whoever may see one contact must not reach another's orders by it.
    """
    contact = call.contact
    if contact is not None and buyer is not None:
        email = buyer.default_email_address.email_address.lower() if buyer.default_email_address else ""
        phone = buyer.default_phone_number.phone_number if buyer.default_phone_number else ""
        emails = {str(one).lower() for one in contact.get("emails") or ()}
        if email in emails or phone in (contact.get("phones") or ()):
            return
        key = key_of(account.id, buyer.legacy_resource_id)
        row = await ShopifyCustomer.select(ShopifyCustomer.contact).where(ShopifyCustomer.key == key).first()
        if row and row["contact"] is not None and str(row["contact"]) == str(contact.get("id")):
            return
    raise Refusal(Problem(code="other_customer", message=_OTHER))


def refused(error: ShopifyTrouble) -> Refusal:
    """Return what Shopify said as a refusal for the dialog."""
    return Refusal(Problem(code="shopify", message=error.labelled()))
