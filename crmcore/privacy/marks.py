"""Marks of what was erased: a contact point is known again by its keyed hash, and by nothing else."""

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.points import Point
from crmcore.contracts.messages import Identity
from crmcore.database.database import Database
from crmcore.privacy.tables import ErasedMark, ErasurePepper
from crmcore.secrets.keyring import KeyRing

PLACE = ("erasure_pepper", "secret", "1")
ERASED_ID = "erased:"
"""What the external id of an erased message begins with; a keyed hash of the id it had follows."""


class ErasedMarks:
    """The marks of one workspace. Their secret is made with the first erasure."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._pepper = b""

    async def leave(self, points: Iterable[Identity]) -> None:
        """Mark contact points as erased, in the caller's transaction; again changes nothing."""
        pepper = await self._secret(make=True)
        for point in points:
            mark = ErasedMark(hash=_hash(pepper, point.kind, point.value), erased_at=self._clock())
            await ErasedMark.insert(mark).on_conflict(action="DO NOTHING")

    async def among(self, points: Iterable[Point]) -> set[tuple[str, str]]:
        """Return which of ``points`` were erased, by kind and normalized form, in one statement."""
        pepper = await self._secret()
        if not pepper:
            return set()
        hashes = {
            _hash(pepper, point.kind, point.normalized): (point.kind, point.normalized) for point in points
        }
        if not hashes:
            return set()
        rows = await ErasedMark.select(ErasedMark.hash).where(ErasedMark.hash.is_in(list(hashes)))
        return {hashes[row["hash"]] for row in rows}

    async def external_id(self, account: UUID | None, external_id: str, *, make: bool = False) -> str:
        """Return what stands in place of a message's external id once the message is erased."""
        pepper = await self._secret(make=make)
        return ERASED_ID + _hash(pepper, "message", f"{account}/{external_id}") if pepper else ""

    async def _secret(self, *, make: bool = False) -> bytes:
        if self._pepper:
            return self._pepper
        rows: list[dict[str, Any]] = await ErasurePepper.select()
        if not rows:
            if not make:
                return b""
            secret = self._keys.encrypt(b64encode(os.urandom(32)).decode(), *PLACE)
            await ErasurePepper.insert(ErasurePepper(id=1, secret=secret)).on_conflict(action="DO NOTHING")
            # Not remembered before it is committed: the transaction may still be rolled back.
            rows = await ErasurePepper.select()
            return b64decode(self._keys.decrypt(rows[0]["secret"], *PLACE))
        pepper = b64decode(self._keys.decrypt(rows[0]["secret"], *PLACE))
        if not self._database.engine.transaction_exists():
            self._pepper = pepper
        return pepper


def _hash(pepper: bytes, kind: str, value: str) -> str:
    return hmac.new(pepper, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()
