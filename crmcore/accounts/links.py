"""Links that let somebody in once: 256 random bits, of which only the hash is kept."""

import re

from crmcore.accounts.credentials import hash_of, new_session_secret
from crmcore.contracts.labels import Label
from crmcore.errors import NotFound

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_DEAD: Label = {
    "en": "This link does not work any more. It may have been used already, or replaced by a newer one.",
    "ru": "Эта ссылка больше не действует. Возможно, ею уже воспользовались или её заменила новая.",
}


def new_link_token() -> str:
    """Return a new token: 43 characters of URL-safe base64."""
    return new_session_secret()


def token_hash(token: str) -> str:
    """Return what is kept of a link's token. Raises NotFound for what cannot be one."""
    if not _TOKEN.fullmatch(token):
        raise dead_link()
    return hash_of(token)


def dead_link() -> NotFound:
    """Return the same refusal for a link that is unknown, used, replaced, revoked or too old."""
    return NotFound(_DEAD, code="dead_link")
