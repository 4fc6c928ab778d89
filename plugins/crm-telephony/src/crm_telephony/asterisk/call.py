"""One call at the PBX: its channels, who rings, who answered, what became of it."""

from datetime import UTC, datetime

from crm_telephony.asterisk.framing import Fields
from crm_telephony.asterisk.numbers import phones_of
from crm_telephony.report import Direction, Outcome, Report, Stage

MOST_PHONES = 50
# Q.850: the cause of a hangup.
_BUSY = "17"
_OUTCOMES: dict[str, Outcome] = {
    "BUSY": "busy",
    "CHANUNAVAIL": "failed",
    "CONGESTION": "failed",
    "INVALIDARGS": "failed",
    "CANCEL": "cancelled",
}


class Leg:
    """A channel of a call. ``up`` since when it is connected."""

    __slots__ = ("channel", "up")

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.up = False

    @property
    def local(self) -> bool:
        """Whether it is only a way inside Asterisk, with nobody at its end."""
        return self.channel.startswith("Local/")


class PbxCall:
    """What is known of one call; times are seconds of the PBX's clock."""

    def __init__(self, linkedid: str, direction: Direction | None, at: float) -> None:
        self.linkedid = linkedid
        self.direction = direction
        self.number = ""
        self.name = ""
        self.line = ""
        self.legs: dict[str, Leg] = {}
        self.started = at
        self.answered: float | None = None
        self.ended: float | None = None
        self.tried = False
        self.connected: float | None = None
        self.ringing: dict[str, tuple[str, ...]] = {}
        self.phones: dict[str, None] = {}
        self.rung: dict[str, None] = {}
        self.silent: dict[str, None] = {}
        self.agent: tuple[str, ...] = ()
        self.statuses: list[str] = []
        self.queue = ""
        self.held: dict[str, float] = {}
        self.held_s = 0.0
        self.transfers = 0
        self.transferred_to = ""
        self.voicemail = False
        self.recording = ""
        self.cause = ""
        self.told: set[str] = set()

    def rings(self, uniqueid: str, *ends: str) -> bool:
        """Note that a phone rings; tell whether it is a new one."""
        self.tried = True
        phones = phones_of(*ends)
        self.ringing[uniqueid] = phones
        self.rung.update(dict.fromkeys(phones))
        for phone in phones:
            self.silent.pop(phone, None)
        return self.reaches(*phones)

    def reaches(self, *phones: str) -> bool:
        """Note phones that the call has come to; tell whether one of them is new."""
        new = [phone for phone in phones if phone not in self.phones]
        if len(self.phones) < MOST_PHONES:
            self.phones.update(dict.fromkeys(new))
        return bool(new)

    def stops_ringing(self, uniqueid: str, status: str, at: float) -> bool:
        """Note how a try ended; tell whether it was answered, for the first time."""
        phones = self.ringing.pop(uniqueid, ())
        if status != "ANSWER":
            self.silent.update(dict.fromkeys(phones))
            for phone in phones:
                self.rung.pop(phone, None)
            if len(self.statuses) < MOST_PHONES:
                self.statuses.append(status)
            return False
        return self.is_answered(at, *phones)

    def is_answered(self, at: float, *phones: str) -> bool:
        """Note who talks; tell whether nobody did before."""
        if not self.agent:
            self.agent = phones_of(*phones)
        if self.answered is not None:
            return False
        self.answered = at
        # The other phones fall silent; what rings from now on is a transfer.
        self.ringing.clear()
        self.rung.clear()
        return True

    def holds(self, uniqueid: str, at: float, on: bool) -> None:
        """Note that somebody is put on hold, or taken off it."""
        if on:
            if self.answered is not None:
                self.held.setdefault(uniqueid, at)
        elif (since := self.held.pop(uniqueid, None)) is not None and not self.held:
            self.held_s += max(0.0, at - since)

    def ends(self, at: float) -> None:
        """Note the end."""
        for uniqueid in list(self.held):
            self.holds(uniqueid, at, False)
        self.ended = at

    def outcome(self) -> Outcome:
        """Return how it ended, or would if it ended now."""
        if self.answered is not None:
            return "answered"
        if not self.tried and self.cause == _BUSY:
            return "busy"
        if not self.tried:
            # The dialplan itself took the call: an announcement, a menu. A mailbox is for who was not answered.
            return "answered" if self.connected is not None and not self.voicemail else "missed"
        last = self.statuses[-1] if self.statuses else ""
        if self.voicemail or any(status == "NOANSWER" for status in self.statuses):
            return "missed"
        return _OUTCOMES.get(last, "missed")

    def report(self, key: str, stage: Stage, now: datetime) -> Report:
        """Return it as a report. ``now`` corrects the PBX's clock where that is off by more than a day."""
        at = self.ended if self.ended is not None else self.started
        shift = now.timestamp() - at
        shift = shift if abs(shift) > 86_400 else 0.0
        answered = self.answered
        if answered is None and self.connected is not None and self.outcome() == "answered":
            answered = self.started
        until = answered
        if until is None and self.voicemail:
            until = self.connected  # to the mailbox
        waited = (until if until is not None else at) - self.started
        talked = at - answered if answered is not None and self.ended is not None else 0.0
        return Report(
            key=key,
            stage=stage,
            direction=self.direction or "in",
            outcome=self.outcome(),
            number=self.number[:320],
            name=self.name[:120],
            line=self.line[:320],
            phones=tuple(self.phones),
            rings=tuple(self.rung),
            silent=tuple(self.silent),
            agent=self.agent[0] if self.agent else "",
            queue=self.queue[:120],
            waited_s=_seconds(waited),
            talked_s=_seconds(talked),
            held_s=_seconds(self.held_s),
            transfers=min(self.transfers, 1000),
            transferred_to=self.transferred_to[:120],
            voicemail=self.voicemail,
            recording=self.recording[:500],
            started_at=_moment(self.started + shift),
            answered_at=_moment(answered + shift) if answered is not None else None,
            ended_at=_moment(self.ended + shift) if self.ended is not None else None,
        )


def time_of(fields: Fields, now: datetime) -> float:
    """Return when an event happened: ``timestampevents`` of Asterisk, or now. Absurd times are now."""
    try:
        at = float(fields.get("timestamp", ""))
    except ValueError:
        return now.timestamp()
    return at if 946_684_800 < at < 4_102_444_800 else now.timestamp()


def _seconds(spent: float) -> int:
    return max(0, min(round(spent), 10_000_000))


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
