"""E-mail addresses, phone numbers, web and IP addresses as values of a field."""

import ipaddress
import re
from typing import Any

from crmcore.builtin.field_types.options import WORDS, options_schema
from crmcore.contacts.calling_codes import CALLING_CODES
from crmcore.contacts.points import email_address, has_extension, phone_number
from crmcore.contracts.fields import FieldType, JsonSchema, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

_NOT_A_URL: Label = {
    "en": "This is not a web address, like https://example.org/page.",
    "ru": "Это не веб-адрес вида https://example.org/page.",
}
_IMPOSSIBLE: Label = {
    "en": "This is no number of this country: {country_en}. Write the number of another country with a plus and its "
    "code, like +44 20 7946 0958.",
    "ru": "В этой стране таких номеров нет: {country_ru}. Номер другой страны запишите с плюсом и её кодом, например "
    "+7 912 345-67-89.",
}
_NOT_AN_IP: Label = {"en": "This is not an IP address.", "ru": "Это не IP-адрес."}
_NOT_THIS_IP: Label = {
    "en": "This must be an IP address of version {version}.",
    "ru": "Нужен IP-адрес версии {version}.",
}
_EXTENSION: Label = {
    "en": "Leave out the extension: it needs a field of its own.",
    "ru": "Уберите добавочный номер: для него нужно отдельное поле.",
}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?![0-9]{1,5}(/|$))")
_WEB = r"^https?://[^\s/?#@]+\.?[^\s@/?#]*([/?#]\S*)?$"


def contact_point_types(default_country: str) -> list[FieldType]:
    """Return ``email``, ``phone``, ``url`` and ``ip_address``."""

    def clean_phone(value: Any, options: Options) -> Any:
        """Return ``+`` and digits; the option ``country`` says whose national numbers are meant."""
        if not isinstance(value, str):
            return value
        text = value.strip()
        return _possible_phone(text, options.get("country", default_country)) if text else None

    return [
        FieldType(
            key="email",
            label={"en": "E-mail", "ru": "E-mail"},
            schema=lambda options: {"type": "string", "format": "idn-email", "maxLength": 254},
            clean=_clean_email,
            widget="email",
            options_schema=options_schema(),
            operators=WORDS,
        ),
        FieldType(
            key="phone",
            label={"en": "Phone", "ru": "Телефон"},
            schema=lambda options: {
                "type": "string",
                "pattern": r"^(\+[1-9][0-9]{6,14}|[0-9]{3,6})$",
                "maxLength": 16,
            },
            clean=clean_phone,
            widget="tel",
            options_schema=options_schema(country={"type": "string", "enum": sorted(CALLING_CODES)}),
            operators=WORDS,
        ),
        FieldType(
            key="url",
            label={"en": "Web address", "ru": "Веб-адрес"},
            schema=lambda options: {"type": "string", "format": "iri", "pattern": _WEB, "maxLength": 2000},
            clean=_clean_url,
            widget="url",
            options_schema=options_schema(),
            operators=WORDS,
        ),
        FieldType(
            key="ip_address",
            label={"en": "IP address", "ru": "IP-адрес"},
            schema=_ip_schema,
            clean=_clean_ip,
            options_schema=options_schema(version={"type": "integer", "enum": [4, 6]}),
            operators=WORDS,
        ),
    ]


def _possible_phone(text: str, country: str) -> str:
    """Return the number; a plan whose numbers all have ten digits, as in zones 1 and 7, takes no others."""
    number = phone_number(text, country)
    if has_extension(text):  # the kept form has no place for it
        raise InvalidValue(_EXTENSION, code="extension")
    zone = number[1:2] if number.startswith("+") else ""
    if zone not in ("1", "7") or len(number) == len("+") + 11:
        return number
    from babel import Locale

    foreign = text.startswith(("+", "＋", "tel:", "00")) and CALLING_CODES[country] != zone
    meant = {"1": "US", "7": "RU"}[zone] if foreign else country
    raise InvalidValue(
        _IMPOSSIBLE,
        code="not_a_phone",
        **{f"country_{one}": Locale(one).territories.get(meant, meant) for one in ("en", "ru")},
    )


def _clean_email(value: Any, options: Options) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    return email_address(text)[0] if text else None


def _clean_url(value: Any, options: Options) -> Any:
    """Return an address of the web: ``example.org`` becomes ``https://example.org``, other schemes are refused."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if not _SCHEME.match(text):
        text = f"https://{text.removeprefix('//')}"
    scheme, _, rest = text.partition(":")
    text = f"{scheme.lower()}:{rest}"
    host = rest.removeprefix("//").split("/")[0]
    if not re.fullmatch(_WEB, text) or ("." not in host and ":" not in host):
        raise InvalidValue(_NOT_A_URL, code="not_a_url")
    return text


def _ip_schema(options: Options) -> JsonSchema:
    versions = [options["version"]] if "version" in options else [4, 6]
    return {"type": "string", "maxLength": 45, "anyOf": [{"format": f"ipv{version}"} for version in versions]}


def _clean_ip(value: Any, options: Options) -> Any:
    """Return the address in its one short form (RFC 5952)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidValue(_NOT_AN_IP, code="not_an_ip") from None
    if address.version != options.get("version", address.version):
        raise InvalidValue(_NOT_THIS_IP, code="not_an_ip", version=options["version"])
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise InvalidValue(_NOT_AN_IP, code="not_an_ip")
    return str(address)
