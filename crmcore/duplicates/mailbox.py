"""Mail addresses as mailboxes: what stands after a plus, and dots where they mean nothing, are left out."""

import re

from msgspec import Struct

from crmcore.duplicates.wordlists import words_of

_SAME = {
    "googlemail.com": "gmail.com",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
    "yandex.by": "yandex.ru",
    "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru",
    "narod.ru": "yandex.ru",
    "pm.me": "proton.me",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
_APART = re.compile(r"[^a-z0-9]+")


class Mailbox(Struct, frozen=True):
    """Where mail to an address arrives; ``domain`` is ``@`` for a handle, which is compared as a local part."""

    local: str
    domain: str

    @property
    def is_role(self) -> bool:
        """Tell whether it belongs to a task rather than to a person."""
        return self.local in words_of("role_addresses")

    @property
    def at_work(self) -> str:
        """The domain when it is a company's, else empty."""
        return "" if self.domain == "@" or is_public(self.domain) else self.domain


def is_public(domain: str) -> bool:
    """Tell whether addresses at ``domain`` are a person's own and say nothing of where they work."""
    return domain in words_of("mail_domains")


def mailbox_of(address: str) -> Mailbox:
    """Return the mailbox of a normalised address. Plus parts are known to most providers, dots to Gmail only."""
    local, _, domain = address.rpartition("@")
    domain = _SAME.get(domain, domain)
    local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "")
    elif domain == "yandex.ru":
        local = local.replace("-", ".")
    return Mailbox(local, domain)


def handle_box(handle: str) -> Mailbox:
    """Return a handle in the form of a mailbox, so that ``@ivan84`` meets ``ivan84@example.com``."""
    return Mailbox(handle.casefold().lstrip("@").rpartition("/")[2], "@")


def bare(local: str) -> str:
    """Return the letters and digits of a local part."""
    return _APART.sub("", local)
