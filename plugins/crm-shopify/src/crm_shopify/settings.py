"""What holds for all shops; each shop's own settings are its connection's."""

from typing import Annotated

from msgspec import Struct

from crmcore import setting


class ShopifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a panel shows."""

    orders_shown: Annotated[int, setting({"en": "Orders shown", "ru": "Показывать заказов"}, ge=1, le=20)] = 5
