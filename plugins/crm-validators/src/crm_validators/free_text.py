"""The check that checks nothing, for whoever wants to say so."""

import re

from crmcore import InvalidValue, Options, Validator

# PostgreSQL refuses NUL and UTF-8 has no lone surrogates: no field of any kind can hold them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def check_nothing(value: str, options: Options) -> str:
    """Return any text as it is. Raises :class:`~crmcore.InvalidValue` for what no database can store."""
    if not isinstance(value, str):
        raise InvalidValue({"en": "This must be text.", "ru": "Здесь должен быть текст."}, code="not_text")
    if _UNSTORABLE.search(value):
        raise InvalidValue(
            {
                "en": "There is a character in it that cannot be stored.",
                "ru": "В тексте есть символ, который нельзя сохранить.",
            },
            code="unstorable",
        )
    return value


NONE = Validator(
    key="none",
    label={"en": "None", "ru": "Без проверки"},
    description={
        "en": "Any text. Nothing is checked or changed.",
        "ru": "Любой текст. Ничего не проверяется и не меняется.",
    },
    check=check_nothing,
    examples=("anything", " Что угодно! "),
)
