"""Giving money back: how much is asked of Shopify, checked here and there, done once."""

import re
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from crm_shopify.actions.target import demand_buyer, refused, target_of
from crm_shopify.answers import RefundableAnswer, RefundableOrder, RefundAnswer
from crm_shopify.client import ask, refuse_errors
from crm_shopify.queries import CREATE_REFUND, REFUNDABLE
from crm_shopify.refreshing import enqueue_refresh, gid
from crm_shopify.tables import ShopifyOrder, key_of
from crm_shopify.trouble import ShopifyTrouble
from crmcore import (
    Action,
    ActionCall,
    ActionResult,
    ChannelAccount,
    Label,
    Permission,
    PluginContext,
    Problem,
    Refusal,
    setting,
    text_of,
)

PERMISSION = Permission(
    key="shopify.refund",
    label={"en": "Refund Shopify orders", "ru": "Возвраты по заказам Shopify"},
    help={
        "en": "Gives a customer's money back, whole or in part.",
        "ru": "Возвращает деньги клиента, полностью или частично.",
    },
)

_NO_ORDER: Label = {
    "en": "Shopify does not know this order any more.",
    "ru": "Shopify больше не знает этот заказ.",
}
_NOTHING_LEFT: Label = {
    "en": "Nothing of this order is left to refund.",
    "ru": "По этому заказу возвращать больше нечего.",
}
_OTHER_ORDER: Label = {
    "en": "This button belongs to order {order}.",
    "ru": "Эта кнопка относится к заказу {order}.",
}
_NO_AMOUNT: Label = {
    "en": "Enter an amount such as 12.50.",
    "ru": "Введите сумму, например 12.50.",
}
_TOO_MUCH: Label = {
    "en": "At most {most} {currency} can be refunded.",
    "ru": "Вернуть можно не больше {most} {currency}.",
}
_DONE: Label = {
    "en": "{amount} {currency} of order {order} refunded.",
    "ru": "По заказу {order} возвращено {amount} {currency}.",
}


class RefundForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much goes back, and why. ``order`` is there to be read; another order's number is refused."""

    order: Annotated[str, setting({"en": "Order", "ru": "Заказ"}, max_length=60)] = ""
    amount: Annotated[
        str,
        setting(
            {"en": "Amount", "ru": "Сумма"},
            help={"en": "In the shop's currency.", "ru": "В валюте магазина."},
            min_length=1,
            max_length=20,
        ),
    ]
    reason: Annotated[
        str,
        setting(
            {"en": "Reason", "ru": "Причина"},
            help={"en": "Kept with the refund in Shopify.", "ru": "Сохраняется у возврата в Shopify."},
            max_length=200,
        ),
    ] = ""
    notify: Annotated[
        bool, setting({"en": "Shopify writes to the customer", "ru": "Shopify напишет клиенту"})
    ] = True


async def prepare_refund(call: ActionCall, plugin: PluginContext) -> RefundForm:
    """Return the form with all that can be refunded in it."""
    account, id = await target_of(call, plugin)
    order = await _refundable(call, account, id, plugin)
    return RefundForm(order=order.name[:60], amount=_written(_most(order)))


