"""Shopify's states of payment and delivery, as badges."""

from crm_shopify.answers import Order
from crmcore import Badge, Label, Tone, text_of

PAYMENT: dict[str, tuple[Label, Tone]] = {
    "AUTHORIZED": ({"en": "Authorised", "ru": "Авторизован"}, "accent"),
    "EXPIRED": ({"en": "Payment expired", "ru": "Оплата просрочена"}, "bad"),
    "PAID": ({"en": "Paid", "ru": "Оплачен"}, "ok"),
    "PARTIALLY_PAID": ({"en": "Partly paid", "ru": "Оплачен частично"}, "warn"),
    "PARTIALLY_REFUNDED": ({"en": "Partly refunded", "ru": "Частичный возврат"}, "neutral"),
    "PENDING": ({"en": "Payment pending", "ru": "Ждёт оплаты"}, "warn"),
    "REFUNDED": ({"en": "Refunded", "ru": "Деньги возвращены"}, "neutral"),
    "VOIDED": ({"en": "Voided", "ru": "Аннулирован"}, "neutral"),
}
DELIVERY: dict[str, tuple[Label, Tone]] = {
    "FULFILLED": ({"en": "Sent", "ru": "Отправлен"}, "ok"),
    "IN_PROGRESS": ({"en": "Being packed", "ru": "Собирается"}, "accent"),
    "ON_HOLD": ({"en": "On hold", "ru": "Приостановлен"}, "bad"),
    "OPEN": ({"en": "Open", "ru": "Открыт"}, "accent"),
    "PARTIALLY_FULFILLED": ({"en": "Partly sent", "ru": "Отправлен частично"}, "warn"),
    "PENDING_FULFILLMENT": ({"en": "Waits for dispatch", "ru": "Ждёт отправки"}, "accent"),
    "REQUEST_DECLINED": ({"en": "Dispatch declined", "ru": "Отправка отклонена"}, "bad"),
    "RESTOCKED": ({"en": "Restocked", "ru": "Вернулся на склад"}, "neutral"),
    "SCHEDULED": ({"en": "Scheduled", "ru": "Запланирован"}, "accent"),
    "UNFULFILLED": ({"en": "Not sent", "ru": "Не отправлен"}, "warn"),
}
CANCELLED: Label = {"en": "Cancelled", "ru": "Отменён"}


def badges(order: Order, language: str) -> tuple[Badge, ...]:
    """Return the order's badges: payment and delivery, or that it was cancelled."""
    payment = order.display_financial_status
    shown = [_badge(PAYMENT, payment, language)] if payment else []
    if order.cancelled_at:
        return (Badge(text_of(CANCELLED, language), "bad"), *shown)
    return (*shown, _badge(DELIVERY, order.display_fulfillment_status, language))


def _badge(known: dict[str, tuple[Label, Tone]], state: str, language: str) -> Badge:
    """Return the badge of ``state``; one that is newer than this plugin is shown as Shopify spells it."""
    if state in known:
        label, tone = known[state]
        return Badge(text_of(label, language), tone)
    return Badge(state.replace("_", " ").capitalize()[:40], "neutral")
