"""Web addresses: http and https URLs (RFC 3986, with RFC 3987's scripts)."""

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address

from crm_validators.host_name import host_name
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

LONGEST = 2048

_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)(#[^#]*)?", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@%]+)(?::([0-9]{0,5}))?")
_ONLY_DIGITS_LAST = re.compile(r"(?:.*\.)?[0-9]+\.?")
_NEVER_PLAIN = re.compile(r'[\s"<>\\^`{|}]')  # RFC 3986 appendix A: these must be percent-encoded
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Controls, surrogates, private and unassigned characters, separators. Cf is left for joiners inside words.
_UNWANTED = ("Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")


def check_url(value: str, options: Options) -> str:
    """Return the URL with scheme and host in lower case and an empty port left out; the rest as written.

    The host is a name of two labels or more, ``localhost``, or an IP address. Refused are other schemes, user
    names and passwords, white space, control characters, characters that RFC 3986 wants encoded, and broken
    percent-encoding. Nothing is looked up. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    parts = _PARTS.fullmatch(line)
    if parts is None:
        raise _refused()
    scheme, authority, path, fragment = parts.groups(default="")
    if "@" in authority:
        raise InvalidValue(
            {
                "en": "Leave the user name and password out of the address.",
                "ru": "Уберите из адреса имя пользователя и пароль.",
            },
            code="credentials_in_url",
        )
    rest = path + fragment
    if _NEVER_PLAIN.search(line) or _BAD_PERCENT.search(rest):
        raise _refused()
    if any(unicodedata.category(char) in _UNWANTED for char in rest):
        raise _refused()
    stored = f"{scheme.lower()}://{_location(authority)}{rest}"
    if len(stored) > LONGEST:
        raise _refused()
    return stored


def _location(authority: str) -> str:
    match = _HOST_AND_PORT.fullmatch(authority)
    if match is None:
        raise _refused()
    host, port = match.groups(default="")
    if port and not 0 < int(port) <= 65_535:
        raise _refused()
    try:
        if host.startswith("["):
            location = f"[{IPv6Address(host[1:-1]).compressed}]"
        elif _ONLY_DIGITS_LAST.fullmatch(host):
            location = str(IPv4Address(host))
        else:
            location = host_name(host)
    except ValueError:
        raise _refused() from None
    return f"{location}:{port}" if port else location


def _refused() -> InvalidValue:
    return InvalidValue(
        {
            "en": "This is not a web address. It looks like https://example.com/page.",
            "ru": "Это не адрес сайта. Он выглядит так: https://example.com/page.",
        },
        code="not_a_url",
    )


URL = Validator(
    key="url",
    label={"en": "Web address (URL)", "ru": "Адрес сайта (URL)"},
    description={
        "en": "Begins with http:// or https://, has a host, no user name or password.",
        "ru": "Начинается с http:// или https://, содержит имя сайта, без имени пользователя и пароля.",
    },
    check=check_url,
    examples=(
        "https://example.com",
        "HTTP://Example.COM:8080/a/b?c=%20d#e",
        "https://пример.рф/страница",
        "http://192.0.2.1/",
        "http://[2001:db8::1]:8443/",
    ),
    counter_examples=(
        "example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "http://",
        "http://user:secret@example.com/",
        "http://exa mple.com",
        "http://example.com/a b",
        "http://example",
        "http://-example.com",
        "http://1.1.1.1.1",
        "http://example.com:99999/",
        "http://example.com/%zz",
        "http://example.com\\@evil.example",
    ),
)
