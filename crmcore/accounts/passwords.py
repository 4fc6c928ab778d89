"""Passwords: Argon2id, in threads, a few at a time."""

import asyncio
import secrets
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19 * 1024
PASSES = 2
AT_ONCE = 4
"""19 MiB and 2 passes are OWASP's first choice for Argon2id; four at once need 76 MiB at most."""

LONGEST = 256
SHORTEST = 12


class Passwords:
    """Hashes and verifies passwords without holding up anything else."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys_lock = threading.Lock()
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """Return the Argon2id hash of ``password``."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether ``password`` belongs to ``password_hash``.

        An empty hash, of nobody or of a user without a password, costs the same time and never fits.
        """
        async with self._turns:
            return await asyncio.to_thread(self.verify_now, password_hash, password[: LONGEST + 1])

    def verify_now(self, password_hash: str, password: str) -> bool:
        """Verify in this thread."""
        nobodys = self._hash_of_nobody()
        try:
            fits = self._hasher.verify(password_hash or nobodys, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
        return fits and bool(password_hash)

    def outdated(self, password_hash: str) -> bool:
        """Tell whether ``password_hash`` was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def _hash_of_nobody(self) -> str:
        # Made before the first verification of any kind, so that an unknown address is never the slower one.
        with self._nobodys_lock:
            if not self._nobodys:
                self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))
            return self._nobodys


def _bytes(password: str) -> bytes:
    # Half a surrogate pair is no text, but what somebody typed is compared, never refused with an error.
    return password.encode("utf-8", "surrogatepass")
