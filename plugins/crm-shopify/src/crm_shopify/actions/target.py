"""What a button of the panel is about: a shop's account and a number there."""

from uuid import UUID

from crm_shopify.refreshing import account_of
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ActionCall, ChannelAccount, Label, PluginContext, Problem, Refusal

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


def refused(error: ShopifyTrouble) -> Refusal:
    """Return what Shopify said as a refusal for the dialog."""
    return Refusal(Problem(code="shopify", message=error.labelled()))
