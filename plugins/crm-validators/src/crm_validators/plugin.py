"""What crmcore finds under the entry point ``validators``."""

from crm_validators.article_number import EAN
from crm_validators.bic import BIC
from crm_validators.calendar_date import CALENDAR_DATE
from crm_validators.card.number import CARD_NUMBER
from crm_validators.clock_time import CLOCK_TIME
from crm_validators.email_address import EMAIL
from crm_validators.free_text import NONE
from crm_validators.iban import IBAN
from crm_validators.ip_address import IP
from crm_validators.isbn import ISBN
from crm_validators.letters import ALPHANUMERIC, ALPHANUMERIC_SPACES
from crm_validators.numerals import DECIMAL, INTEGER
from crm_validators.own_pattern import PATTERN
from crm_validators.phone import PHONE_E164, PHONE_INTERNATIONAL, PHONE_US
from crm_validators.postcode.code import POSTCODE
from crm_validators.russia.bik import BIK_RU
from crm_validators.russia.inn import INN_RU
from crm_validators.russia.kpp import KPP_RU
from crm_validators.russia.ogrn import OGRN_RU
from crm_validators.russia.snils import SNILS_RU
from crm_validators.ssn import SSN_US
from crm_validators.vat import VAT
from crm_validators.web_address import URL
from crmcore import Validator, hookimpl


@hookimpl
def register_validators() -> list[Validator]:
    """Return every validator of this package: a new family is one file and one name here."""
    return [
        NONE,
        PATTERN,
        INTEGER,
        DECIMAL,
        ALPHANUMERIC,
        ALPHANUMERIC_SPACES,
        URL,
        IP,
        EMAIL,
        CARD_NUMBER,
        PHONE_US,
        PHONE_INTERNATIONAL,
        PHONE_E164,
        CALENDAR_DATE,
        CLOCK_TIME,
        SSN_US,
        IBAN,
        BIC,
        VAT,
        EAN,
        ISBN,
        POSTCODE,
        INN_RU,
        KPP_RU,
        OGRN_RU,
        SNILS_RU,
        BIK_RU,
    ]
