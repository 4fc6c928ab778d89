"""What a telephone system has to offer, whatever its protocol: calls as reports, a way to dial, recordings."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from msgspec import Struct

from crm_telephony.report import Report
from crmcore import ChannelAccount, PluginContext

LARGEST_RECORDING = 25_000_000


class Dial(Struct, frozen=True, kw_only=True):
    """An agent wants to call: ``phone`` rings first, then ``number`` (E.164) is dialled. ``id`` is the call's row.

    ``line`` is the number that is shown to the customer, empty where the telephone system decides.
    """

    id: UUID
    phone: str
    number: str
    line: str = ""


class Sound(Struct, frozen=True, kw_only=True):
    """A recording as the backend hands it out."""

    name: str
    content_type: str
    data: bytes


class NotYet(Exception):
    """Raised by ``fetch`` while the other side does not have the recording yet, or does not answer."""


class Backend(Struct, frozen=True, kw_only=True):
    """A telephone system. Reports come through its channel's ``listen`` or ``verify``.

    ``dial(dial, account, plugin)`` begins a call and returns its key; raises :class:`~crmcore.Refusal`.
    ``fetch(call, account, plugin)`` returns the recording of a row of :class:`~crm_telephony.tables.TelephonyCall`,
    None when there is none, and raises :class:`NotYet`. ``look(call, account, plugin)`` says how a call went whose
    end was not told, None while it goes on or nobody knows; a backend that is listened to needs none.
    """

    channel: str
    dial: Callable[[Dial, ChannelAccount, PluginContext], Awaitable[str]]
    fetch: Callable[[dict[str, Any], ChannelAccount, PluginContext], Awaitable[Sound | None]]
    look: Callable[[dict[str, Any], ChannelAccount, PluginContext], Awaitable[Report | None]] | None = None
