"""Texts that name a person: found, and given the pseudonym in the name's place."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from crmcore.contracts.personal_data import DataSubject


class Naming:
    """What names one person: their words, whatever the case, and the ids of what is theirs."""

    def __init__(self, subject: DataSubject, ids: Iterable[Any] = ()) -> None:
        self._pseudonym = subject.pseudonym
        self._ids = frozenset(map(str, (*subject.contacts, *ids)))
        words = "|".join(re.escape(word) for word in subject.words)
        # Not inside a longer word: "ann@x.org" is no part of "joann@x.org".
        self._words = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None
        self._id = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

    def stands_in(self, text: str) -> bool:
        """Tell whether ``text`` names the person or something of theirs."""
        return self.named_in(text) or not self._ids.isdisjoint(self._id.findall(text))

    def named_in(self, text: str) -> bool:
        """Tell whether ``text`` has one of the person's words."""
        if self._words is None:
            return False
        # What JSON escapes is looked for unescaped too.
        return bool(self._words.search(text)) or ("\\" in text and bool(self._words.search(_plain(text))))

    def replaced(self, value: Any) -> Any:
        """Return ``value``, JSON, with the pseudonym in place of the person's words, in keys too."""
        if self._words is None:
            return value
        if isinstance(value, str):
            return self._words.sub(self._pseudonym, value)
        if isinstance(value, dict):
            return {self.replaced(key): self.replaced(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.replaced(item) for item in value]
        return value

    def replaced_json(self, text: str) -> str:
        """Return the JSON ``text`` with the person's words replaced; a text that is no JSON as a text."""
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return str(self.replaced(text))
        new = self.replaced(value)
        return text if new == value else msgspec.json.encode(new).decode()


def _plain(text: str) -> str:
    try:
        return "\n".join(_strings(msgspec.json.decode(text)))
    except msgspec.DecodeError:
        return text


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
