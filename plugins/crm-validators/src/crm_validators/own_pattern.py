"""A company's own regular expression, in an engine that takes linear time whatever the expression."""

import re
from functools import lru_cache

import jsonschema_rs

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 1_000
LONGEST_PATTERN = 500
LARGEST_PROGRAM = 250_000  # bytes of the compiled expression; bounds what one check can cost

_LOOK_AROUND = re.compile(r"\(\?<?[=!]")
_BACK_REFERENCE = re.compile(r"\\(?:[1-9]|k<)")


def check_pattern(value: str, options: Options) -> str:
    """Return the text when the option ``pattern`` is found in it; without the option any line of text passes.

    The expression means what ``pattern`` means in JSON Schema: it may match anywhere, ``^`` and ``$`` hold it
    to the whole text. Option ``message`` is the sentence for whoever typed something else. Raises
    :class:`~crmcore.InvalidValue`, also when the expression itself cannot be used.
    """
    line = typed_line(value, LONGEST)
    pattern = options.get("pattern")
    if pattern is None:
        return line
    if _usable(pattern).is_valid(line):
        return line
    message = options.get("message")
    if isinstance(message, str) and message:
        raise InvalidValue({"en": "{own}", "ru": "{own}"}, code="no_match", own=message[:200])
    raise InvalidValue(_NO_MATCH, code="no_match")


def check_pattern_options(options: Options) -> None:
    """Raise :class:`~crmcore.InvalidValue` with the reason when ``pattern`` is missing or cannot be used."""
    pattern = options.get("pattern")
    if pattern is None:
        raise InvalidValue(_NO_PATTERN, code="no_pattern")
    _usable(pattern)


def _usable(pattern: object) -> jsonschema_rs.Draft202012Validator:
    if not isinstance(pattern, str) or not pattern or len(pattern) > LONGEST_PATTERN:
        raise InvalidValue(_NOT_A_PATTERN, code="pattern_not_usable", longest=LONGEST_PATTERN)
    try:
        return _compiled(pattern)
    except (ValueError, UnicodeError):
        if _LOOK_AROUND.search(pattern):
            reason = _LOOKS_AROUND
        elif _BACK_REFERENCE.search(pattern):
            reason = _REFERS_BACK
        else:
            reason = _NOT_A_PATTERN
        raise InvalidValue(reason, code="pattern_not_usable", longest=LONGEST_PATTERN) from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"type": "string", "pattern": pattern},
        pattern_options=jsonschema_rs.RegexOptions(size_limit=LARGEST_PROGRAM),
    )


_NO_MATCH: Label = {
    "en": "This is not written as this field wants it.",
    "ru": "Это записано не так, как требует поле.",
}
_NO_PATTERN: Label = {
    "en": "Write the regular expression: without one this check lets everything through.",
    "ru": "Укажите регулярное выражение: без него проверка пропускает всё.",
}
_NOT_A_PATTERN: Label = {
    "en": "This is no regular expression, longer than {longest} characters, or too large once its repetitions "
    "are multiplied out.",
    "ru": "Это не регулярное выражение, оно длиннее {longest} символов или слишком велико из-за повторений.",
}
_LOOKS_AROUND: Label = {
    "en": "Look-ahead and look-behind, (?=…) (?!…) (?<=…) (?<!…), cannot be checked in linear time.",
    "ru": "Просмотр вперёд и назад, (?=…) (?!…) (?<=…) (?<!…), нельзя проверить за линейное время.",
}
_REFERS_BACK: Label = {
    "en": "Back references, \\1 or \\k<name>, cannot be checked in linear time.",
    "ru": "Обратные ссылки, \\1 или \\k<name>, нельзя проверить за линейное время.",
}

PATTERN = Validator(
    key="pattern",
    label={"en": "Own regular expression", "ru": "Своё регулярное выражение"},
    description={
        "en": "One line in which the expression is found; ^ and $ hold it to the whole line. "
        "No look-arounds or back references.",
        "ru": "Одна строка, в которой есть выражение; ^ и $ относят его ко всей строке. "
        "Без просмотра вперёд и назад и обратных ссылок.",
    },
    check=check_pattern,
    check_options=check_pattern_options,
    examples=("any line, until a pattern is chosen", "AB-1234"),
    counter_examples=("two\nlines", "", "nul\x00"),
    options_schema=format_options(
        pattern=option(
            "Regular expression",
            "Регулярное выражение",
            type="string",
            minLength=1,
            maxLength=LONGEST_PATTERN,
        ),
        message=option(
            "What to say when it does not match", "Что сказать при несовпадении", type="string", maxLength=200
        ),
    ),
)
