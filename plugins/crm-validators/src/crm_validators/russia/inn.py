"""ИНН, the taxpayer's number: ten digits of a company, twelve of a person.

Structure: order of the Federal Tax Service MMV-7-6/435@ of 29 June 2012.
"""

from stdnum.ru import inn

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Label, Options, Validator

LONGEST = 25
LENGTHS = {"company": 10, "person": 12}


def check_inn(value: str, options: Options) -> str:
    """Return the digits. Option ``kind``: ``company`` (10 digits) or ``person`` (12) allows only that one.

    The check digits must be right. The first two digits are a region; 00 is none, and yet there are numbers that
    begin with it. Raises :class:`~crmcore.InvalidValue`.
    """
    number = without_separators(typed_line(value, LONGEST))
    kind = options.get("kind")
    lengths = (LENGTHS[kind],) if isinstance(kind, str) and kind in LENGTHS else tuple(LENGTHS.values())
    if not number.isascii() or not number.isdigit() or len(number) not in lengths:
        raise InvalidValue(_WRONG_LENGTH[lengths], code="not_an_inn")
    if not number.strip("0") or not inn.is_valid(number):
        raise InvalidValue(_WRONG_DIGITS, code="not_an_inn")
    return number


_WRONG_LENGTH: dict[tuple[int, ...], Label] = {
    (10,): {"en": "A company's INN has 10 digits.", "ru": "В ИНН организации 10 цифр."},
    (12,): {"en": "A person's INN has 12 digits.", "ru": "В ИНН человека 12 цифр."},
    (10, 12): {
        "en": "An INN has 10 digits for a company and 12 for a person.",
        "ru": "В ИНН 10 цифр у организации и 12 у человека.",
    },
}
_WRONG_DIGITS: Label = {
    "en": "There is no such INN: check the digits.",
    "ru": "Такого ИНН не бывает: проверьте цифры.",
}

INN_RU = Validator(
    key="inn-ru",
    label={"en": "Russian INN", "ru": "ИНН"},
    description={
        "en": "Russian taxpayer's number: 10 digits of a company or 12 of a person, with check digits.",
        "ru": "Номер налогоплательщика: 10 цифр у организации, 12 у человека, с контрольными цифрами.",
    },
    check=check_inn,
    examples=("7707083893", "500100732259", "7707 083 893"),
    counter_examples=("7707083894", "500100732258", "0000000000", "770708389", "77070838930", "ИНН"),
    options_schema=format_options(
        kind=option(
            "Only of",
            "Только",
            choices={
                "company": {"en": "Companies", "ru": "Организации"},
                "person": {"en": "People", "ru": "Физические лица"},
            },
        )
    ),
)
