"""Postcodes of a country, or of any country that has them."""

import re

from crm_validators.format_options import format_options, option
from crm_validators.postcode.formats import FORMATS, PostcodeFormat
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 30
_WRITTEN = re.compile(r"[0-9A-Z]+(?:[ -][0-9A-Z]+)*")
_ANY_COUNTRY = re.compile(
    "|".join(sorted({form.bare.pattern for forms in FORMATS.values() for form in forms}, key=len))
)


# Letters before the code that are not those of ISO 3166.
_PLATES = {"AT": "A", "BE": "B", "DE": "D", "ES": "E", "FR": "F", "IT": "I", "LU": "L", "PT": "P", "SE": "S"}


def check_postcode(value: str, options: Options) -> str:
    """Return the code in capitals. Option ``country`` checks it by that country's rules and spaces it so.

    With ``country`` GB ``sw1a1aa`` becomes ``SW1A 1AA``; the country's letters in front (``SE-114 55``) are
    dropped where the post has none. Without the option a code of any country passes, spaced as typed. The
    form is checked, not whether the place exists. Raises :class:`~crmcore.InvalidValue`.
    """
    line = " ".join(typed_line(value, LONGEST).upper().split())
    country = options.get("country")
    known = isinstance(country, str) and country in FORMATS
    bare = re.sub("[ ‐‑‒–—-]", "", line)
    if known:
        code = _written(str(country), bare)
        if code is None:
            raise InvalidValue(
                _NOT_OF_COUNTRY, code="not_a_postcode", country=country, example=example(str(country))
            )
        return code
    if not _WRITTEN.fullmatch(line) or not _ANY_COUNTRY.fullmatch(bare):
        raise InvalidValue(_OF_NO_COUNTRY, code="not_a_postcode")
    return line


def example(country: str) -> str:
    """Return a code of the form that ``country`` uses, which need not be in use."""
    return _sample(FORMATS[country][0])


def _written(country: str, bare: str) -> str | None:
    # Luxembourg, Germany, Austria and others were written with the letters of their number plates: L-1120.
    without = bare.removeprefix(country).removeprefix(_PLATES.get(country, country))
    for code in (bare, without, country + without):
        for form in FORMATS[country]:
            written = form.of(code)
            if written is not None:
                return written
    return None


def _sample(form: PostcodeFormat) -> str:
    bare = re.sub(r"\[(.).*?\]", lambda found: found[1], form.bare.pattern)
    return form.of(re.sub("[()]", "", bare)) or ""


_NOT_OF_COUNTRY: Label = {
    "en": "This is not a postcode of {country}. It looks like {example}.",
    "ru": "Это не почтовый индекс страны {country}. Он выглядит так: {example}.",
}
_OF_NO_COUNTRY: Label = {
    "en": "No country writes its postcodes like this.",
    "ru": "Ни в одной стране почтовые индексы так не пишут.",
}

POSTCODE = Validator(
    key="postcode",
    label={"en": "Postcode", "ru": "Почтовый индекс"},
    description={
        "en": "Postcode of the chosen country, written as its post does; without a country, of any.",
        "ru": "Индекс выбранной страны, записанный как принято её почтой; без страны — любой.",
    },
    check=check_postcode,
    examples=("10115", "sw1a 1aa", "K1A 0B1", "123-4567", "190000"),
    counter_examples=("1", "ABCDEFGHIJ", "12345678901", "10115, Berlin", "SW1A 1A!", "-10115"),
    options_schema=format_options(country=option("Country", "Страна", enum=list(FORMATS))),
)
