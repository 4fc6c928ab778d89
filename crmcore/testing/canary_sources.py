"""Where secrets come into being or come in: each is let fly there, whichever test made it."""

import secrets as random_bits
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.accounts import credentials
from crmcore.accounts.passwords import Passwords
from crmcore.accounts.second_factor import SecondFactors
from crmcore.secrets.keyring import KeyRing

if TYPE_CHECKING:
    import pytest

    from crmcore.testing.canaries import Canaries

# Whole documents, which may stand elsewhere too, and seals, which are no secrets.
_DOCUMENTS = frozenset({"audit_seal", "erasure", "import_row", "sign_in"})


def watch_sources(patch: "pytest.MonkeyPatch", canaries: "Canaries") -> None:
    """Let fly every password, token, link, session, code, key, secret setting and sensitive value from now on."""
    hash_password, encrypt, take = Passwords.hash, KeyRing.encrypt, KeyRing._take
    new_codes = SecondFactors._new_codes

    async def heard_password(self: Passwords, password: str) -> str:
        canaries.fly("a password", password, spoken=True)
        return await hash_password(self, password)

    def heard_bits(nbytes: int | None = None) -> str:
        made = random_bits.token_urlsafe(nbytes)
        canaries.fly("a token, session or link", made)
        return made

    def heard_text(self: KeyRing, text: str, *context: str) -> str:
        if context[:1] and context[0] not in _DOCUMENTS:
            canaries.fly(f"the sealed {'.'.join(context[:2])}", text.strip('"'), spoken=True)
        return encrypt(self, text, *context)

    def heard_keys(self: KeyRing, keys: Any) -> None:
        for key in keys:
            canaries.fly("a key of the key ring", key.text)
        take(self, keys)

    async def heard_codes(self: SecondFactors, user_id: UUID) -> list[str]:
        codes = await new_codes(self, user_id)
        for code in codes:
            canaries.fly("a recovery code", code, spoken=True)
        return codes

    patch.setattr(Passwords, "hash", heard_password)
    # The module's own name for it: who has imported its functions by name is heard all the same.
    patch.setattr(credentials, "secrets", SimpleNamespace(token_urlsafe=heard_bits))
    patch.setattr(KeyRing, "encrypt", heard_text)
    patch.setattr(KeyRing, "_take", heard_keys)
    patch.setattr(SecondFactors, "_new_codes", heard_codes)
