"""Numbers as people write them in forms and tables, in the form that programs read."""

import re
import unicodedata

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

_WHICH_COMMA: Label = {
    "en": "Does the comma stand before decimals or between thousands? Write {decimal} or {whole}.",
    "ru": "Запятая здесь отделяет дробную часть или тысячи? Напишите {decimal} или {whole}.",
}
_SEPARATED: Label = {
    "en": "Write the number without commas or points between thousands: {plain}.",
    "ru": "Напишите число без запятых и точек между тысячами: {plain}.",
}
_CURRENCY_SIGN: Label = {
    "en": "Leave out the sign of the currency: {sign}.",
    "ru": "Уберите знак валюты: {sign}.",
}
_SPACES = str.maketrans({" ": None, "\u00a0": None, "\u202f": None, "\u2009": None, "\u2212": "-"})
# 1,500 is one and a half in Moscow and fifteen hundred in London; 0,125 and 1500,250 are the same everywhere.
_MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", re.ASCII)
_WITH_COMMAS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
_WITH_POINTS = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", re.ASCII)
_LONGEST = 60


def written_number(value: str) -> str:
    """Return a number as people write it (``1 234,5``, ``−3``) in the form that programs read: ``1234.5``, ``-3``.

    One comma stands before decimals, a point always does. Raises InvalidValue for what could mean two numbers
    (``1,500``), for thousands that are separated by anything but spaces, and for the sign of a currency; all
    three say what to write. What is no number at all comes back as it is.
    """
    text = value.strip().translate(_SPACES)
    if len(text) > _LONGEST:
        return text
    sign = next((mark for mark in text if unicodedata.category(mark) == "Sc"), "")
    if sign:
        raise InvalidValue(_CURRENCY_SIGN, code="currency_sign", sign=sign)
    if _MAYBE_THOUSANDS.fullmatch(text):
        decimal, whole = text.replace(",", "."), text.replace(",", "")
        raise InvalidValue(_WHICH_COMMA, code="ambiguous_comma", decimal=decimal, whole=whole)
    commas, points = text.count(","), text.count(".")
    if commas + points > 1:
        if _WITH_COMMAS.fullmatch(text):
            raise InvalidValue(_SEPARATED, code="separated_thousands", plain=text.replace(",", ""))
        if _WITH_POINTS.fullmatch(text):
            plain = text.replace(".", "").replace(",", ".")
            raise InvalidValue(_SEPARATED, code="separated_thousands", plain=plain)
    return text.replace(",", ".") if commas == 1 and not points else text
