"""The questions of lists, read from the query string."""

from typing import Any
from uuid import UUID

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid, NotFound
from crmcore.http.documents import decode_document
from crmcore.http.operation import Parameter
from crmcore.http.refusals import BadFilter, BadJson
from crmcore.http.request import CrmRequest
from crmcore.records.query import MAX_LIMIT, ListQuery

PARAMETERS = ("q", "limit", "cursor", "filter", "sort", "fields", "total", "deleted")
DEFAULT_LIMIT = 50
MAX_TEXT = 200
MAX_CURSOR = 500

_LIMIT: Label = {
    "en": "A limit is a whole number from 1 to {max}.",
    "ru": "Предел — целое число от 1 до {max}.",
}
_TOO_LONG: Label = {"en": "At most {max} characters.", "ru": "Не больше {max} символов."}
_FLAG: Label = {"en": "Write true or false.", "ru": "Напишите true или false."}
_OBJECT: Label = {"en": "A filter is a JSON object.", "ru": "Фильтр — объект JSON."}
_NO_FIELD: Label = {
    "en": "There is no field “{name}”. Possible: {known}.",
    "ru": "Поля «{name}» нет. Можно: {known}.",
}

LIMIT = Parameter(
    name="limit",
    where="query",
    description="How many items a page has at most.",
    schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
CURSOR = Parameter(
    name="cursor",
    where="query",
    description="Where the page begins: `next` of the page before.",
    schema={"type": "string", "maxLength": MAX_CURSOR},
)


def list_query(request: CrmRequest, record_type: RecordType) -> tuple[ListQuery, bool]:
    """Return the list's question and whether the total is wanted too."""
    values = request.query(*PARAMETERS)
    query = ListQuery(
        q=text_of_query(values, "q"),
        filter=_filter(values.get("filter", ""), request.language),
        sort=text_of_query(values, "sort"),
        limit=limit_of(values),
        cursor=cursor_of(values),
        fields=_fields(values.get("fields"), record_type),
        deleted=flag_of(values, "deleted"),
    )
    return query, flag_of(values, "total")


def limit_of(values: dict[str, str]) -> int:
    """Return the page size asked for, 50 without a word."""
    text = values.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise _refused("limit", "bad_limit", _LIMIT, max=MAX_LIMIT)


def cursor_of(values: dict[str, str]) -> str:
    """Return the cursor asked for; empty for the first page."""
    cursor = values.get("cursor", "")
    if len(cursor) > MAX_CURSOR:
        raise _refused("cursor", "too_long", _TOO_LONG, max=MAX_CURSOR)
    return cursor


def uuid_of(text: object) -> UUID:
    """Return the UUID that an address names; anything else names no record (404)."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFound() from None


def id_of(request: CrmRequest, name: str = "id") -> UUID:
    """Return the UUID in the address."""
    return uuid_of(request.path_params[name])


def text_of_query(values: dict[str, str], name: str) -> str:
    """Return a text of at most 200 characters; empty when it is not given."""
    text = values.get(name, "")
    if len(text) > MAX_TEXT:
        raise _refused(name, "too_long", _TOO_LONG, max=MAX_TEXT)
    return text


def flag_of(values: dict[str, str], name: str) -> bool:
    """Return whether the parameter ``name`` says yes; without a word it says no."""
    text = values.get(name, "false").lower()
    if text in ("true", "1", "yes"):
        return True
    if text in ("false", "0", "no", ""):
        return False
    raise _refused(name, "not_a_flag", _FLAG)


def _filter(text: str, language: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value = decode_document(text.encode(), language)
    except BadJson as error:
        raise BadFilter(**error.params) from None
    if not isinstance(value, dict):
        raise _refused("filter", "not_a_filter", _OBJECT)
    return value


def _fields(text: str | None, record_type: RecordType) -> tuple[str, ...] | None:
    if text is None or not text.strip():
        return None
    known = readable_fields(record_type)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in known:
            raise _refused("fields", "unknown_field", _NO_FIELD, name=name[:80], known=", ".join(known))
    return names


def readable_fields(record_type: RecordType) -> list[str]:
    """Return the names that a document of ``record_type`` has."""
    tags = ["tags"] if record_type.tags and "tags" not in record_type.properties else []
    custom = ["custom"] if record_type.custom_fields else []
    return ["id", "version", *record_type.properties, *tags, *custom, "created_at", "updated_at"]


def _refused(parameter: str, code: str, message: Label, /, **params: Any) -> Invalid:
    return Invalid(problems=(Problem(code=code, message=message, path=f"/{parameter}", params=params),))
