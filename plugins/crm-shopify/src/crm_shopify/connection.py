"""A shop as a connection: its settings, its test, what it tells, and consent."""

from crm_shopify.check import check_shop
from crm_shopify.oauth import AUTHORIZATION
from crm_shopify.shop import KEY, ShopConfig
from crm_shopify.webhooks.handle import handle
from crm_shopify.webhooks.signature import verify
from crmcore import Connection

SHOP = Connection(
    key=KEY,
    label={"en": "Shopify shop", "ru": "Магазин Shopify"},
    config=ShopConfig,
    icon="shopping-bag",
    help={
        "en": "Make an app in Shopify's Dev Dashboard with the scopes read_customers, read_orders (write_orders for "
        "refunds, write_discounts for coupons), install it in the shop, and enter its client ID and secret.",
        "ru": "В Dev Dashboard Shopify создайте приложение с правами read_customers, read_orders (write_orders для "
        "возвратов, write_discounts для купонов), установите его в магазин и введите client ID и secret.",
    },
    check=check_shop,
    verify=verify,
    handle=handle,
    authorize=AUTHORIZATION,
)
