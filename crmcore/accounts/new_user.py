"""What a new user has to look like."""

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcore.accounts.guessable import is_guessable
from crmcore.accounts.passwords import LONGEST, SHORTEST
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem

# Deliverability is the mail server's business; this refuses what certainly is none.
_EMAIL = re.compile(r"[^@\s\x00-\x1f\ud800-\udfff]{1,64}@[^@\s\x00-\x1f\ud800-\udfff]{1,189}")
_LANGUAGES = ("en", "ru")

_NOT_EMAIL: Label = {"en": "This is not an e-mail address.", "ru": "Это не адрес электронной почты."}
_NO_NAME: Label = {
    "en": "Enter a name of up to 200 characters.",
    "ru": "Введите имя, не длиннее 200 символов.",
}
_NOT_ONE_OF: Label = {"en": "Choose one of: {choices}.", "ru": "Выберите одно из: {choices}."}
_NO_ZONE: Label = {
    "en": "There is no such time zone. Example: Europe/Berlin.",
    "ru": "Такого часового пояса нет. Пример: Europe/Moscow.",
}
_BAD_PASSWORD: Label = {
    "en": "A password has {shortest} to {longest} characters.",
    "ru": "В пароле от {shortest} до {longest} символов.",
}
_GUESSABLE: Label = {
    "en": "This password is easy to guess. Three or four words that have nothing to do with each other are better.",
    "ru": "Этот пароль легко угадать. Лучше три-четыре слова, никак не связанные между собой.",
}


def email_key(email: str) -> str:
    """Return the form in which an e-mail address is kept and looked up."""
    return email.strip().lower()


def is_email(text: str) -> bool:
    """Tell whether ``text`` can be an e-mail address of a user."""
    return _EMAIL.fullmatch(text) is not None


def user_problems(email: str, name: str, language: str, time_zone: str) -> list[Problem]:
    """Return what is wrong with a new user's details."""
    problems = []
    if not is_email(email):
        problems.append(Problem(path="/email", code="not_an_email", message=_NOT_EMAIL))
    if not 0 < len(name.strip()) <= 200 or "\0" in name:
        problems.append(Problem(path="/name", code="length", message=_NO_NAME))
    if language not in _LANGUAGES:
        params = {"choices": ", ".join(_LANGUAGES)}
        problems.append(Problem(path="/language", code="choice", message=_NOT_ONE_OF, params=params))
    if not _is_time_zone(time_zone):
        problems.append(Problem(path="/time_zone", code="time_zone", message=_NO_ZONE))
    return problems


def no_such_role(known: Iterable[str]) -> Problem:
    """Return the problem of a role that is none of ``known``."""
    return Problem(path="/role", code="choice", message=_NOT_ONE_OF, params={"choices": ", ".join(known)})


def password_problems(password: str, *about: str) -> list[Problem]:
    """Return what is wrong with a new password; ``about`` is what is known of its owner: address, name.

    No rules about kinds of characters (NIST SP 800-63B §5.1.1.2): length, and nothing that is guessed first.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        params = {"shortest": SHORTEST, "longest": LONGEST}
        return [Problem(path="/password", code="password", message=_BAD_PASSWORD, params=params)]
    if is_guessable(password, about):
        return [Problem(path="/password", code="guessable", message=_GUESSABLE)]
    return []


def _is_time_zone(name: str) -> bool:
    if len(name) > 64:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
