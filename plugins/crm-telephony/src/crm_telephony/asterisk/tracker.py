"""The state machine: from events of the manager interface to calls.

Events are grouped by ``Linkedid``, which all channels of a call share; ``Uniqueid`` is one channel's. Call detail
records are not used: one missed call makes three of them.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from crm_telephony.asterisk.call import Leg, PbxCall, time_of
from crm_telephony.asterisk.framing import Fields
from crm_telephony.asterisk.numbers import Numbering, is_hidden, peer_of, phones_of
from crm_telephony.report import Report, Stage

MOST_CALLS = 5_000
MOST_LEGS = 200
REMEMBERED = 20_000
OWN_CALL = "crmcall-"
"""How the ids of channels begin that we had Asterisk make."""

_OUTSIDE = ("from-trunk", "from-pstn", "from-did", "from-external", "from-outside", "inbound", "incoming")
"""How contexts begin that calls from outside come in by, in FreePBX and most dialplans."""

NUMBER_VARIABLE = "CRMCORE_NUMBER"
LINE_VARIABLE = "CRMCORE_LINE"
"""What the dialplan finds the customer's number in, and the number that is to be shown to them."""


class Tracker:
    """All calls of one PBX. ``key_of`` makes the key of a call of its Linkedid.

    :meth:`feed` never raises, whatever an event holds; what it does not know it ignores. Calls between two phones of
    the house are followed too, because they may be transfers, but never told.
    """

    def __init__(
        self,
        numbering: Numbering,
        key_of: Callable[[str], str],
        trunks: Iterable[str] = (),
        lines: Iterable[str] = (),
    ) -> None:
        self._numbering = numbering
        self._key_of = key_of
        self._trunks = frozenset(trunks)
        self._lines = frozenset(lines)
        self._calls: OrderedDict[str, PbxCall] = OrderedDict()
        self._of_leg: dict[str, str] = {}
        self._over: OrderedDict[str, None] = OrderedDict()

    @property
    def going_on(self) -> int:
        """How many calls there are now."""
        return len(self._calls)

    def feed(self, fields: Fields, now: datetime) -> list[Report]:
        """Take one event and return what has to be told because of it."""
        handler = _HANDLERS.get(fields.get("event", "").lower())
        if handler is None:
            return []
        linkedid, uniqueid = fields.get("linkedid", ""), fields.get("uniqueid", "")
        if handler is Tracker._blind or handler is Tracker._attended:
            linkedid = fields.get("transfererlinkedid") or fields.get("origtransfererlinkedid") or ""
        elif handler is Tracker._pickup:
            linkedid = fields.get("targetlinkedid", "")
        if not linkedid or len(linkedid) > 150:
            return []
        if linkedid in self._over and uniqueid not in self._of_leg:
            return []  # of a call that was joined with another, channels may still be known by the old Linkedid
        call = self._call(linkedid, uniqueid, fields, now)
        if call is None:
            return []
        stage = handler(self, call, fields, time_of(fields, now))
        return self._told(call, stage, now)

    def restore(self, report: Report, linkedid: str) -> None:
        """Take a call over that was going on when somebody else stopped listening."""
        call = PbxCall(linkedid, report.direction, report.started_at.timestamp())
        call.number, call.name, call.line = report.number, report.name, report.line
        call.phones = dict.fromkeys(report.phones)
        call.agent = (report.agent,) if report.agent else ()
        call.queue, call.tried = report.queue, True
        call.recording, call.voicemail = report.recording, report.voicemail
        call.transfers, call.held_s = report.transfers, float(report.held_s)
        call.answered = report.answered_at.timestamp() if report.answered_at else None
        call.told = {"ringing"} | ({"answered"} if call.answered is not None else set())
        self._calls[linkedid] = call

    def resume(self, channels: Sequence[Fields], now: datetime) -> list[Report]:
        """Compare with the list of channels there are, after a time without events: ``CoreShowChannels``.

        Channels that are gone end their calls; calls that began meanwhile are taken in as they are.
        """
        reports: list[Report] = []
        there = {entry.get("uniqueid", ""): entry for entry in channels}
        alive = {entry.get("linkedid", "") for entry in channels}
        for entry in channels:
            linkedid, uniqueid = entry.get("linkedid", ""), entry.get("uniqueid", "")
            if not linkedid or not uniqueid or linkedid in self._over:
                continue
            call = self._call(linkedid, uniqueid, entry, now)
            if call is None:
                continue
            self._leg(call, uniqueid, entry)
            leg = call.legs.get(uniqueid)
            if leg is None:
                continue
            if uniqueid == linkedid and leg.up and call.connected is None:
                call.connected = now.timestamp()
            bridged = entry.get("bridgeid") and leg.up and not leg.local
            stage: Stage | None = "answered" if bridged and call.is_answered(now.timestamp()) else None
            reports += self._told(call, stage or ("ringing" if call.tried else None), now)
        for linkedid, call in list(self._calls.items()):
            for uniqueid in [leg for leg in call.legs if leg not in there]:
                self._drop_leg(call, uniqueid)
            if not call.legs and linkedid not in alive:
                reports += self._end(call, now.timestamp(), now)
        return reports

    def channels(self) -> set[str]:
        """Return the ids of all channels of all calls."""
        return set(self._of_leg)

    def lost(self, uniqueids: Iterable[str], now: datetime) -> list[Report]:
        """Take channels away whose end was not heard; the calls that have no others are over."""
        reports: list[Report] = []
        for uniqueid in uniqueids:
            call = self._calls.get(self._of_leg.get(uniqueid, ""))
            if call is None:
                continue
            self._drop_leg(call, uniqueid)
            if not call.legs:
                reports += self._end(call, now.timestamp(), now)
        return reports

    # --- Calls and their channels -------------------------------------------------------------------------------

    def _call(self, linkedid: str, uniqueid: str, fields: Fields, now: datetime) -> PbxCall | None:
        """Return the call, a new one where it begins; a channel whose Linkedid has changed moves along."""
        call = self._calls.get(linkedid)
        before = self._of_leg.get(uniqueid)
        if before is not None and before != linkedid and uniqueid:
            other = self._calls.get(before)
            if call is None:
                return other
            if other is not None:
                self._join(call, other)
        if call is None:
            if fields.get("event", "").lower() not in ("newchannel", "coreshowchannel"):
                return None
            call = self._new(linkedid, fields, now)
        return call

    def _new(self, linkedid: str, fields: Fields, now: datetime) -> PbxCall:
        if len(self._calls) >= MOST_CALLS:
            # More calls than any PBX of ours carries: a flood. The oldest is forgotten first.
            _, oldest = self._calls.popitem(last=False)
            for uniqueid in oldest.legs:
                self._of_leg.pop(uniqueid, None)
        call = PbxCall(linkedid, None, time_of(fields, now))
        self._calls[linkedid] = call
        self._look(call, fields)
        return call

    def _look(self, call: PbxCall, fields: Fields) -> None:
        """Find out from its first channel which way a call goes."""
        caller, called = fields.get("calleridnum", ""), fields.get("exten", "")
        peer = peer_of(fields.get("channel", ""))
        e164, is_extension = self._numbering.e164, self._numbering.is_extension
        if call.linkedid.startswith(OWN_CALL):
            call.direction, call.line = "out", peer
            call.number = "" if is_extension(called) or called in ("", "s") else e164(called)
            return
        outside = peer in self._trunks or fields.get("context", "").lower().startswith(_OUTSIDE)
        inside = not outside and (is_extension(caller) or (is_hidden(caller) and is_extension(peer)))
        if not inside:
            name = fields.get("calleridname", "")
            call.direction, call.number, call.line = "in", e164(caller), called
            call.name = "" if is_hidden(name) or is_hidden(caller) else name
        elif e164(called).startswith("+") or (called.isdigit() and not is_extension(called)):
            call.direction, call.number, call.line = "out", e164(called), caller or peer
            call.agent = (peer,)

    def _leg(self, call: PbxCall, uniqueid: str, fields: Fields) -> None:
        leg = call.legs.get(uniqueid)
        if leg is None:
            if not uniqueid or len(call.legs) >= MOST_LEGS:
                return
            leg = call.legs[uniqueid] = Leg(fields.get("channel", ""))
            self._of_leg[uniqueid] = call.linkedid
        leg.up = leg.up or fields.get("channelstate") == "6"

    def _drop_leg(self, call: PbxCall, uniqueid: str) -> None:
        call.legs.pop(uniqueid, None)
        call.ringing.pop(uniqueid, None)
        self._of_leg.pop(uniqueid, None)

    def _join(self, call: PbxCall, other: PbxCall) -> None:
        """Two calls have become one, by a transfer after a word with the new person."""
        for uniqueid, leg in other.legs.items():
            call.legs[uniqueid] = leg
            self._of_leg[uniqueid] = call.linkedid
        if call.direction is None and other.direction is not None:
            call.direction, call.number, call.name, call.line = (
                other.direction,
                other.number,
                other.name,
                other.line,
            )
        call.held_s += other.held_s
        call.recording = call.recording or other.recording
        other.legs = {}
        if other.direction is None or other.number == call.number:
            self._forget(other)

    def _forget(self, call: PbxCall) -> None:
        self._calls.pop(call.linkedid, None)
        self._over[call.linkedid] = None
        while len(self._over) > REMEMBERED:
            self._over.popitem(last=False)

    def _end(self, call: PbxCall, at: float, now: datetime) -> list[Report]:
        call.ends(at)
        self._forget(call)
        return self._told(call, "ended", now)

    def _told(self, call: PbxCall, stage: Stage | None, now: datetime) -> list[Report]:
        if stage is None or call.direction is None or not self._is_ours(call):
            return []
        if stage != "ringing" and stage in call.told:
            return []
        call.told.add(stage)
        report = call.report(self._key_of(call.linkedid), stage, now)
        call.rung.clear()
        call.silent.clear()
        return [report]

    def _is_ours(self, call: PbxCall) -> bool:
        return not self._lines or call.direction != "in" or call.line in self._lines

    # --- Events -------------------------------------------------------------------------------------------------

    def _newchannel(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        first = not call.legs and not call.told
        self._leg(call, fields.get("uniqueid", ""), fields)
        return "ringing" if first else None

    def _newstate(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        self._leg(call, fields.get("uniqueid", ""), fields)
        if (
            fields.get("channelstate") == "6"
            and fields.get("uniqueid") == call.linkedid
            and call.connected is None
        ):
            call.connected = at
        return None

    def _dialbegin(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        if call.direction == "out":
            call.tried = True
            call.ringing[fields.get("destuniqueid", "")] = ()
            return None
        return self._rings(call, fields.get("destuniqueid", ""), *self._dialled(fields))

    def _rings(self, call: PbxCall, uniqueid: str, *ends: str) -> Stage | None:
        new = call.rings(uniqueid, *ends)
        if call.answered is None:
            return "ringing" if new else None
        # Somebody sends the call on: another phone rings for it.
        call.told.discard("answered")
        return "answered"

    def _dialled(self, fields: Fields) -> tuple[str, ...]:
        """Return whose phone is dialled: the channel's, and its extension; behind a trunk the number."""
        peer, number = peer_of(fields.get("destchannel", "")), fields.get("destcalleridnum", "")
        dialled, _, at = fields.get("dialstring", "").partition("@")
        if at and at == peer:
            return (dialled,)
        # Of a Local channel that number is the caller's or the line's.
        return (peer, number) if self._numbering.is_extension(number) else (peer,)

    def _dialend(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        uniqueid, status = fields.get("destuniqueid", ""), fields.get("dialstatus", "").upper()
        rang = bool(call.ringing.get(uniqueid))
        if call.stops_ringing(uniqueid, status, at):
            return "answered"
        # In a queue the same phone rings again in a moment: its card may stay.
        return "ringing" if rang and call.answered is None and not call.queue else None

    def _agentcalled(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        interface, member = fields.get("interface", ""), fields.get("membername", "")
        # Most give members the names of people; some, those of their phones.
        known = "/" in member or self._numbering.is_extension(member)
        return self._rings(
            call,
            fields.get("destuniqueid", "") or interface,
            interface,
            peer_of(fields.get("destchannel", "")),
            *([member] if known else ()),
        )

    def _agentconnect(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        call.ringing.pop(fields.get("destuniqueid", ""), None)
        return "answered" if call.is_answered(at, fields.get("interface", "")) else None

    def _agentnoanswer(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        call.stops_ringing(fields.get("destuniqueid", "") or fields.get("interface", ""), "NOANSWER", at)
        return None

    def _queuejoin(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        call.queue, call.tried = fields.get("queue", ""), True
        return "ringing" if call.answered is None else None

    def _queueabandon(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        if call.answered is None:
            call.statuses.append("CANCEL")
        return None

    def _bridgeenter(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        leg = call.legs.get(fields.get("uniqueid", ""))
        several = fields.get("bridgenumchannels", "0") not in ("", "0", "1")
        if not several or leg is None or leg.local or not call.tried:
            return None
        return "answered" if call.is_answered(at) else None

    def _hold(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        call.holds(fields.get("uniqueid", ""), at, True)
        return None

    def _unhold(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        call.holds(fields.get("uniqueid", ""), at, False)
        return None

    def _blind(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        if fields.get("result", "").lower() == "success":
            call.transfers += 1
            call.transferred_to = fields.get("extension", "")
        return None

    def _attended(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        if fields.get("result", "").lower() == "success":
            call.transfers += 1
            target = (
                fields.get("transfertargetcalleridnum")
                or fields.get("secondtransfererconnectedlinenum")
                or ""
            )
            call.transferred_to = "" if is_hidden(target) else target
            if phone := peer_of(fields.get("transfertargetchannel", "")):
                # Whoever takes over talks already: the card is for them too.
                return self._rings(call, fields.get("transfertargetuniqueid", ""), phone)
        return None

    def _pickup(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        """Somebody takes a call at another phone than the one that rings."""
        phone = peer_of(fields.get("channel", ""))
        call.reaches(*phones_of(phone))
        return "answered" if call.is_answered(at, phone) else None

    def _varset(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        name, value = fields.get("variable", "").lstrip("_"), fields.get("value", "")
        if name == "MIXMONITOR_FILENAME" and value and not call.voicemail:
            call.recording = value
        elif name == "VM_MESSAGEFILE" and value:
            call.recording, call.voicemail = value, True
        elif name == NUMBER_VARIABLE and value and call.linkedid.startswith(OWN_CALL):
            call.number = self._numbering.e164(value)
        elif name == LINE_VARIABLE and value and call.linkedid.startswith(OWN_CALL):
            call.line = value
        return None

    def _hangup(self, call: PbxCall, fields: Fields, at: float) -> Stage | None:
        uniqueid = fields.get("uniqueid", "")
        call.holds(uniqueid, at, False)
        self._drop_leg(call, uniqueid)
        if uniqueid == call.linkedid:
            call.cause = fields.get("cause", "")
        if call.legs:
            return None
        call.ends(at)
        self._forget(call)
        return "ended"


_Handler = Callable[[Tracker, PbxCall, Fields, float], Stage | None]
_HANDLERS: dict[str, _Handler] = {
    "newchannel": Tracker._newchannel,
    "newstate": Tracker._newstate,
    "dialbegin": Tracker._dialbegin,
    "dialend": Tracker._dialend,
    "agentcalled": Tracker._agentcalled,
    "agentconnect": Tracker._agentconnect,
    "agentringnoanswer": Tracker._agentnoanswer,
    "queuecallerjoin": Tracker._queuejoin,
    "queuecallerabandon": Tracker._queueabandon,
    "bridgeenter": Tracker._bridgeenter,
    "hold": Tracker._hold,
    "unhold": Tracker._unhold,
    "musiconholdstart": Tracker._hold,
    "musiconholdstop": Tracker._unhold,
    "blindtransfer": Tracker._blind,
    "attendedtransfer": Tracker._attended,
    "pickup": Tracker._pickup,
    "varset": Tracker._varset,
    "hangup": Tracker._hangup,
}
