"""Contact points: the one form in which an address, a number or a handle is compared.

``raw`` is what a person reads, ``normalized`` what is searched and unique per kind. Kinds beyond e-mail,
phone and handle belong to the channel that brings them, together with their normalisation.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from msgspec import Struct

from crmcore.contacts.calling_codes import prefixes_of
from crmcore.contracts.labels import Label
from crmcore.contracts.messages import Identity
from crmcore.contracts.problems import InvalidValue

MAX_LENGTH = 320  # RFC 3696, erratum 1690: 64 + 1 + 255 characters of an e-mail address

_NOT_EMAIL: Label = {"en": "This is not an e-mail address.", "ru": "Это не адрес электронной почты."}
_NOT_PHONE: Label = {"en": "This is not a phone number.", "ru": "Это не номер телефона."}
_NOT_ACCEPTED: Label = {
    "en": "The channel does not accept this: {reason}",
    "ru": "Канал этого не принимает: {reason}",
}
_EMPTY: Label = {"en": "This is empty.", "ru": "Значение пустое."}
_TOO_LONG: Label = {
    "en": "This may have at most {limit} characters.",
    "ru": "Здесь может быть не больше {limit} символов.",
}
_EXTENSION = re.compile(r"(?:[;,]?\s*(?:ext|extn|x|доб|вн|#)\.?|;ext=)\s*:?\s*\d{1,7}\s*$", re.IGNORECASE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_DOMAIN = re.compile(rf"\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*")
_ALLOWED_MARKS = frozenset(" -.()/\u00a0\u2010\u2011\u2012\u2013\u2014\u2212\u2009\u202f")


class Point(Struct, frozen=True, kw_only=True):
    """One way to reach a person, as it is read and as it is compared."""

    kind: str
    raw: str
    normalized: str


class PointRules:
    """Normalises identities for one workspace: its default country, its channels' own kinds."""

    def __init__(
        self, default_country: str, own_kinds: Mapping[str, Callable[[Identity], Identity]] | None = None
    ) -> None:
        """``own_kinds`` maps a kind to the ``normalize_identity`` of the channel that owns it."""
        self._country = default_country
        self._own_kinds = own_kinds if own_kinds is not None else {}

    def point(self, kind: str, value: str) -> Point:
        """Return the contact point for ``value``; raises :class:`~crmcore.InvalidValue` with a sentence."""
        text = _visible(value)
        if not text:
            raise InvalidValue(_EMPTY, code="empty")
        if len(text) > MAX_LENGTH:
            raise InvalidValue(_TOO_LONG, code="too_long", limit=MAX_LENGTH)
        if kind == "email":
            raw, key = email_address(text)
            return Point(kind=kind, raw=raw, normalized=key)
        if kind == "phone":
            return Point(kind=kind, raw=text, normalized=phone_number(text, self._country))
        if kind != "handle" and (own := self._own_kinds.get(kind)):
            key = _own_form(own, kind, text)
            if not key or len(key) > MAX_LENGTH:
                raise InvalidValue(_TOO_LONG if key else _EMPTY, code="invalid", limit=MAX_LENGTH)
            return Point(kind=kind, raw=text, normalized=key)
        return Point(kind=kind, raw=text, normalized=text)


def email_address(text: str) -> tuple[str, str]:
    """Return an e-mail address with its domain in lower case, and the key by which it is compared.

    The key is case-folded with the domain in ASCII (RFC 5891). Accepted is what mail servers accept:
    one ``@`` outside quotes, no spaces, a domain without empty labels.
    """
    local, at, domain = text.rpartition("@")
    domain = domain.lower().removesuffix(".")
    quoted = len(local) > 2 and local.startswith('"') and local.endswith('"')
    if not at or not local or len(local) > 64 or (not quoted and ("@" in local or len(local.split()) != 1)):
        raise InvalidValue(_NOT_EMAIL, code="not_an_email")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidValue(_NOT_EMAIL, code="not_an_email") from None
    if not _DOMAIN.fullmatch(ascii_domain):
        raise InvalidValue(_NOT_EMAIL, code="not_an_email")
    key = f"{unicodedata.normalize('NFC', local).casefold()}@{ascii_domain}"
    return f"{local}@{domain}", key[:MAX_LENGTH]


def phone_number(text: str, default_country: str) -> str:
    """Return a phone number as ``+`` and digits (E.164); national numbers belong to ``default_country``.

    Extensions are left out: they lead to the same line. Numbers of three to six digits, as inside a company's
    exchange, stay as they are. Whether a number is assigned is not checked.
    """
    text = _EXTENSION.sub("", text.removeprefix("tel:")).strip()
    abroad = text.startswith(("+", "＋"))
    if abroad:
        text = text[1:].replace("(0)", "", 1)
    digits = ""
    for mark in text:
        if mark in _ALLOWED_MARKS:
            continue
        value = unicodedata.digit(mark, None)
        if value is None:
            raise InvalidValue(_NOT_PHONE, code="not_a_phone")
        digits += str(value)
    if not abroad:
        digits, abroad = _dialled(digits, default_country)
    if not abroad:
        if 3 <= len(digits) <= 6:
            return digits
        raise InvalidValue(_NOT_PHONE, code="not_a_phone")
    if not 7 <= len(digits) <= 15 or digits.startswith("0"):
        raise InvalidValue(_NOT_PHONE, code="not_a_phone")
    return f"+{digits}"


def has_extension(text: str) -> bool:
    """Tell whether a number leads on to an extension, which :func:`phone_number` leaves out."""
    return _EXTENSION.search(text) is not None


def _dialled(digits: str, country: str) -> tuple[str, bool]:
    """Return what somebody in ``country`` reaches by dialling ``digits``, and whether it is complete."""
    try:
        code, abroad, trunk = prefixes_of(country)
    except KeyError:  # nobody knows what is dialled there
        raise InvalidValue(_NOT_PHONE, code="not_a_phone") from None
    if len(digits) <= 6:
        return digits, False
    for prefix in (abroad, "00"):
        if digits.startswith(prefix) and len(digits) > len(prefix) + 7:
            return digits[len(prefix) :], True
    # Ten digits are a whole number in zone 1 and zone 7; people write the code without a plus.
    if code in ("1", "7") and len(digits) == 11 and digits[0] in (code, trunk):
        return code + digits[1:], True
    if code not in ("1", "7") and trunk and digits.startswith(trunk):
        digits = digits[len(trunk) :]
    return code + digits, True


def _own_form(own: Callable[[Identity], Identity], kind: str, text: str) -> str:
    """Return what a channel makes of a point of its own kind; whatever it raises, the point is refused."""
    try:
        return _visible(own(Identity(kind=kind, value=text)).value)
    except InvalidValue:
        raise
    except Exception as error:
        raise InvalidValue(_NOT_ACCEPTED, code="invalid", reason=str(error)[:200]) from error


def _visible(text: str) -> str:
    """Return ``text`` stripped, without control and format characters, which nobody sees in a comparison."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(mark for mark in text if unicodedata.category(mark) not in ("Cc", "Cf", "Cs")).strip()
