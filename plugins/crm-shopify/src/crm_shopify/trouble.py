"""What can go wrong with Shopify, in sentences for the person who looks at the panel."""

from crmcore import Label, text_of


class ShopifyTrouble(Exception):
    """Shopify did not answer the question; ``sentence`` says why and what to do.

    ``later_s`` is when it is worth asking again, in seconds; 0 when it is not before somebody has done something.
    """

    def __init__(self, label: Label, *, later_s: float = 0.0, **params: object) -> None:
        super().__init__(text_of(label, "en", **params))
        self.label = label
        self.later_s = later_s
        self.params = params

    def sentence(self, language: str) -> str:
        """Return the reason in ``language``."""
        return text_of(self.label, language, **self.params)

    def labelled(self) -> Label:
        """Return the reason in every language."""
        return {language: self.sentence(language) for language in ("en", "ru")}


NO_ANSWER: Label = {
    "en": "Shopify did not answer in time. Try again in a moment.",
    "ru": "Shopify не ответил вовремя. Повторите через минуту.",
}
REFUSED_HERE: Label = {
    "en": "This installation may not reach {host}: {reason}",
    "ru": "Отсюда нельзя обратиться к {host}: {reason}",
}
BAD_TOKEN: Label = {
    "en": "Shopify does not accept the access token. An administrator has to connect the shop again.",
    "ru": "Shopify не принимает токен доступа. Администратор должен подключить магазин заново.",
}
REVOKED: Label = {
    "en": "Shopify has ended the app's access. An administrator has to connect the shop again.",
    "ru": "Shopify закрыл доступ приложению. Администратор должен подключить магазин заново.",
}
REFUSED: Label = {"en": "Shopify refused: {reason}", "ru": "Shopify отказал: {reason}"}
NOT_ALLOWED: Label = {
    "en": "The access token may not read this. It needs the scopes {scopes}.",
    "ru": "Токену доступа это читать нельзя. Ему нужны права {scopes}.",
}
NO_SHOP: Label = {
    "en": "There is no shop {host}. Check the shop domain in its settings.",
    "ru": "Магазина {host} нет. Проверьте домен магазина в настройках.",
}
SHOP_CLOSED: Label = {
    "en": "The shop {host} is closed or frozen.",
    "ru": "Магазин {host} закрыт или заморожен.",
}
THROTTLED: Label = {
    "en": "Shopify asks us to wait: too many requests. Try again in a few seconds.",
    "ru": "Shopify просит подождать: слишком много запросов. Повторите через несколько секунд.",
}
BROKEN: Label = {
    "en": "Shopify has a fault of its own (status {status}). Try again later.",
    "ru": "В Shopify сбой (код {status}). Повторите позже.",
}
NOT_UNDERSTOOD: Label = {
    "en": "Shopify answered something that we do not understand. Look for an update of crm-shopify.",
    "ru": "Ответ Shopify не удалось понять. Поищите обновление crm-shopify.",
}
