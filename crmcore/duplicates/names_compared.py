"""How much two names say that their bearers are one person."""

from collections.abc import Sequence

from rapidfuzz.distance import OSA, JaroWinkler

from crmcore.contracts.labels import Label
from crmcore.duplicates.evidence import Finding, Rarity, bits
from crmcore.duplicates.letters import skeleton, spelling, words_in
from crmcore.duplicates.nicknames import is_first_name, names_behind
from crmcore.duplicates.person_name import PersonName, initial_of
from crmcore.duplicates.profile import Profile

# How likely it is that a record of the same person has …
_THE_SAME = 0.9  # … the name in the same spelling
_OTHER_SPELLING = 0.3  # … it in another alphabet or transliteration, where that is possible at all
_SHORT_FORM = 0.1  # … a short form of it
_LONG_FORM = 0.6  # … the name that a short form stands for
_INITIAL = 0.08  # … its initial only
_SLIP, _TWO_SLIPS = 0.004, 0.0006  # … exactly this slip: 1 in 10 has one, and there are some 25 of them
_LIKE_INITIAL = 1 / 15

_DIFFERENT_GIVEN, _DIFFERENT_FAMILY, _ALIKE = -7.0, -5.0, -3.0
_OTHER_FIRST_NAME = -5.0
_OTHER_FATHER = -9.0
_SWAPPED, _EITHER_WAY = 1.5, -2.0

_SAME: Label = {"en": "Same name: {one}", "ru": "Одно и то же имя: {one}"}
_SPELT: Label = {
    "en": "Same name in another spelling: {one} – {other}",
    "ru": "То же имя в другом написании: {one} – {other}",
}
_SHORT: Label = {
    "en": "One may be a short form of the other: {one} – {other}",
    "ru": "Одно может быть краткой формой другого: {one} – {other}",
}
_TYPO: Label = {
    "en": "Name differs by a typo: {one} – {other}",
    "ru": "Имя отличается опечаткой: {one} – {other}",
}
_FITS: Label = {"en": "The initial fits: {one} – {other}", "ru": "Инициал подходит: {one} – {other}"}
_PART: Label = {
    "en": "Part of the name is the same: {one} – {other}",
    "ru": "Часть имени совпадает: {one} – {other}",
}
_SWAP: Label = {"en": "First and last name are swapped", "ru": "Имя и фамилия переставлены местами"}
_MIDDLE: Label = {"en": "Same middle name", "ru": "Одинаковое отчество или второе имя"}
_DIFFER: Label = {"en": "Names differ: {one} – {other}", "ru": "Имена различаются: {one} – {other}"}


def name_findings(mine: Profile, theirs: Profile, rarity: Rarity) -> list[Finding]:
    """Return what the names of two contacts say, in the order of their fields or swapped, whichever says more."""
    one, other = mine.name, theirs.name
    straight = _aligned(one, other, mine, theirs, rarity, swapped=False)
    if not (one.given and other.given and one.family and other.family):
        if (one.given or one.family) and (other.given or other.family) and not straight:
            # A single name may have been filled into either field.
            crossed = _aligned(one, other, mine, theirs, rarity, swapped=True)
            return crossed if _sum(crossed) > 0 else []
        return straight
    if _sum(straight) > 0:
        return straight
    swapped = _aligned(one, other, mine, theirs, rarity, swapped=True)
    # A family name in the first name's place is rare and says more than the names alone, unless both are first.
    either_way = all(is_first_name(name) for name in (one.given, *one.family))
    weight = _EITHER_WAY if either_way else _SWAPPED
    if _sum(swapped) + weight > max(_sum(straight), 0):
        return [*swapped, Finding(kind="name", code="swapped_names", bits=weight, label=_SWAP)]
    return straight


def _sum(findings: Sequence[Finding]) -> float:
    return sum(finding.bits for finding in findings)


def _aligned(
    one: PersonName, other: PersonName, mine: Profile, theirs: Profile, rarity: Rarity, *, swapped: bool
) -> list[Finding]:
    (first, last, _), (their_first, their_last, _) = mine.shown, theirs.shown
    given: tuple[str, ...] = (other.given,)
    family = other.family
    if swapped:
        given, family = other.family, (other.given,)
        their_first, their_last = their_last, their_first
    findings = [
        _compared((one.given,), given, first or last, their_first or their_last, rarity, _DIFFERENT_GIVEN),
        _compared(one.family, family, last or first, their_last or their_first, rarity, _DIFFERENT_FAMILY),
        _middle(one, other),
    ]
    if one.suffix and other.suffix and one.suffix != other.suffix:
        findings.append(_differ(_OTHER_FATHER, one.suffix, other.suffix))
    return [finding for finding in findings if finding]


def _compared(
    ours: Sequence[str], theirs: Sequence[str], shown: str, their_shown: str, rarity: Rarity, different: float
) -> Finding | None:
    """Return the best that one of our words and one of theirs say."""
    ours, theirs = [word for word in ours if word], [word for word in theirs if word]
    if not ours or not theirs:
        return None
    params = {"one": shown.strip(), "other": their_shown.strip()}
    if len(ours) > 1 or len(theirs) > 1:
        whole = _word("".join(ours), "".join(theirs), params, rarity, different)
        if whole.bits > 0:
            return whole
        best = max(
            (
                _word(a, b, params, rarity, different)
                for a in ours
                for b in theirs
                if len(a) > 3 and len(b) > 3
            ),
            key=lambda finding: finding.bits,
            default=whole,
        )
        if best.bits <= 0:
            return best
        return Finding(kind="name", code="name_part", bits=best.bits - 2, label=_PART, params=params)
    return _word(ours[0], theirs[0], params, rarity, different)


