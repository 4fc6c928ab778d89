"""Shopify's states of payment and delivery, as badges."""

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
PARCEL: dict[str, tuple[Label, Tone]] = {
    "ATTEMPTED_DELIVERY": ({"en": "Delivery attempted", "ru": "Не застали дома"}, "warn"),
    "CANCELED": ({"en": "Parcel cancelled", "ru": "Отправка отменена"}, "bad"),
    "CARRIER_PICKED_UP": ({"en": "Picked up by the carrier", "ru": "Передан перевозчику"}, "accent"),
    "CONFIRMED": ({"en": "Parcel confirmed", "ru": "Отправка подтверждена"}, "accent"),
    "DELAYED": ({"en": "Delayed", "ru": "Задерживается"}, "warn"),
    "DELIVERED": ({"en": "Delivered", "ru": "Доставлен"}, "ok"),
    "FAILURE": ({"en": "Delivery failed", "ru": "Доставка не удалась"}, "bad"),
    "FULFILLED": ({"en": "Sent", "ru": "Отправлен"}, "ok"),
    "IN_TRANSIT": ({"en": "In transit", "ru": "В пути"}, "accent"),
    "LABEL_PRINTED": ({"en": "Label printed", "ru": "Этикетка напечатана"}, "accent"),
    "LABEL_PURCHASED": ({"en": "Label bought", "ru": "Этикетка куплена"}, "accent"),
    "LABEL_VOIDED": ({"en": "Label voided", "ru": "Этикетка отменена"}, "warn"),
    "MARKED_AS_FULFILLED": ({"en": "Sent", "ru": "Отправлен"}, "ok"),
    "NOT_DELIVERED": ({"en": "Not delivered", "ru": "Не доставлен"}, "bad"),
    "OUT_FOR_DELIVERY": ({"en": "Out for delivery", "ru": "У курьера"}, "accent"),
    "PICKED_UP": ({"en": "Picked up", "ru": "Получен"}, "ok"),
    "READY_FOR_PICKUP": ({"en": "Ready for pickup", "ru": "Ждёт в пункте выдачи"}, "accent"),
    "SUBMITTED": ({"en": "Submitted", "ru": "Передан в отправку"}, "accent"),
}
CANCELLED: Label = {"en": "Cancelled", "ru": "Отменён"}


def badges(payment: str, delivery: str, *, cancelled: bool, parcel: str, language: str) -> tuple[Badge, ...]:
    """Return an order's badges: payment and delivery, or that it was cancelled.

    What is known of the latest parcel says more than that the order was sent.
    """
    shown = [_badge(PAYMENT, payment, language)] if payment else []
    if cancelled:
        return (Badge(text_of(CANCELLED, language), "bad"), *shown)
    if parcel and delivery == "FULFILLED":
        return (*shown, _badge(PARCEL, parcel, language))
    return (*shown, _badge(DELIVERY, delivery, language)) if delivery else tuple(shown)


def _badge(known: dict[str, tuple[Label, Tone]], state: str, language: str) -> Badge:
    """Return the badge of ``state``; one that is newer than this plugin is shown as Shopify spells it."""
    if state in known:
        label, tone = known[state]
        return Badge(text_of(label, language), tone)
    return Badge(state.replace("_", " ").capitalize()[:40], "neutral")
