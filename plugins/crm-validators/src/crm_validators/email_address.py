"""E-mail addresses (RFC 5321, RFC 6531), by their form alone: nobody's mail server is asked."""

from email_validator import EmailNotValidError, validate_email

from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

_LOCAL = 64  # octets, quotes included: RFC 5321 §4.5.3.1.1
LONGEST = 254  # RFC 5321 §4.5.3.1.3 with erratum 1690: a path of 256 octets less its angle brackets


def check_email(value: str, options: Options) -> str:
    """Return the address with its domain in lower case and Unicode, its local part as written.

    Quoted local parts (``"a b"@example.com``) and address literals (``a@[192.0.2.1]``) are addresses too. A
    name of one label is not, nor one that RFC 6761 keeps out of the world's mail (``.local``, ``.invalid``);
    of those only ``.test`` passes, because installations are tried with it. Raises
    :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    try:
        parts = validate_email(
            line,
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=True,
            allow_empty_local=False,
            allow_quoted_local=True,
            allow_domain_literal=True,
            allow_display_name=False,
            strict=True,
            test_environment=True,
        )
    except (EmailNotValidError, UnicodeError):
        raise _refused(line) from None
    if not parts.domain.startswith("[") and not _is_dotted(parts.ascii_domain):
        raise _refused(line)
    address = parts.normalized
    if len(address) > LONGEST or len(address.rpartition("@")[0].encode()) > _LOCAL:
        raise _refused(line)
    return address


def _is_dotted(domain: str) -> bool:
    """Tell whether ``domain`` has at least two labels and a last one that is a name (RFC 3696 §2).

    No top-level domain ends with a digit, but for those that are another script's (``xn--p1ai``, ``xn--90a3ac``).
    """
    _, dot, top = domain.rpartition(".")
    return bool(dot) and (not top[-1:].isdigit() or top.startswith("xn--"))


def _refused(line: str) -> InvalidValue:
    if line.count("@") > 1 and ("," in line or ";" in line):
        return InvalidValue(
            {"en": "Write one e-mail address only.", "ru": "Укажите только один адрес почты."},
            code="several_emails",
        )
    return InvalidValue(
        {
            "en": "This is not an e-mail address. It looks like name@example.com.",
            "ru": "Это не адрес электронной почты. Он выглядит так: name@example.com.",
        },
        code="not_an_email",
    )


EMAIL = Validator(
    key="email",
    label={"en": "E-mail address", "ru": "Адрес электронной почты"},
    description={
        "en": "One address, checked by its form. The domain is stored in lower case.",
        "ru": "Один адрес, проверяется по форме записи. Домен хранится строчными буквами.",
    },
    check=check_email,
    examples=(
        "ann@example.com",
        " Ann.Lee+crm@Example.COM ",
        "почта@пример.рф",
        '"ann lee"@example.com',
        "ann@[192.0.2.1]",
    ),
    counter_examples=(
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@example..com",
        ".ann@example.com",
        "ann@example.com, bob@example.com",
        "Ann <ann@example.com>",
        "ann@-example.com",
    ),
)
