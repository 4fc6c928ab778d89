"""Why a sign-in does not work, in words."""

from typing import Any

from crmcore import Label, Problem, Refusal

NOT_SET_UP: Label = {
    "en": "Single sign-on is not set up.",
    "ru": "Единый вход не настроен.",
}
UNREACHABLE: Label = {
    "en": "The provider does not answer. Try again in a moment, or sign in with your password.",
    "ru": "Провайдер не отвечает. Повторите через минуту или войдите с паролем.",
}
NOT_UNDERSTOOD: Label = {
    "en": "The provider answered something that cannot be used ({what}).",
    "ru": "Ответ провайдера нельзя использовать ({what}).",
}
OTHER_ISSUER: Label = {
    "en": "The provider calls itself {issuer}. Enter exactly that as the issuer.",
    "ru": "Провайдер называет себя {issuer}. Укажите именно этот адрес.",
}
SAID_NO: Label = {
    "en": "The provider refused: {reason}.",
    "ru": "Провайдер отказал: {reason}.",
}
BAD_CLIENT: Label = {
    "en": "The provider does not accept the client's ID or secret.",
    "ru": "Провайдер не принимает ID или секрет клиента.",
}
BAD_TOKEN: Label = {
    "en": "The provider's proof of who you are is not valid ({what}).",
    "ru": "Подтверждение провайдера недействительно ({what}).",
}


def refusal(code: str, message: Label, **params: Any) -> Refusal:
    """Return what is raised for a sign-in that does not work."""
    return Refusal(Problem(code=code, message=message, params=params))
