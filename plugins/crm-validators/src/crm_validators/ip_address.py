"""IP addresses of both versions."""

from ipaddress import IPv4Address, IPv6Address

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

LONGEST = 45


def check_ip(value: str, options: Options) -> str:
    """Return the address in its canonical form (RFC 5952): ``2001:DB8:0::1`` becomes ``2001:db8::1``.

    Option ``version`` 4 or 6 allows only that one. Numbers with leading zeros and zone names (``%eth0``) are
    refused: programs disagree about their meaning. Raises :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, LONGEST)
    version = options.get("version")
    try:
        if ":" not in line and version != 6:
            return str(IPv4Address(line))
        if ":" in line and "%" not in line and version != 4:
            address = IPv6Address(line)
            # Python 3.13 began to write mapped addresses this way; stored values must not change with it.
            mapped = address.ipv4_mapped
            return f"::ffff:{mapped}" if mapped else address.compressed
    except ValueError:
        pass
    raise InvalidValue(
        {
            "en": "This is not an IP address. It looks like 192.0.2.1 or 2001:db8::1.",
            "ru": "Это не IP-адрес. Он выглядит так: 192.0.2.1 или 2001:db8::1.",
        },
        code="not_an_ip",
    )


IP = Validator(
    key="ip",
    label={"en": "IP address", "ru": "IP-адрес"},
    description={
        "en": "IPv4 or IPv6, stored in its shortest form.",
        "ru": "IPv4 или IPv6, хранится в самой короткой записи.",
    },
    check=check_ip,
    examples=("192.0.2.1", "2001:DB8:0:0::1", "::ffff:192.0.2.1"),
    counter_examples=("256.0.0.1", "192.0.2", "192.0.2.01", "2001:db8::1::2", "fe80::1%eth0", "192.0.2.1/24"),
    options_schema=format_options(version=option("Only this version", "Только эта версия", enum=[4, 6])),
)
