"""What crmcore finds under the entry point ``validators``."""

from crm_validators.calendar_date import CALENDAR_DATE
from crm_validators.card.number import CARD_NUMBER
from crm_validators.clock_time import CLOCK_TIME
from crm_validators.email_address import EMAIL
from crm_validators.ip_address import IP
from crm_validators.letters import ALPHANUMERIC, ALPHANUMERIC_SPACES
from crm_validators.numerals import DECIMAL, INTEGER
from crm_validators.phone import PHONE_INTERNATIONAL, PHONE_US
from crm_validators.ssn import SSN_US
from crm_validators.web_address import URL
from crmcore import Validator, hookimpl


@hookimpl
def register_validators() -> list[Validator]:
    """Return every validator of this package: a new family is one file and one name here."""
    return [
        EMAIL,
        URL,
        PHONE_US,
        PHONE_INTERNATIONAL,
        CARD_NUMBER,
        SSN_US,
        INTEGER,
        DECIMAL,
        ALPHANUMERIC,
        ALPHANUMERIC_SPACES,
        IP,
        CALENDAR_DATE,
        CLOCK_TIME,
    ]
