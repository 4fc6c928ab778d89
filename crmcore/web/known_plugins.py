"""Plugins of this project that can be installed: what each one gives, for the gallery."""

from importlib.metadata import distributions

from msgspec import Struct

from crmcore.contracts.labels import Label


class KnownPlugin(Struct, frozen=True, kw_only=True):
    """A plugin by its distribution, which is installed with pip."""

    distribution: str
    icon: str
    gives: Label


KNOWN_PLUGINS = (
    KnownPlugin(
        distribution="crm-shopify",
        icon="shopping-bag",
        gives={
            "en": "Shopify orders beside the conversation: lifetime value, payment and delivery.",
            "ru": "Заказы Shopify рядом с обращением: сумма покупок, оплата и доставка.",
        },
    ),
    KnownPlugin(
        distribution="crm-mailchimp",
        icon="megaphone",
        gives={
            "en": "Audiences, fields and tags of Mailchimp both ways; what was sent, opened and clicked.",
            "ru": "Аудитории, поля и метки Mailchimp в обе стороны; рассылки, открытия и переходы рядом с контактом.",
        },
    ),
    KnownPlugin(
        distribution="crm-telephony",
        icon="phone",
        gives={
            "en": "Asterisk and Twilio: calls pop up, missed ones become tasks, recordings are played.",
            "ru": "Asterisk и Twilio: карточка звонка, задачи по пропущенным, записи разговоров.",
        },
    ),
    KnownPlugin(
        distribution="crm-oidc",
        icon="key",
        gives={
            "en": "Single sign-on with Keycloak, Entra ID, Google, Okta and other OpenID providers.",
            "ru": "Единый вход через Keycloak, Entra ID, Google, Okta и других провайдеров OpenID.",
        },
    ),
    KnownPlugin(
        distribution="crm-validators",
        icon="shield-check",
        gives={
            "en": "Checks of texts: phones, cards, tax numbers, IBAN, postcodes and more.",
            "ru": "Проверки текстов: телефоны, карты, ИНН, IBAN, индексы и другие.",
        },
    ),
)


def not_installed() -> list[KnownPlugin]:
    """Return the known plugins whose distribution is not in this Python."""
    here = {str(found.metadata["Name"]).lower().replace("_", "-") for found in distributions()}
    return [plugin for plugin in KNOWN_PLUGINS if plugin.distribution not in here]