def _word(one: str, other: str, params: dict[str, str], rarity: Rarity, different: float) -> Finding:
    if one == other:
        if len(one) == 1:
            return _name("same_name", min(3.0, bits(_THE_SAME / rarity.name(one))), _SAME, params)
        same = _written(params["one"]) & _written(params["other"])
        code, label = ("same_name", _SAME) if same else ("name_spelling", _SPELT)
        return _name(code, bits(_THE_SAME / rarity.name(one)), label, params)
    if len(one) == 1 or len(other) == 1:
        if not _initial_fits(one, other, params):
            return _differ(different, **params)
        share = max(_LIKE_INITIAL / 60, rarity.name(min(one, other, key=len)))
        return _name("initial", min(bits(_INITIAL / share), 6.0), _FITS, params)
    share, rarer = _shares(one, other, rarity)
    if set(names_behind(one)) & set(names_behind(other)):
        # Whoever is Bob is Robert more often than whoever is Robert is Bob.
        weight = bits(min(_LONG_FORM / share, _SHORT_FORM / rarer))
        return _name("short_form", max(weight, -2.0), _SHORT, params)
    if len(one) > 3 and skeleton(one) == skeleton(other) and _is_other_alphabet(params):
        return _name("name_spelling", bits(_OTHER_SPELLING / share), _SPELT, params)
    slips = OSA.distance(one, other, score_cutoff=2)
    alike = JaroWinkler.similarity(one, other)
    if slips > 1 and alike > 0.7:
        slips = min(slips, _slips_as_written(params))
    shortest = min(len(one), len(other))
    if (slips == 1 and shortest >= 3) or (slips == 2 and shortest >= 6):
        weight = bits((_SLIP if slips == 1 else _TWO_SLIPS) / rarer)
        if is_first_name(one) and is_first_name(other):
            return _differ(_OTHER_FIRST_NAME, **params)  # Marina is no slip for Maria
        if weight > different:
            return _name("name_typo", weight, _TYPO, params)
    if alike > 0.88:
        return _differ(max(different, _ALIKE), **params)
    return _differ(different, **params)


def _initial_fits(one: str, other: str, params: dict[str, str]) -> bool:
    """Tell whether an initial is that of a name: as written where the alphabet is one, else as it may be spelt."""
    if _is_other_alphabet(params):
        return initial_of(one) == initial_of(other)
    ours, theirs = words_in(params["one"]), words_in(params["other"])
    initials = {word for word in (*ours, *theirs) if len(word) == 1}
    if not initials:  # Zh. and Yu. take two letters
        return initial_of(one) == initial_of(other)
    whole, name = (ours, one) if len(one) > 1 else (theirs, other)
    # Middle names have initials of their own.
    called = [word for word in whole if spelling(word) == name] or whole
    return any(word[0] in initials for word in called)


def _written(text: str) -> set[str]:
    return set(text.casefold().replace(",", " ").split())


def _slips_as_written(params: dict[str, str]) -> int:
    """Return how many slips lie between the nearest words as people wrote them; in one spelling a slip may grow."""
    ours, theirs = (
        [word for word in words_in(params[side]) if len(word) > 3][:3] for side in ("one", "other")
    )
    slips = [OSA.distance(a, b, score_cutoff=2) for a in ours for b in theirs]
    return min((found for found in slips if found), default=3)


def _shares(one: str, other: str, rarity: Rarity) -> tuple[float, float]:
    """Return the larger and the smaller share of two names: a slip is rarer than what was meant."""
    ours, theirs = rarity.name(one), rarity.name(other)
    return max(ours, theirs), min(ours, theirs)


def _is_other_alphabet(params: dict[str, str]) -> bool:
    return params["one"].isascii() != params["other"].isascii()


def _middle(one: PersonName, other: PersonName) -> Finding | None:
    if not one.middle or not other.middle:
        return None
    pairs = [(a, b) for a in one.middle for b in other.middle]
    if any(a == b and len(a) > 1 for a, b in pairs):
        return Finding(kind="name", code="middle_name", bits=5.0, label=_MIDDLE)
    if any(len(min(a, b, key=len)) == 1 and initial_of(a) == initial_of(b) for a, b in pairs):
        return Finding(kind="name", code="middle_name", bits=2.5, label=_MIDDLE)
    if any(OSA.distance(a, b, score_cutoff=1) <= 1 for a, b in pairs):
        return Finding(kind="name", code="middle_name", bits=2.5, label=_MIDDLE)
    return _differ(_OTHER_FATHER, " ".join(one.middle), " ".join(other.middle))


def _name(code: str, weight: float, label: Label, params: dict[str, str]) -> Finding:
    return Finding(kind="name", code=code, bits=weight, label=label, params=params)


def _differ(weight: float, one: str, other: str) -> Finding:
    return Finding(
        kind="name", code="names_differ", bits=weight, label=_DIFFER, params={"one": one, "other": other}
    )
