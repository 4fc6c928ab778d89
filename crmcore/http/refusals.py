"""What the HTTP door itself refuses, before anything of ours is asked."""

from crmcore.errors import CrmError, Unavailable


class BadJson(CrmError):
    code = "bad_json"
    message = {
        "en": "The body is not valid JSON: {reason}.",
        "ru": "Тело запроса не является верным JSON: {reason}.",
    }


class BadFilter(CrmError):
    code = "bad_filter"
    message = {
        "en": "The query parameter “filter” is not valid JSON: {reason}.",
        "ru": "Параметр запроса «filter» не является верным JSON: {reason}.",
    }


class BadQuery(CrmError):
    code = "bad_query"
    message = {"en": "The query string cannot be read.", "ru": "Строку запроса не удаётся прочитать."}


class BadForm(CrmError):
    code = "bad_form"
    message = {"en": "The form cannot be read.", "ru": "Форму не удаётся прочитать."}


class ClientGone(CrmError):
    """The client closed the connection before its request was complete; nobody reads the answer."""

    code = "client_gone"
    message = {"en": "The connection was closed.", "ru": "Соединение было закрыто."}


class DiskFull(Unavailable):
    """A file has no room; the database may have some."""

    code = "disk_full"
    message = {
        "en": "The disk for files is full: nothing can be uploaded until there is room again.",
        "ru": "Диск для файлов заполнен: загрузить ничего нельзя, пока не освободится место.",
    }

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})


class DiskFault(Unavailable):
    code = "disk_fault"
    message = {
        "en": "The disk for files cannot be written. Try again in a moment.",
        "ru": "Не удаётся записать на диск для файлов. Повторите через минуту.",
    }


class CrossSite(CrmError):
    status = 403
    code = "cross_site"
    message = {
        "en": "This request came from another site. Send it from a page of this one, or with a token.",
        "ru": "Этот запрос пришёл с другого сайта. Отправьте его со страницы этого сайта или с токеном.",
    }


class Unstorable(CrmError):
    """The database's own refusal: the last net under the checks of the gate."""

    status = 422
    code = "unstorable"
    message = {
        "en": "One of the values is one that the database cannot store.",
        "ru": "Одно из значений база данных не может сохранить.",
    }


class UnsupportedMedia(CrmError):
    status = 415
    code = "unsupported_media_type"
    message = {
        "en": "Send the body as application/json in UTF-8, not as “{given}”.",
        "ru": "Отправьте тело как application/json в UTF-8, а не как «{given}».",
    }


class NoRoute(CrmError):
    status = 404
    code = "no_such_address"
    message = {"en": "There is nothing at this address.", "ru": "По этому адресу ничего нет."}


class NoMethod(CrmError):
    status = 405
    code = "method_not_allowed"
    message = {
        "en": "This address does not take {method}. It takes: {allow}.",
        "ru": "Этот адрес не принимает {method}. Он принимает: {allow}.",
    }


class InFlight(CrmError):
    status = 409
    code = "request_in_flight"
    message = {
        "en": "A request with this Idempotency-Key is still being worked on. Try again in a moment.",
        "ru": "Запрос с этим Idempotency-Key ещё выполняется. Повторите через мгновение.",
    }


class KeyReused(CrmError):
    status = 422
    code = "idempotency_key_reused"
    message = {
        "en": "This Idempotency-Key was used with another request. Use a new key for a new request.",
        "ru": "Этот Idempotency-Key уже использован с другим запросом. Для нового запроса нужен новый ключ.",
    }


class AnswerWithheld(CrmError):
    status = 403
    code = "answer_withheld"
    message = {
        "en": "This request was answered before. You may less now than then, so the answer is not given again.",
        "ru": "На этот запрос уже был дан ответ. Теперь у вас меньше прав, поэтому он не выдаётся повторно.",
    }


class BadKey(CrmError):
    code = "bad_idempotency_key"
    message = {
        "en": "An Idempotency-Key has 1 to 255 visible ASCII characters.",
        "ru": "Idempotency-Key состоит из 1–255 видимых символов ASCII.",
    }


class ServerFault(CrmError):
    """What a person learns about a fault of ours: that it was one, and the id to ask with."""

    status = 500
    code = "internal_error"
    message = {
        "en": "Something went wrong on our side. It was logged under {request_id}.",
        "ru": "Произошла ошибка на нашей стороне. Она записана под номером {request_id}.",
    }


class PluginFault(CrmError):
    """A plugin failed where nothing could be done without it; its sentence names it."""

    status = 500
    code = "plugin_failed"
    message = {"en": "A plugin failed.", "ru": "Сбой плагина."}
