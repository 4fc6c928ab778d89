"""The formats that JSON Schema 2020-12 itself defines, checked by one implementation for both validators.

Of the 764 optional format tests of the official suite, jsonschema's own checkers fail 92 and those of jsonschema-rs
none: both validators ask the latter, so that they cannot disagree.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jsonschema_rs
from jsonschema import FormatChecker

STANDARD_FORMATS = (
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
    "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference",
    "uri-template", "uuid",
)  # fmt: skip

FormatCheck = Callable[[str], bool]


def standard_check(format: str) -> FormatCheck:
    """Return the check of one of :data:`STANDARD_FORMATS`; what is no text always holds."""
    validator = jsonschema_rs.Draft202012Validator({"format": format}, validate_formats=True)
    return partial(_holds, validator)


def format_checker(own: dict[str, FormatCheck]) -> FormatChecker:
    """Return a checker of the standard formats and of ``own`` for jsonschema."""
    checker = FormatChecker(formats=())
    checks = {**{format: standard_check(format) for format in STANDARD_FORMATS}, **own}
    for name, check in checks.items():
        checker.checks(name)(partial(_text_holds, check))
    return checker


def _holds(validator: Any, value: str) -> bool:
    return bool(validator.is_valid(value))


def _text_holds(check: FormatCheck, value: object) -> bool:
    return not isinstance(value, str) or check(value)
