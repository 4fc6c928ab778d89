"""Numbers as a telephone system writes them."""

import re

from msgspec import Struct

_NOT_DIALLED = re.compile(r"[\s().\-]")
_HIDDEN = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "restricted", "private", "unavailable", "blocked"}
)
# ITU-T E.164: at most 15 digits; 7 is the shortest number of a subscriber with an area code.
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CHANNEL = re.compile(r"(?P<technology>[A-Za-z0-9]+)/(?P<peer>.+?)(-[0-9a-f]{6,16})?(;[12])?")


class Numbering(Struct, frozen=True, kw_only=True):
    """How to tell an extension from a number, and what a national number is in E.164.

    ``extension_digits`` is the length of the longest extension; ``country_code`` and ``trunk_prefix`` are ``7`` and
    ``8`` in Russia, ``44`` and ``0`` in Britain, ``1`` and ``1`` in North America.
    """

    extension_digits: int = 5
    country_code: str = ""
    trunk_prefix: str = ""

    def is_extension(self, end: str) -> bool:
        """Tell whether ``end`` is one of the house."""
        return end.isascii() and end.isdigit() and len(end) <= self.extension_digits

    def e164(self, end: str) -> str:
        """Return ``end`` in E.164; as it is when it is no number, empty when it is hidden."""
        if is_hidden(end):
            return ""
        bare = _NOT_DIALLED.sub("", end)
        if _E164.fullmatch(bare):
            return bare
        if not bare.isascii() or not bare.isdigit() or self.is_extension(bare):
            return end[:320]
        return self._national(bare)

    def _national(self, digits: str) -> str:
        code, prefix = self.country_code, self.trunk_prefix
        if digits.startswith("00"):
            number = f"+{digits[2:]}"
        elif prefix and code and digits.startswith(prefix):
            number = f"+{code}{digits[len(prefix) :]}"
        elif code and digits.startswith(code) and len(digits) >= 11:
            number = f"+{digits}"
        elif code:
            number = f"+{code}{digits}"
        else:
            number = f"+{digits}" if len(digits) >= 11 else digits
        return number if _E164.fullmatch(number) else digits


def is_hidden(end: str) -> bool:
    """Tell whether the caller withheld the number."""
    return end.strip().lower() in _HIDDEN


def peer_of(channel: str) -> str:
    """Return whose channel it is: ``101`` of ``PJSIP/101-00000004``, ``a@b`` of ``Local/a@b-00000002;1``."""
    match = _CHANNEL.fullmatch(channel)
    return match["peer"] if match else channel


def phones_of(*ends: str) -> tuple[str, ...]:
    """Return the phones that dialling ``ends`` may ring: of ``101@from-internal`` the phone ``101``."""
    found: dict[str, None] = {}
    for end in ends:
        phone = peer_of(end).partition("@")[0].removeprefix("+")
        if phone and not is_hidden(phone) and phone != "s":
            found[phone[:120]] = None
    return tuple(found)
