"""What panel, actions and timeline say."""

from crmcore import Label

TITLE: Label = {"en": "Shopify orders", "ru": "Заказы Shopify"}
SETUP: Label = {
    "en": "Connect a shop: Settings → Connections → Shopify.",
    "ru": "Подключите магазин: Настройки → Подключения → Shopify.",
}
NO_ADDRESS: Label = {
    "en": "Shopify customers are found by e-mail or phone, and this contact has neither.",
    "ru": "Клиенты Shopify ищутся по почте или телефону, а у этого контакта их нет.",
}
NO_CUSTOMER: Label = {
    "en": "Not a customer of the shop yet.",
    "ru": "Пока не покупал в магазине.",
}
NO_ORDERS: Label = {"en": "No orders to show.", "ru": "Заказов для показа нет."}
SPENT: Label = {"en": "Spent in all", "ru": "Всего покупок"}
ORDERS: Label = {"en": "Orders", "ru": "Заказов"}
LAST_ORDER: Label = {"en": "Last order", "ru": "Последний заказ"}
MOST_VALUABLE: Label = {"en": "Most valuable", "ru": "Особо ценный"}
OPEN: Label = {"en": "Open in Shopify", "ru": "Открыть в Shopify"}
DEMO: Label = {
    "en": "Demo: this shop and its orders are made up, nothing was asked of Shopify.",
    "ru": "Демонстрация: магазин и заказы вымышлены, Shopify не запрашивался.",
}
AS_KEPT: Label = {
    "en": "{reason} These are the orders as they were last told.",
    "ru": "{reason} Показаны заказы по последним известным данным.",
}
REFUND_ORDER: Label = {"en": "Refund {name}", "ru": "Вернуть за {name}"}
REFUNDED: Label = {"en": "{amount} refunded", "ru": "Возвращено {amount}"}
TRACKING: Label = {"en": "Track {number}", "ru": "Отследить {number}"}
PARCEL: Label = {"en": "parcel", "ru": "посылку"}
PLACED: Label = {"en": "Order {name}", "ru": "Заказ {name}"}
PAID: Label = {"en": "Order {name} paid", "ru": "Заказ {name} оплачен"}
CANCELLED: Label = {"en": "Order {name} cancelled", "ru": "Заказ {name} отменён"}
GAVE_BACK: Label = {"en": "Refund on order {name}", "ru": "Возврат по заказу {name}"}
SENT: Label = {"en": "Order {name} sent", "ru": "Заказ {name} отправлен"}
DELIVERED: Label = {"en": "Order {name} delivered", "ru": "Заказ {name} доставлен"}
