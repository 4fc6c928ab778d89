"""How filters of contacts find contact points."""

from crmcore.contacts.points import PointRules
from crmcore.contacts.tables import ContactPoint
from crmcore.contracts.elsewhere import KeptElsewhere


def point_filter(kind: str, rules: PointRules) -> KeptElsewhere:
    """Return how the contact points of ``kind`` are found: however a number is written, by part of it too."""
    phone = kind == "phone"
    return KeptElsewhere(
        table=ContactPoint,
        owner="contact",
        kind=kind,
        compared="normalized",
        part_of="normalized" if phone else "raw",
        normal=lambda text: rules.point(kind, text).normalized,
        part=_digits if phone else str.strip,
    )


def _digits(text: str) -> str:
    digits = "".join(mark for mark in text if mark.isascii() and mark.isdigit())
    if not digits:
        raise ValueError("digits")
    return digits
