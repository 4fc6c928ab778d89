"""Numbers of books (ISO 2108): ISBN-13, and the ISBN-10 of books before 2007."""

import re

from stdnum import isbn
from stdnum.exceptions import ValidationError

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 40
_WRITTEN = re.compile(r"[0-9]{9}[0-9X]|97[89][0-9]{10}")


def check_isbn(value: str, options: Options) -> str:
    """Return the ISBN-13 without dashes: ``0-306-40615-2`` becomes ``9780306406157``, the same book.

    Option ``assigned`` refuses numbers outside the ranges that the International ISBN Agency had given out
    when python-stdnum was released; new ones open every month, so it is off unless asked for. Numbers under
    979-0 are printed music (ISMN) and refused. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST).upper()
    line = re.sub(r"^ISBN(?:-?1[03](?=[: ]))?[: ]*", "", line)
    number = without_separators(line)
    if not _WRITTEN.fullmatch(number):
        raise InvalidValue(_NOT_AN_ISBN, code="not_an_isbn")
    try:
        number = isbn.validate(number, convert=True)
    except ValidationError:
        raise InvalidValue(_WRONG_CHECK_DIGIT, code="not_an_isbn") from None
    if number.startswith("9790"):
        raise InvalidValue(_MUSIC, code="ismn")
    if options.get("assigned") is True and not all(isbn.split(number)):
        raise InvalidValue(_NOT_ASSIGNED, code="not_assigned")
    return number


_NOT_AN_ISBN: Label = {
    "en": "This is not an ISBN. It has 13 digits that begin with 978 or 979, or 10.",
    "ru": "Это не ISBN. В нём 13 цифр, первые 978 или 979, либо 10.",
}
_WRONG_CHECK_DIGIT: Label = {
    "en": "There is no such ISBN: check the digits.",
    "ru": "Такого ISBN не бывает: проверьте цифры.",
}
_MUSIC: Label = {
    "en": "Numbers beginning with 979-0 are those of printed music, not of books.",
    "ru": "С 979-0 начинаются номера нот, а не книг.",
}
_NOT_ASSIGNED: Label = {
    "en": "No publisher has been given numbers of this range.",
    "ru": "Номера этого диапазона не выданы ни одному издательству.",
}

ISBN = Validator(
    key="isbn",
    label={"en": "Book number (ISBN)", "ru": "Номер книги (ISBN)"},
    description={
        "en": "ISBN-13 or ISBN-10 with the right check digit. Stored as 13 digits.",
        "ru": "ISBN-13 или ISBN-10 с верной контрольной цифрой. Хранится как 13 цифр.",
    },
    check=check_isbn,
    examples=("978-0-306-40615-7", "0-306-40615-2", "ISBN 080442957x", "979-10-90636-07-1"),
    counter_examples=(
        "978-0-306-40615-8",
        "0-306-40615-3",
        "979-0-2600-0043-8",
        "4006381333931",
        "030640615",
        "X-306-40615-2",
    ),
    options_schema=format_options(
        assigned=option(
            "Only ranges given to publishers",
            "Только выданные издательствам диапазоны",
            type="boolean",
            default=False,
        )
    ),
)