async def run_refund(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Refund the amount to the payments it came from, the first that can take it first.

    Shopify's idempotency key is made of the order, the amount and what was refunded before: the same press sent
    twice gives money back once, and a second refund of the same amount is another one.
    """
    account, id = await target_of(call, plugin)
    form: RefundForm = call.data
    order = await _refundable(call, account, id, plugin)
    most, currency = _most(order), order.total_refunded_set.shop_money.currency_code
    if form.order.strip() not in ("", order.name[:60]):
        return _wrong("/order", _OTHER_ORDER, order=order.name[:60])
    amount = _amount(form.amount)
    if amount is None:
        return _wrong("/amount", _NO_AMOUNT)
    if amount > most:
        return _wrong("/amount", _TOO_MUCH, most=_written(most), currency=currency)
    before = order.total_refunded_set.shop_money.amount
    key = uuid5(NAMESPACE_URL, f"{account.id}:{id}:{before.normalize():f}:{amount.normalize():f}:{call.key}")
    refund: dict[str, Any] = {
        "orderId": gid("Order", id),
        "note": form.reason,
        "notify": form.notify,
        "currency": currency,
        "transactions": _transactions(order, id, amount),
    }
    try:
        answer = await ask(account, plugin, CREATE_REFUND, {"input": refund, "key": str(key)}, RefundAnswer)
        refuse_errors(answer.refund_create.user_errors)
    except ShopifyTrouble as error:
        raise refused(error) from error
    await _ask_anew(account, id, plugin)
    message: Label = {
        language: text_of(_DONE, language, amount=_written(amount), currency=currency, order=order.name[:60])
        for language in ("en", "ru")
    }
    return ActionResult(message=message)


async def _refundable(
    call: ActionCall, account: ChannelAccount, id: int, plugin: PluginContext
) -> RefundableOrder:
    try:
        answer = await ask(account, plugin, REFUNDABLE, {"order": gid("Order", id)}, RefundableAnswer)
    except ShopifyTrouble as error:
        raise refused(error) from error
    if answer.order is None:
        raise Refusal(Problem(code="no_order", message=_NO_ORDER))
    await demand_buyer(call, account, answer.order.customer)
    if _most(answer.order) <= 0:
        raise Refusal(Problem(code="nothing_left", message=_NOTHING_LEFT))
    return answer.order


def _most(order: RefundableOrder) -> Decimal:
    """Return what can be refunded to payments that are known."""
    return sum((left for _, _, left in _payments(order)), Decimal())


def _payments(order: RefundableOrder) -> list[tuple[str, str, Decimal]]:
    """Return each payment that money can go back to: its id, its gateway, and how much."""
    suggested = order.suggested_refund.suggested_transactions if order.suggested_refund else []
    return [
        (one.parent_transaction.id, one.gateway or "", one.maximum_refundable_set.shop_money.amount)
        for one in suggested
        if one.parent_transaction is not None and one.maximum_refundable_set is not None
    ]


def _transactions(order: RefundableOrder, id: int, amount: Decimal) -> list[dict[str, str]]:
    found = []
    for parent, gateway, left in _payments(order):
        part = min(left, amount)
        if part > 0:
            found.append(
                {
                    "orderId": gid("Order", id),
                    "parentId": parent,
                    "gateway": gateway,
                    "kind": "REFUND",
                    "amount": _written(part),
                }
            )
            amount -= part
    return found


def _amount(text: str) -> Decimal | None:
    """Return the amount that was typed, with a point or a comma; None for anything else.

    None for ``1,500`` too: it is more than a thousand to some and one and a half to others.
    """
    if re.fullmatch(r"\s*[1-9][0-9]{0,2},[0-9]{3}\s*", text):
        return None
    try:
        amount = Decimal(text.strip().replace(",", ".").replace(" ", ""))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 < amount < 10**12 or amount != amount.quantize(Decimal("0.001")):
        return None
    return amount


def _written(amount: Decimal) -> str:
    cents = amount.quantize(Decimal("0.01"), ROUND_DOWN)
    return f"{cents if cents == amount else amount.normalize():f}"


def _wrong(path: str, message: Label, **params: object) -> ActionResult:
    problem = Problem(path=path, code="refund", message=message, params=params)
    return ActionResult(problems=(problem,), refresh=False)


async def _ask_anew(account: ChannelAccount, id: int, plugin: PluginContext) -> None:
    row = (
        await ShopifyOrder.select(ShopifyOrder.customer_id)
        .where(ShopifyOrder.key == key_of(account.id, id))
        .first()
    )
    if row and row["customer_id"]:
        await enqueue_refresh(account.id, row["customer_id"], plugin)


REFUND = Action(
    key="refund",
    label={"en": "Refund", "ru": "Вернуть деньги"},
    run=run_refund,
    icon="rotate-ccw",
    form=RefundForm,
    prepare=prepare_refund,
    confirm={
        "en": "The money goes back to the customer at once. This cannot be taken back.",
        "ru": "Деньги сразу вернутся клиенту. Отменить это нельзя.",
    },
    permission=PERMISSION.key,
    timeout_s=15.0,
)
