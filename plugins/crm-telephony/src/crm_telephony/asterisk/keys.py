"""What calls of an Asterisk are known by here: two of them may number calls alike."""

import hashlib
from uuid import UUID

from crm_telephony.asterisk.tracker import OWN_CALL

_LONGEST = 64


def key_of(account: UUID, linkedid: str) -> str:
    """Return the key of a call. One that we began has its own id already."""
    if linkedid.startswith(OWN_CALL) and len(linkedid) <= _LONGEST:
        return linkedid
    key = f"{account.hex[-12:]}:{linkedid}"
    if len(key) > _LONGEST:
        return f"{account.hex[-12:]}:{hashlib.sha256(linkedid.encode()).hexdigest()[:48]}"
    return key


def linkedid_of(account: UUID, key: str) -> str:
    """Return the Linkedid in ``key``; not found again where it had to be shortened."""
    return key.removeprefix(f"{account.hex[-12:]}:")
