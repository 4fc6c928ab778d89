"""Who is at the other end, and when nobody says so."""

import re

from crmcore import Identity

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WORDS = frozenset({"", "anonymous", "restricted", "blocked", "unknown", "unavailable", "private"})
# Twilio spells the same words on a phone's keypad: RESTRICTED, BLOCKED, UNKNOWN, ANONYMOUS, UNAVAILABLE.
_KEYPAD = frozenset({"7378742833", "2562533", "8656696", "266696687", "86282452253"})


def is_hidden(end: str) -> bool:
    """Tell whether the caller withheld the number."""
    word = end.removeprefix("sip:").partition("@")[0].removeprefix("+").lower()
    return word in _WORDS or word in _KEYPAD


def identities(end: str) -> tuple[Identity, ...]:
    """Return how to reach the other end: a phone, a ``client:`` or ``sip:`` handle, or nothing when hidden."""
    if is_hidden(end):
        return ()
    if _E164.fullmatch(end):
        return (Identity(kind="phone", value=end),)
    return (Identity(kind="handle", value=end),)
