"""JSON documents as they arrive: decoded within limits, so that nothing later meets a hostile one."""

from typing import Any

import msgspec

from crmcore.contracts.labels import Label, text_of
from crmcore.http.refusals import BadJson

MAX_BODY = 1_000_000
MAX_DEPTH = 64
MAX_VALUES = 20_000
MIN_INTEGER = -(2**63)
MAX_INTEGER = 2**63 - 1

_SYNTAX: Label = {"en": "it breaks the syntax", "ru": "нарушен синтаксис"}
_ENCODING: Label = {"en": "it is not UTF-8", "ru": "это не UTF-8"}
_DEPTH: Label = {"en": "it is nested more than {limit} deep", "ru": "вложенность больше {limit}"}
_VALUES: Label = {"en": "it has more than {limit} values", "ru": "в нём больше {limit} значений"}
_NUMBER: Label = {"en": "it has a number out of range", "ru": "в нём есть число вне допустимых границ"}
_NUL: Label = {"en": "it has a text with a NUL character", "ru": "в нём есть текст с символом NUL"}


def decode_document(body: bytes, language: str = "en") -> Any:
    """Return the value of the JSON text ``body`` (RFC 8259), or raise :class:`BadJson`.

    Depth is at most 64, values (with keys) at most 20,000, integers within ±2^63; texts are well-formed
    Unicode without NUL. What passes can be stored on either engine.
    """
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise _refused(_DEPTH, language, limit=MAX_DEPTH) from None
    except UnicodeDecodeError:
        raise _refused(_ENCODING, language) from None
    except msgspec.ValidationError:
        raise _refused(_NUMBER, language) from None
    except msgspec.DecodeError:
        raise _refused(_SYNTAX, language) from None
    _check(value, language)
    return value


def _check(document: Any, language: str) -> None:
    values = 0
    level = [document]
    depth = 0
    while level:
        depth += 1
        below: list[Any] = []
        for value in level:
            values += 1
            if isinstance(value, str):
                if "\x00" in value:
                    raise _refused(_NUL, language)
            elif isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, int) and not MIN_INTEGER <= value <= MAX_INTEGER:
                raise _refused(_NUMBER, language)
        if values + len(below) > MAX_VALUES:
            raise _refused(_VALUES, language, limit=MAX_VALUES)
        if below and depth > MAX_DEPTH:
            raise _refused(_DEPTH, language, limit=MAX_DEPTH)
        level = below


def _refused(reason: Label, language: str, **params: object) -> BadJson:
    return BadJson(reason=text_of(reason, language, **params))
