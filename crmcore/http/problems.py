"""Refusals as documents: application/problem+json (RFC 9457)."""

from typing import Any

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.errors import CrmError

TITLES: dict[int, Label] = {
    400: {"en": "Bad request", "ru": "Неверный запрос"},
    401: {"en": "Not signed in", "ru": "Вход не выполнен"},
    403: {"en": "Forbidden", "ru": "Запрещено"},
    404: {"en": "Not found", "ru": "Не найдено"},
    405: {"en": "Method not allowed", "ru": "Метод не поддерживается"},
    409: {"en": "Conflict", "ru": "Конфликт"},
    413: {"en": "Too large", "ru": "Слишком большой запрос"},
    415: {"en": "Unsupported media type", "ru": "Неподдерживаемый тип данных"},
    422: {"en": "Not acceptable values", "ru": "Недопустимые значения"},
    429: {"en": "Too many requests", "ru": "Слишком много запросов"},
    500: {"en": "Server error", "ru": "Ошибка сервера"},
    502: {"en": "Bad answer from outside", "ru": "Ошибка внешней системы"},
    503: {"en": "Unavailable", "ru": "Недоступно"},
}


def problem_document(
    error: CrmError, language: str, *, base_url: str, request_id: str = ""
) -> dict[str, Any]:
    """Return the problem document of ``error`` in ``language``.

    ``type`` leads to the place in the API's page that explains ``code``; ``errors`` say what is wrong where.
    """
    title = TITLES.get(error.status) or TITLES[500 if error.status >= 500 else 400]
    document: dict[str, Any] = {
        "type": f"{base_url.rstrip('/')}/api/docs#{error.code}",
        "title": text_of(title, language),
        "status": error.status,
        "detail": error.sentence(language),
        "code": error.code,
    }
    if error.problems:
        document["errors"] = [problem_entry(problem, language) for problem in error.problems]
    if request_id:
        document["request_id"] = request_id
    return document | {key: value for key, value in error.extra.items() if key not in document}


def problem_entry(problem: Problem, language: str) -> dict[str, str]:
    """Return one entry of ``errors``: where, which code, which sentence, and the plugin that said so."""
    entry = {"path": problem.path, "code": problem.code, "message": problem.sentence(language)}
    if problem.plugin:
        entry["plugin"] = problem.plugin
    return entry
