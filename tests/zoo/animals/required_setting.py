"""Cannot start before it is configured."""

from msgspec import Struct

from crmcore import Secret, Settings, hookimpl


class ShopSettings(Struct):
    address: str
    key: Secret = ""


@hookimpl
def register_settings():
    return Settings(type=ShopSettings)
