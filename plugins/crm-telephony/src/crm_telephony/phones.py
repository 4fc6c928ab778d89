"""Whose phones they are."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from crm_telephony.tables import TelephonyPhone

_MOST_PHONES = 20


async def users_of(phones: Iterable[str]) -> tuple[UUID, ...]:
    """Return whose ``phones`` these are, in the order of the phones; unknown ones are nobody's."""
    asked = [phone for phone in dict.fromkeys(phones) if phone]
    if not asked:
        return ()
    rows = await TelephonyPhone.select(TelephonyPhone.phone, TelephonyPhone.user).where(
        TelephonyPhone.phone.is_in(asked), TelephonyPhone.user.is_not_null()
    )
    order = {phone: place for place, phone in enumerate(asked)}
    rows.sort(key=lambda row: order[row["phone"]])
    return tuple(dict.fromkeys(row["user"] for row in rows))


class OwnPhone(Struct, frozen=True, kw_only=True):
    """A phone of somebody, and by which line they call from it; empty: by any."""

    phone: str
    line: str


async def phones_to_call_from(user: str) -> list[OwnPhone]:
    """Return the phones of this user, the one that was noted first before the others."""
    try:
        id = UUID(user)
    except ValueError:
        return []
    rows = (
        await TelephonyPhone.select(TelephonyPhone.phone, TelephonyPhone.line)
        .where(TelephonyPhone.user == id)
        .order_by(TelephonyPhone.created_at, TelephonyPhone.phone)
        .limit(_MOST_PHONES)
    )
    return [OwnPhone(phone=row["phone"], line=row["line"]) for row in rows]


async def phones_of_user(user: UUID) -> tuple[str, ...]:
    """Return all phones of this user."""
    rows = await TelephonyPhone.select(TelephonyPhone.phone).where(TelephonyPhone.user == user)
    return tuple(row["phone"] for row in rows)
