"""The events of a call as Asterisk tells them, written down once more for the demo."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from msgspec import Struct

RECORDED = "/var/spool/asterisk/monitor"
_numbers = count(1)


class Caller(Struct, frozen=True, kw_only=True):
    """Who calls."""

    name: str
    number: str


class Scene(Struct, frozen=True, kw_only=True):
    """A call that is played: ``rings_s`` seconds, then talking for ``talks_s``, or nobody answers when that is 0."""

    caller: Caller
    line: str
    phone: str
    rings_s: float
    talks_s: float = 0.0


def scenes_events(scene: Scene, id: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield what happens, each with the seconds to wait before it; ``id`` is the call's own."""
    trunk, leg = f"PJSIP/demo-trunk-{_hex()}", f"PJSIP/{scene.phone}-{_hex()}"
    first, second = f"{id}.1", f"{id}.2"
    caller = {"CallerIDNum": scene.caller.number, "CallerIDName": scene.caller.name, "Linkedid": first}
    one = {"Channel": trunk, "ChannelState": "4", "Exten": scene.line, "Uniqueid": first, **caller}
    two = {"Channel": leg, "CallerIDNum": scene.phone, "Uniqueid": second, "Linkedid": first}
    dialled = {"DestChannel": leg, "DestUniqueid": second, "DestCallerIDNum": scene.phone}
    yield 0, {"Event": "Newchannel", **one}
    yield 0, {"Event": "Newchannel", **two, "ChannelState": "0", "Exten": scene.phone}
    yield 0, {"Event": "DialBegin", **one, **dialled, "DialString": scene.phone}
    if scene.talks_s:
        yield scene.rings_s, {"Event": "DialEnd", **one, **dialled, "DialStatus": "ANSWER"}
        file = f"{RECORDED}/demo-{id}.wav"
        yield 0, {"Event": "VarSet", **one, "Variable": "MIXMONITOR_FILENAME", "Value": file}
        yield scene.talks_s, {"Event": "Hangup", **two, "Cause": "16"}
    else:
        yield scene.rings_s, {"Event": "DialEnd", **one, **dialled, "DialStatus": "NOANSWER"}
        yield 0, {"Event": "Hangup", **two, "Cause": "0"}
    yield 0, {"Event": "Hangup", **one, "Cause": "16"}


def outgoing_events(key: str, phone: str, number: str) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield what happens after somebody asked for a call from here: the phone is picked up, the customer too."""
    leg, trunk, second = f"PJSIP/{phone}-{_hex()}", f"PJSIP/demo-trunk-{_hex()}", f"{key}.2"
    one = {"Channel": leg, "Uniqueid": key, "Linkedid": key, "Exten": number}
    two = {"Channel": trunk, "Uniqueid": second, "Linkedid": key}
    dialled = {"DestChannel": trunk, "DestUniqueid": second}
    yield 1, {"Event": "Newchannel", **one, "ChannelState": "5"}
    yield 3, {"Event": "Newstate", **one, "ChannelState": "6"}
    yield 0, {"Event": "Newchannel", **two, "ChannelState": "0"}
    yield 0, {"Event": "DialBegin", **one, **dialled}
    yield 4, {"Event": "DialEnd", **one, **dialled, "DialStatus": "ANSWER"}
    yield 8, {"Event": "Hangup", **two, "Cause": "16"}
    yield 0, {"Event": "Hangup", **one, "Cause": "16"}


def _hex() -> str:
    return f"{next(_numbers):08x}"
