"""The channel ``asterisk``: calls of a PBX that is listened to."""

import msgspec

from crm_telephony import words
from crm_telephony.asterisk.config import AsteriskConfig
from crm_telephony.asterisk.listen import listen
from crm_telephony.asterisk.signing_in import check
from crm_telephony.report import Report
from crm_telephony.told import message_of
from crmcore import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundMessage,
    InboundRequest,
    RawDelivery,
    Verified,
)

KEY = "asterisk"


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    """Refuse: nothing comes to the account's address, we go and listen."""
    raise Forged("Asterisk is listened to")


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    """Return the message of a call that is over, as our own listener delivered it."""
    return [message_of(msgspec.json.decode(delivery.body, type=Report), account.config)]


ASTERISK = Channel(
    key=KEY,
    label=words.ASTERISK,
    verify=verify,
    parse=parse,
    listen=listen,
    config=AsteriskConfig,
    check=check,
    capabilities=Capabilities(reply=False, identity_kinds=("phone",)),
    icon="phone",
)
