"""Article numbers under bar codes (GS1 General Specifications): EAN-13 and EAN-8."""

from stdnum import ean

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 30
LENGTHS = (8, 13)


def check_ean(value: str, options: Options) -> str:
    """Return the digits of an EAN-13 or EAN-8 with the right check digit (GTIN-13, GTIN-8).

    Option ``length`` 8 or 13 allows only that one. Twelve digits are a UPC-A, which is an EAN-13 with a zero
    in front; the sentence says so. Raises :class:`~crmcore.InvalidValue`.
    """
    number = without_separators(typed_line(value, LONGEST))
    length = options.get("length")
    digits = number.isascii() and number.isdigit()
    if digits and len(number) == 12 and ean.is_valid(number) and length != 8:
        raise InvalidValue(_UPC, code="upc")
    if not digits or len(number) not in ((length,) if length in LENGTHS else LENGTHS):
        raise InvalidValue(_NOT_AN_EAN, code="not_an_ean", digits=length if length in LENGTHS else "8, 13")
    if not ean.is_valid(number) or not number.strip("0"):
        raise InvalidValue(_WRONG_CHECK_DIGIT, code="not_an_ean")
    return number


_NOT_AN_EAN: Label = {
    "en": "This is not an EAN: it should have this many digits: {digits}.",
    "ru": "Это не EAN: цифр должно быть столько: {digits}.",
}
_WRONG_CHECK_DIGIT: Label = {
    "en": "There is no such EAN: check the digits.",
    "ru": "Такого EAN не бывает: проверьте цифры.",
}
_UPC: Label = {
    "en": "This is a UPC. As an EAN it has a zero in front.",
    "ru": "Это UPC. Как EAN он пишется с нулём впереди.",
}

EAN = Validator(
    key="ean",
    label={"en": "Bar code (EAN-13, EAN-8)", "ru": "Штрихкод (EAN-13, EAN-8)"},
    description={
        "en": "Article number under a bar code, checked by length and check digit.",
        "ru": "Номер товара под штрихкодом, проверяется по длине и контрольной цифре.",
    },
    check=check_ean,
    examples=("4006381333931", "5 901234 123457", "7351-3537"),
    counter_examples=("4006381333932", "73513538", "036000291452", "10012345678902", "400638133393", "EAN"),
    options_schema=format_options(length=option("Only this length", "Только эта длина", enum=list(LENGTHS))),
)
