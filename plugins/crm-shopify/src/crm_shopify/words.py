"""What the panel says."""

from crmcore import Label

TITLE: Label = {"en": "Shopify orders", "ru": "Заказы Shopify"}
SETUP: Label = {
    "en": "Enter the shop domain and an access token in the settings of the plugin Shopify.",
    "ru": "Укажите домен магазина и токен доступа в настройках плагина Shopify.",
}
NO_ADDRESS: Label = {
    "en": "Shopify customers are found by e-mail, and this contact has no address.",
    "ru": "Клиенты Shopify ищутся по почте, а у этого контакта нет адреса.",
}
NO_CUSTOMER: Label = {
    "en": "Not a customer of the shop yet.",
    "ru": "Пока не покупал в магазине.",
}
NO_ORDERS: Label = {"en": "No orders to show.", "ru": "Заказов для показа нет."}
SPENT: Label = {"en": "Spent in all", "ru": "Всего покупок"}
ORDERS: Label = {"en": "Orders", "ru": "Заказов"}
MOST_VALUABLE: Label = {"en": "Most valuable", "ru": "Особо ценный"}
OPEN: Label = {"en": "Open in Shopify", "ru": "Открыть в Shopify"}
