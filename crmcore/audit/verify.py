"""Is the history as it was written? The chain is gone through from its beginning."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from crmcore.audit.chain import place_of
from crmcore.audit.digest import digest_of, seal_hash, unpacked
from crmcore.audit.tables import AuditSeal
from crmcore.records.tables import History
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.keys import SecretError

MAX_FAULTS = 100
Kind = Literal["changed", "deleted", "added", "seal_changed", "seal_missing", "signature"]
Told = Callable[[int, int], None]


class Fault(Struct, frozen=True, kw_only=True):
    """Something that is not as it was written: a row of the history, or a seal by its number."""

    kind: Kind
    seal: int
    entry: UUID | None = None


class Verdict(Struct, kw_only=True):
    """What was found. ``head`` is the newest seal's hash: kept elsewhere, it shows a later cut at the end.

    ``redacted`` rows lost their words by an erasure or because a field became sensitive; the entry that did it is
    in the history itself. ``unsealed`` rows are too new to be in the chain.
    """

    entries: int = 0
    seals: int = 0
    redacted: int = 0
    unsealed: int = 0
    head: str = ""
    found_expected: bool | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether everything is as it was written."""
        return not self.faults and self.found_expected is not False


class Verification:
    """Goes through the chain seal by seal; memory does not grow with its length."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def run(self, *, expect: str = "", told: Told = lambda done, total: None) -> Verdict:
        """Return the verdict; ``expect`` is the head of an earlier verdict, which must still be in the chain."""
        verdict = Verdict(found_expected=False if expect else None)
        total = await AuditSeal.count()
        previous, number = "", 0
        while (
            rows := await AuditSeal.select()
            .where(AuditSeal.number > number)
            .order_by(AuditSeal.number)
            .limit(1)
        ):
            seal = rows[0]
            self._check_seal(verdict, seal, previous, number + 1)
            await self._check_entries(verdict, seal)
            number, previous = seal["number"], seal["hash"]
            verdict.seals += 1
            verdict.head = previous
            if expect and previous == expect:
                verdict.found_expected = True
            told(verdict.seals, total)
        verdict.unsealed = await History.count().where(History.seal.is_null())
        beyond = await History.select(History.id, History.seal).where(History.seal > number).limit(MAX_FAULTS)
        for row in beyond:
            self._fault(verdict, "seal_missing", row["seal"], row["id"])
        return verdict

    def _check_seal(self, verdict: Verdict, seal: dict[str, Any], previous: str, number: int) -> None:
        if seal["number"] != number:
            self._fault(verdict, "seal_missing", number)
        elif seal["previous"] != previous or seal["hash"] != seal_hash(
            number, previous, bytes(seal["entries"])
        ):
            self._fault(verdict, "seal_changed", number)
        try:
            signed = self._keys.decrypt(seal["signature"], *place_of(seal["number"]))
        except SecretError:
            signed = ""
        if signed != seal["hash"]:
            self._fault(verdict, "signature", seal["number"])

    async def _check_entries(self, verdict: Verdict, seal: dict[str, Any]) -> None:
        number = seal["number"]
        expected = dict(unpacked(bytes(seal["entries"])))
        rows = {row["id"]: row for row in await History.select().where(History.seal == number)}
        for id, digest in expected.items():
            row = rows.pop(id, None)
            if row is None:
                self._fault(verdict, "deleted", number, id)
            elif row["redacted_by"] is not None:
                verdict.redacted += 1
            elif digest_of(row) != digest:
                self._fault(verdict, "changed", number, id)
        for id in rows:
            self._fault(verdict, "added", number, id)
        verdict.entries += len(expected)

    @staticmethod
    def _fault(verdict: Verdict, kind: Kind, seal: int, entry: UUID | None = None) -> None:
        if len(verdict.faults) < MAX_FAULTS:
            verdict.faults.append(Fault(kind=kind, seal=seal, entry=entry))
