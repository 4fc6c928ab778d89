"""What the core refuses, each with an HTTP status and a sentence in the asker's language."""

from typing import Any

from crmcore.contracts.durations import Duration
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem


class CrmError(Exception):
    """A refusal with a stable ``code`` for programs and a ``message`` for people.

    ``extra`` is added to the problem document (RFC 9457); ``headers`` to the answer.
    """

    status = 400
    code = "bad_request"
    message: Label = {"en": "The request cannot be understood.", "ru": "Запрос не удаётся понять."}

    def __init__(
        self,
        message: Label | None = None,
        *,
        code: str | None = None,
        problems: tuple[Problem, ...] = (),
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.params = params
        self.problems = problems
        self.extra = extra or {}
        self.headers = headers or {}
        super().__init__(text_of(self.message, "en", **params))

    def sentence(self, language: str = "en") -> str:
        """Return the message in ``language``, filled."""
        return text_of(self.message, language, **self.params)


class NotSignedIn(CrmError):
    status = 401
    code = "not_signed_in"
    message = {"en": "Sign in, or send a valid token.", "ru": "Войдите или передайте действующий токен."}


class Forbidden(CrmError):
    status = 403
    code = "forbidden"
    message = {
        "en": "This needs the permission “{permission}”.",
        "ru": "Для этого нужно право «{permission}».",
    }


class NotFound(CrmError):
    status = 404
    code = "not_found"
    message = {"en": "There is no such record.", "ru": "Такой записи нет."}


class Conflict(CrmError):
    """Somebody else changed the record meanwhile; ``extra`` has ``current`` with the stored values."""

    status = 409
    code = "version_conflict"
    message = {
        "en": "Somebody changed this record meanwhile. Look at the current values and try again.",
        "ru": "Запись за это время изменили. Посмотрите текущие значения и повторите.",
    }


class Invalid(CrmError):
    """The document was understood and is not acceptable; ``problems`` say where and why."""

    status = 422
    code = "invalid"
    message = {"en": "Some values are not acceptable.", "ru": "Некоторые значения недопустимы."}


class TooLarge(CrmError):
    status = 413
    code = "too_large"
    message = {"en": "That is more than {limit} bytes.", "ru": "Это больше {limit} байт."}


class TooMany(CrmError):
    status = 429
    code = "too_many_requests"
    message = {
        "en": "Too many requests. Try again in {seconds:en}.",
        "ru": "Слишком много запросов. Повторите через {seconds:ru}.",
    }

    def __init__(self, message: Label | None = None, *, seconds: float, **more: Any) -> None:
        super().__init__(message, seconds=Duration(seconds), **more)


class Unavailable(CrmError):
    status = 503
    code = "unavailable"
    message = {
        "en": "The database does not answer. Try again in a moment.",
        "ru": "База данных не отвечает. Повторите через минуту.",
    }
