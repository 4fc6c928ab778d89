"""What can go wrong with Mailchimp, in sentences for an administrator."""

from crmcore import Label, text_of

# Mailchimp sends no Retry-After and allows ten connections at a time.
WAIT_S = 30.0
WAIT_LONG_S = 300.0


class MailchimpTrouble(Exception):
    """Mailchimp did not do what was asked; ``label`` says why.

    ``wait_s`` is how long to wait before the same is asked again: what looks final may be mended meanwhile, by an
    administrator or by whoever corrects the contact. ``throttled`` says that it was too much at once.
    """

    def __init__(
        self, label: Label, *, wait_s: float = WAIT_LONG_S, throttled: bool = False, **params: object
    ) -> None:
        self.label: Label = {language: text_of(label, language, **params) for language in ("en", "ru")}
        self.wait_s = wait_s
        self.throttled = throttled
        super().__init__(text_of(self.label, "en"))


class NoSuchMember(MailchimpTrouble):
    """There is no such audience, or no such member in it: Mailchimp does not say which."""


UNCONFIGURED: Label = {
    "en": "This person is a subscriber of an audience that is no longer connected. Connect it again, or delete the "
    "subscriber in Mailchimp and leave this step out.",
    "ru": "Этот человек подписан на аудиторию, которая больше не подключена. Подключите её снова или удалите "
    "подписчика в Mailchimp и пропустите этот шаг.",
}
NO_RESULTS: Label = {
    "en": "The results of a batch could not be read from where Mailchimp keeps them.",
    "ru": "Не удалось прочитать результаты пакета там, где их хранит Mailchimp.",
}
NO_ANSWER: Label = {"en": "Mailchimp did not answer in time.", "ru": "Mailchimp не ответил вовремя."}
REFUSED_HERE: Label = {
    "en": "This installation may not reach Mailchimp: {reason}",
    "ru": "Отсюда нельзя обратиться к Mailchimp: {reason}",
}
BAD_KEY: Label = {
    "en": "Mailchimp does not accept the API key. An administrator has to enter a valid one.",
    "ru": "Mailchimp не принимает ключ API. Администратор должен ввести действующий.",
}
NOT_ALLOWED: Label = {
    "en": "The API key may not do this: {reason}",
    "ru": "Ключу API это запрещено: {reason}",
}
NOT_FOUND: Label = {
    "en": "Mailchimp knows no such audience or member. Check the audience ID in the settings.",
    "ru": "В Mailchimp нет такой аудитории или подписчика. Проверьте ID аудитории в настройках.",
}
THROTTLED: Label = {
    "en": "Mailchimp asks us to wait: too many requests.",
    "ru": "Mailchimp просит подождать: слишком много запросов.",
}
BROKEN: Label = {
    "en": "Mailchimp has a fault of its own (status {status}).",
    "ru": "В Mailchimp сбой (код {status}).",
}
REFUSED: Label = {"en": "Mailchimp refused: {reason}", "ru": "Mailchimp отказал: {reason}"}
NOT_UNDERSTOOD: Label = {
    "en": "Mailchimp answered something that we do not understand (status {status}).",
    "ru": "Ответ Mailchimp не удалось понять (код {status}).",
}
