"""Business identifier codes of banks (ISO 9362), also called SWIFT codes."""

from stdnum import bic
from stdnum.exceptions import ValidationError

from crm_validators.typed import typed_line, without_separators
from crmcore import InvalidValue, Options, Validator

LONGEST = 20


def check_bic(value: str, options: Options) -> str:
    """Return the code in capitals: ``deut de ff 500`` becomes ``DEUTDEFF500``.

    Four letters, a country (ISO 3166-1, and XK), two letters or digits, and for a branch three more. There is
    no check digit, and the directory of codes is not open: the form is all that can be checked. The standard
    would allow digits among the first four, SWIFT gives out letters only. Raises
    :class:`~crmcore.InvalidValue`.
    """
    code = without_separators(typed_line(value, LONGEST)).upper()
    try:
        if not code.isascii() or not code.isalnum():
            raise ValidationError
        return str(bic.validate(code))
    except ValidationError:
        raise InvalidValue(
            {
                "en": "This is not a BIC. It has 8 or 11 characters, like DEUTDEFF or DEUTDEFF500.",
                "ru": "Это не BIC. В нём 8 или 11 знаков, например DEUTDEFF или DEUTDEFF500.",
            },
            code="not_a_bic",
        ) from None


BIC = Validator(
    key="bic",
    label={"en": "BIC (SWIFT code)", "ru": "BIC (код SWIFT)"},
    description={
        "en": "Code of a bank or its branch, 8 or 11 characters, checked by its form and country.",
        "ru": "Код банка или его отделения, 8 или 11 знаков, проверяется по форме и стране.",
    },
    check=check_bic,
    examples=("DEUTDEFF", "deut de ff 500", "SABRRUMM012", "NEDSZAJJXXX"),
    counter_examples=("DEUTDEF", "DEUTXXFF", "DEUTDEFF50", "DEU1DEFF", "DEUTDEFF5000", "044525225"),
)
