"""What speaks for and against two contacts being one person, counted in bits.

The model is that of Fellegi and Sunter (A Theory for Record Linkage, 1969): each finding weighs the logarithm of how
much likelier it is among records of one person than among records of two. What two people may have in common by
chance weighs by how rare it is: a rare name more than a frequent one.
"""

import math
from collections.abc import Mapping

from msgspec import Struct, field

from crmcore.contracts.labels import Label, text_of
from crmcore.duplicates.keys import firm_key, local_key, name_key, tail_key, unreachable_key
from crmcore.duplicates.nicknames import is_first_name

# Of a small base the counts say little; this many contacts with the frequencies below are thought to be in it too.
_PSEUDO = 500
_FIRST_NAME, _OTHER_NAME, _FIRM, _UNREACHABLE = 1 / 200, 1 / 2000, 1 / 300, 1 / 4


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that two contacts have in common, or in which they differ.

    ``kind`` is name, mailbox, phone, points, company, other or plugin; ``bits`` are positive for one person.
    """

    kind: str
    code: str
    bits: float
    label: Label
    params: dict[str, str] = field(default_factory=dict)
    plugin: str = ""

    def text(self, language: str) -> str:
        """Return the finding as a sentence."""
        return text_of(self.label, language, **self.params)


class Rarity:
    """How rare names, companies and numbers are among ``total`` contacts; ``counts`` are of keys."""

    def __init__(self, counts: Mapping[int, int], total: int) -> None:
        self.counts = counts
        self.total = max(total, 1)

    def name(self, name: str) -> float:
        """Return the share of contacts with a name, without the one that is compared."""
        expected = _FIRST_NAME if is_first_name(name) else _OTHER_NAME
        return self._share(name_key(name), expected)

    def firm(self, firm: str) -> float:
        """Return the share of contacts of a company or with a domain."""
        return self._share(firm_key(firm), _FIRM)

    def with_firm(self, firm: str) -> int:
        """Return how many contacts are of a company or have addresses at a domain."""
        return self.counts.get(firm_key(firm), 0)

    def unreachable(self) -> float:
        """Return the share of contacts without any contact point."""
        return self._share(unreachable_key(), _UNREACHABLE)

    def others_with_tail(self, phone: str) -> int:
        """Return how many contacts beyond two have a number with this end."""
        return max(self.counts.get(tail_key(phone), 0) - 2, 0)

    def others_with_local(self, local: str) -> int:
        """Return how many contacts beyond two have this local part."""
        return max(self.counts.get(local_key(local), 0) - 2, 0)

    def _share(self, key: int, expected: float) -> float:
        known = max(self.counts.get(key, 0) - 1, 0)
        return (known + _PSEUDO * expected) / (self.total + _PSEUDO)


def bits(likelier: float) -> float:
    """Return the weight of a finding that is ``likelier`` times as likely among records of one person."""
    return math.log2(likelier)
