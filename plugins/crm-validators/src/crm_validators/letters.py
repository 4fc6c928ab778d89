"""Texts of letters and digits alone, in any script or in the Latin one."""

import unicodedata

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

LONGEST = 500


def check_alphanumeric(value: str, options: Options) -> str:
    """Return a text of letters and digits. With the option ``latin`` only A-Z, a-z and 0-9 are letters."""
    line = typed_line(value, LONGEST)
    if not all(_is_letter_or_digit(char, options) for char in line):
        raise InvalidValue(
            {
                "en": "Use letters and digits only, without spaces.",
                "ru": "Только буквы и цифры, без пробелов.",
            },
            code="not_alphanumeric",
        )
    return line


def check_alphanumeric_spaces(value: str, options: Options) -> str:
    """Return words of letters and digits with single spaces between them. Option ``latin`` as above."""
    words = typed_line(value, LONGEST).split()
    if not all(_is_letter_or_digit(char, options) for word in words for char in word):
        raise InvalidValue(
            {"en": "Use letters, digits and spaces only.", "ru": "Только буквы, цифры и пробелы."},
            code="not_alphanumeric",
        )
    return " ".join(words)


def _is_letter_or_digit(char: str, options: Options) -> bool:
    if char.isascii():
        return char.isalnum()
    # Marks belong to letters: й may come as и and a breve, and Indic vowels always do.
    category = unicodedata.category(char)
    return not options.get("latin") and (category[0] == "L" or category in ("Mn", "Mc", "Nd"))


_OPTIONS = format_options(
    latin=option("Latin letters only", "Только латинские буквы", type="boolean", default=False)
)

ALPHANUMERIC = Validator(
    key="alphanumeric",
    label={"en": "Letters and digits", "ru": "Буквы и цифры"},
    description={
        "en": "Letters and digits of any script, without spaces.",
        "ru": "Буквы и цифры любой письменности, без пробелов.",
    },
    check=check_alphanumeric,
    examples=("abc123", "Привет42", "2026"),
    counter_examples=("two words", "a-b", "a_b", "€5", "😀"),
    options_schema=_OPTIONS,
)

ALPHANUMERIC_SPACES = Validator(
    key="alphanumeric-spaces",
    label={"en": "Letters, digits and spaces", "ru": "Буквы, цифры и пробелы"},
    description={
        "en": "Words of letters and digits of any script, stored with single spaces.",
        "ru": "Слова из букв и цифр любой письменности, хранятся с одиночными пробелами.",
    },
    check=check_alphanumeric_spaces,
    examples=("Block 7 entrance 2", "дом 5  корпус 1"),
    counter_examples=("a-b", "a, b", "😀", "  "),
    options_schema=_OPTIONS,
)
