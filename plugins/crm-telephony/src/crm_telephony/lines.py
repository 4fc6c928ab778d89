"""By which lines somebody may call: each is a telephone system, one of its numbers and one of the person's phones."""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from crm_telephony.asterisk.channel import KEY as ASTERISK
from crm_telephony.phones import OwnPhone, phones_to_call_from
from crm_telephony.twilio.rest import KEY as TWILIO
from crmcore import ChannelAccount, PluginContext

_AT_TWILIO = ("+", "client:", "sip:")


class Line(Struct, frozen=True, kw_only=True):
    """``phone`` rings first, then ``account`` dials; the customer sees ``number``, or what the dialplan shows."""

    account: ChannelAccount
    number: str
    phone: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.number or self.account.name

    @property
    def key(self) -> str:
        """What tells it from the person's other lines."""
        text = f"{self.account.id} {self.number} {self.phone}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


async def lines_of(user: str, plugin: PluginContext) -> list[Line]:
    """Return the lines that ``user`` may call by, those of the phone that was noted first before the others'.

    A phone that names its line has that one alone, as long as there is such a line.
    """
    found: list[Line] = []
    for phone in await phones_to_call_from(user):
        lines = [
            Line(account=account, number=number, phone=phone.phone)
            for channel in _channels(phone.phone)
            for account in await plugin.connections.list(channel)
            for number in _numbers(account)
        ]
        found += _its_own(phone, lines) or lines
    return found


def _channels(phone: str) -> Sequence[str]:
    """Return who can ring a phone: Twilio a number, ``client:`` or ``sip:``, Asterisk an extension."""
    if phone.isdigit():
        return (ASTERISK,)
    return (TWILIO, ASTERISK) if phone.startswith(_AT_TWILIO) else (ASTERISK, TWILIO)


def _numbers(account: ChannelAccount) -> list[str]:
    if account.channel == TWILIO:
        return [account.config.number]
    return account.config.numbers_to_call_from or [""]


def _its_own(phone: OwnPhone, lines: list[Line]) -> list[Line]:
    wanted = phone.line.strip()
    if not wanted:
        return []
    by_number = [line for line in lines if line.number == wanted]
    return (by_number or [line for line in lines if line.account.name == wanted])[:1]
