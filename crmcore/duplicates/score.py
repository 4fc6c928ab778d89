"""From findings to a score between 0 and 100."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from crmcore.duplicates.evidence import Finding, Rarity, bits
from crmcore.duplicates.profile import Profile

# From this score on two contacts are suggested: of all such pairs in a base of a hundred thousand one in a hundred is
# wrong at most, see benchmarks/duplicates.py.
SUGGESTED = 94
# The least that may be asked for: below it there is more chance than sense.
LEAST = 50
# A name alone, however rare, may be somebody else's: it is never more than likely.
MOST_BY_NAME = 94
# Three contacts in a hundred are thought to have a duplicate; a base is never thought to be smaller than this.
_DUPLICATES = 0.03
_LEAST_TOTAL = 1000
# Names go in families, towns and nations: two rare ones are less of a chance than their shares say.
_NAME_ONLY = 3.0


class Comparison(Struct, frozen=True, kw_only=True):
    """What the comparison of two contacts found; ``score`` is the chance in percent that they are one person."""

    score: int
    findings: tuple[Finding, ...]

    def reasons(self, language: str) -> list[dict[str, Any]]:
        """Return the findings as the API says them, the weightiest first."""
        return [
            {"code": finding.code, "text": finding.text(language), "for": finding.bits > 0}
            | ({"plugin": finding.plugin} if finding.plugin else {})
            for finding in self.findings
        ]


def compare(mine: Profile, theirs: Profile, rarity: Rarity, more: Sequence[Finding] = ()) -> Comparison:
    """Return how likely it is that two contacts are one person, and why; ``more`` is what plugins found."""
    # rapidfuzz is 3 MB, in a process that compares nobody for nothing.
    from crmcore.duplicates.names_compared import name_findings
    from crmcore.duplicates.points_compared import point_findings

    findings = [*name_findings(mine, theirs, rarity), *point_findings(mine, theirs, rarity), *more]
    weight = sum(finding.bits for finding in findings)
    by_name = not any(finding.bits > 2.5 and finding.kind != "name" for finding in findings)
    if by_name:
        weight -= _NAME_ONLY
    odds = weight + bits(_DUPLICATES / max(rarity.total, _LEAST_TOTAL))
    chance = 1 / (1 + 2 ** -max(min(odds, 40), -40))
    score = min(int(chance * 100), 99)
    if by_name:
        score = min(score, MOST_BY_NAME)
    findings.sort(key=lambda finding: -abs(finding.bits))
    return Comparison(score=score, findings=tuple(findings))
