"""Whose phones they are."""

from collections.abc import Iterable
from uuid import UUID

from crm_telephony.tables import TelephonyPhone


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


async def phone_of(user: str) -> str:
    """Return the phone of this user, the one that was noted first; empty when there is none."""
    try:
        id = UUID(user)
    except ValueError:
        return ""
    row = (
        await TelephonyPhone.select(TelephonyPhone.phone)
        .where(TelephonyPhone.user == id)
        .order_by(TelephonyPhone.created_at)
        .first()
    )
    return str(row["phone"]) if row else ""


async def phones_of_user(user: UUID) -> tuple[str, ...]:
    """Return all phones of this user."""
    rows = await TelephonyPhone.select(TelephonyPhone.phone).where(TelephonyPhone.user == user)
    return tuple(row["phone"] for row in rows)
