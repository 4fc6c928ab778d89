"""A coupon for one customer: a code of their own, good once."""

import secrets
from datetime import timedelta
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from crm_shopify.actions.target import demand_buyer, refused, target_of
from crm_shopify.answers import BuyerAnswer, CouponAnswer
from crm_shopify.client import ask, refuse_errors
from crm_shopify.queries import BUYER, CREATE_COUPON
from crm_shopify.refreshing import gid
from crm_shopify.trouble import ShopifyTrouble
from crmcore import Action, ActionCall, ActionResult, Label, Permission, PluginContext, setting, text_of

PERMISSION = Permission(
    key="shopify.coupon",
    label={"en": "Give Shopify coupons", "ru": "Выдавать купоны Shopify"},
    help={"en": "Makes a discount code for one customer.", "ru": "Создаёт код скидки для одного клиента."},
)

_DONE: Label = {
    "en": "Coupon {code}: {percent} % off, good once until {until}.",
    "ru": "Купон {code}: скидка {percent} %, один раз, до {until}.",
}
# No letters and digits that look alike.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_LENGTH = 8
_MOST_PERCENT = 50


class CouponForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much off, and how long."""

    percent: Annotated[int, setting({"en": "Percent off", "ru": "Скидка, %"}, ge=1, le=_MOST_PERCENT)] = 10
    days: Annotated[int, setting({"en": "Good for days", "ru": "Действует дней"}, ge=1, le=365)] = 30
    code: Annotated[
        str,
        setting(
            {"en": "Code", "ru": "Код"},
            help={"en": "Empty makes one up.", "ru": "Пустой — придумать."},
            max_length=40,
            pattern="^[0-9A-Za-z_-]*$",
        ),
    ] = ""


async def run_coupon(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Make the code. One press makes one: sent twice, Shopify refuses the second because the code is there."""
    account, customer = await target_of(call, plugin)
    form: CouponForm = call.data
    try:
        found = await ask(account, plugin, BUYER, {"customer": gid("Customer", customer)}, BuyerAnswer)
    except ShopifyTrouble as error:
        raise refused(error) from error
    await demand_buyer(call, account, found.customer)
    code = (form.code or _made_up(call)).upper()
    starts = plugin.now()
    ends = starts + timedelta(days=form.days)
    coupon: dict[str, Any] = {
        "title": f"CRM {code}",
        "code": code,
        "startsAt": starts.isoformat(),
        "endsAt": ends.isoformat(),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [gid("Customer", customer)]}},
        "customerGets": {"value": {"percentage": form.percent / 100}, "items": {"all": True}},
    }
    try:
        answer = await ask(account, plugin, CREATE_COUPON, {"coupon": coupon}, CouponAnswer)
        errors = answer.discount_code_basic_create.user_errors
        if not (call.key and not form.code and [one.code for one in errors] == ["TAKEN"]):
            refuse_errors(errors)
    except ShopifyTrouble as error:
        raise refused(error) from error
    message: Label = {
        language: text_of(_DONE, language, code=code, percent=form.percent, until=ends.date().isoformat())
        for language in ("en", "ru")
    }
    return ActionResult(message=message)


def _made_up(call: ActionCall) -> str:
    """Return a code; the same for the same press, and none that could be guessed."""
    if not call.key:
        return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    number = uuid5(NAMESPACE_URL, f"{call.item}:{call.key}").int
    letters = []
    for _ in range(_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)


COUPON = Action(
    key="coupon",
    label={"en": "Give a coupon", "ru": "Выдать купон"},
    run=run_coupon,
    icon="gift",
    form=CouponForm,
    permission=PERMISSION.key,
)
