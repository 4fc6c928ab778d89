"""How much addresses, numbers and companies say that two contacts are one person."""

import math
import re
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from crmcore.contracts.labels import Label
from crmcore.duplicates.evidence import Finding, Rarity, bits
from crmcore.duplicates.keys import TAIL
from crmcore.duplicates.letters import spelling, words_in
from crmcore.duplicates.mailbox import Mailbox, bare, is_public
from crmcore.duplicates.profile import Profile

_BITS_PER_DIGIT = math.log2(10)
# A mailbox is one person's, or a household's.
_MAILBOX = 27.0
_ROLE_MAILBOX = 12.0
_DOMAIN_TYPO = 20.0
# A local part made of the name is as likely with anybody of that name.
_LOCAL_OF_NAME, _LOCAL_MOST = 2.0, 17.0
_BUT_DOTS = 4.0
# Digits that may be a year of birth are worth those of sixty years, not of ten thousand numbers.
_YEAR = re.compile(r"(?<!\d)(?:19[3-9]\d|20[0-3]\d)(?!\d)")
_BITS_OF_YEAR, _BITS_PER_LOCAL_DIGIT = 6.0, 2.6
_OTHER_AT_WORK = -3.0
# One person in four has another number, one in two another address.
_OTHER_PHONE = -2.0
# A company or a family has numbers in a row.
_NEXT_PHONE = -4.0
_OTHER_ADDRESS = -1.0
_FIRM_MOST = 13.0
_OTHER_FIRM = -2.5
_JOB = 2.0
_COPY_UNREACHABLE, _UNREACHABLE_MOST = 0.5, 2.5

_SAME_MAILBOX: Label = {
    "en": "Same mailbox: {one} – {other}",
    "ru": "Один и тот же почтовый ящик: {one} – {other}",
}
_EMAIL_TYPO: Label = {
    "en": "E-mail address differs by a typo: {one} – {other}",
    "ru": "Адрес почты отличается опечаткой: {one} – {other}",
}
_SAME_LOCAL: Label = {
    "en": "Same beginning of the address: {one} – {other}",
    "ru": "Одинаковое начало адреса: {one} – {other}",
}
_PHONE: Label = {"en": "Same phone ending {tail}", "ru": "Одинаковые последние цифры телефона: {tail}"}
_PHONE_TYPO: Label = {
    "en": "Phone number differs by one digit: {one} – {other}",
    "ru": "Номер телефона отличается одной цифрой: {one} – {other}",
}
_FIRM: Label = {"en": "Same company: {one}", "ru": "Одна компания: {one}"}
_FIRM_ALIKE: Label = {
    "en": "Companies have similar names: {one} – {other}",
    "ru": "Похожие названия компаний: {one} – {other}",
}
_DOMAIN: Label = {"en": "Same company’s e-mail domain: {one}", "ru": "Один домен почты компании: {one}"}
_FIRMS_DIFFER: Label = {
    "en": "Companies differ: {one} – {other}",
    "ru": "Компании различаются: {one} – {other}",
}
_JOBS: Label = {"en": "Job titles differ", "ru": "Должности различаются"}
_TWO_AT_WORK: Label = {
    "en": "Two addresses at one company: {one} – {other}",
    "ru": "Два разных адреса в одной компании: {one} – {other}",
}
_ADDRESSES_DIFFER: Label = {"en": "E-mail addresses differ", "ru": "Адреса почты различаются"}
_NEIGHBOURS: Label = {
    "en": "Neighbouring phone numbers: {one} – {other}",
    "ru": "Соседние номера телефона: {one} – {other}",
}
_PHONES_DIFFER: Label = {"en": "Phone numbers differ", "ru": "Номера телефонов различаются"}
_UNREACHABLE: Label = {
    "en": "One of them has neither address nor number",
    "ru": "У одного из них нет ни адреса, ни номера",
}
_SAME_JOB: Label = {"en": "Same job title", "ru": "Одинаковая должность"}


class _Names:
    """What a local part made of two contacts' names would consist of; taken apart when somebody asks."""

    def __init__(self, mine: Profile, theirs: Profile) -> None:
        self._both = (mine, theirs)

    @property
    def of_two_firms(self) -> bool:
        """Whether both contacts have a company, and not the same."""
        one, other = (profile.firm for profile in self._both)
        return bool(one and other and one != other)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names in small Latin letters, longest first."""
        return _name_parts(*self._both)


def point_findings(mine: Profile, theirs: Profile, rarity: Rarity) -> list[Finding]:
    """Return what addresses, phone numbers, company and job title of two contacts say."""
    found = [
        _mailboxes(mine, theirs, rarity),
        _phones(mine, theirs, rarity),
        _firms(mine, theirs, rarity),
        _nothing_but_a_name(mine, theirs, rarity),
    ]
    if mine.job and theirs.job:
        same = mine.job == theirs.job
        code, weight, label = ("same_job_title", _JOB, _SAME_JOB) if same else ("jobs_differ", -1.0, _JOBS)
        found.append(Finding(kind="other", code=code, bits=weight, label=label))
    return [finding for finding in found if finding]


def _nothing_but_a_name(mine: Profile, theirs: Profile, rarity: Rarity) -> Finding | None:
    """Return what it says that one of two cannot be reached: no two contacts have the same address or number.

    Whoever enters somebody again leaves out what is refused as taken, or does not look it up: every second copy is
    without. Where many contacts are, it says nothing.
    """
    if mine.reachable and theirs.reachable:
        return None
    share = rarity.unreachable()
    weight = min(bits(_COPY_UNREACHABLE / (2 * share - share**2)), _UNREACHABLE_MOST)
    if weight < 0.5:
        return None
    return Finding(kind="points", code="unreachable", bits=weight, label=_UNREACHABLE)


def _mailboxes(mine: Profile, theirs: Profile, rarity: Rarity) -> Finding | None:
    names = _Names(mine, theirs)
    found = [
        finding
        for one in mine.mailboxes
        for other in theirs.mailboxes
        if (finding := _mailbox(one, other, names, rarity))
    ]
    if not found and _has_address(mine) and _has_address(theirs):
        return Finding(kind="mailbox", code="addresses_differ", bits=_OTHER_ADDRESS, label=_ADDRESSES_DIFFER)
    return max(found, key=lambda finding: abs(finding.bits), default=None)


def _has_address(profile: Profile) -> bool:
    return any(box.domain != "@" for box in profile.mailboxes)


def _mailbox(one: Mailbox, other: Mailbox, names: _Names, rarity: Rarity) -> Finding | None:
    params = {"one": _shown(one), "other": _shown(other)}
    if one == other:
        weight = _ROLE_MAILBOX if one.is_role else _MAILBOX
        return Finding(kind="mailbox", code="same_mailbox", bits=weight, label=_SAME_MAILBOX, params=params)
    if one.is_role or other.is_role:
        return None
    ours, theirs = bare(one.local), bare(other.local)
    if ours == theirs and len(ours) >= 4:
        if one.domain == other.domain and one.domain != "@":
            # They differ in dots alone: seldom two mailboxes, unless the name makes both likely.
            weight = min(_surprise(ours, names, rarity) + _BUT_DOTS, _MAILBOX / 2)
        elif (
            _is_domain_typo(one.domain, other.domain)
            and not _both_used(one.domain, other.domain, rarity)
            and not (names.of_two_firms and one.at_work and other.at_work)
        ):
            return Finding(
                kind="mailbox", code="email_typo", bits=_DOMAIN_TYPO, label=_EMAIL_TYPO, params=params
            )
        else:
            weight = _surprise(ours, names, rarity)
        return Finding(kind="mailbox", code="same_local_part", bits=weight, label=_SAME_LOCAL, params=params)
    if one.domain == other.domain or _is_domain_typo(one.domain, other.domain):
        typo = _local_typo(ours, theirs, names, params, rarity)
        if typo is None and one.domain == other.domain and one.at_work:
            # A company gives each of its people one address.
            return Finding(
                kind="mailbox", code="two_at_work", bits=_OTHER_AT_WORK, label=_TWO_AT_WORK, params=params
            )
        return typo
    return None


def _local_typo(
    ours: str, theirs: str, names: _Names, params: dict[str, str], rarity: Rarity
) -> Finding | None:
    """Return what a slip in the local part says: nothing in digits, little where it is the name."""
    if min(len(ours), len(theirs)) < 6 or OSA.distance(ours, theirs, score_cutoff=1) > 1:
        return None
    if re.sub(r"\D", "", ours) != re.sub(r"\D", "", theirs):
        return None
    if ours[1:] == theirs or theirs[1:] == ours:
        return None  # jsmith is no slip for smith
    weight = max(3.0, min(_surprise(ours, names, rarity), _surprise(theirs, names, rarity)) - 2)
    return Finding(kind="mailbox", code="email_typo", bits=weight, label=_EMAIL_TYPO, params=params)


def _surprise(local: str, names: _Names, rarity: Rarity) -> float:
    """Return how much it says that two addresses begin with ``local``: what the names do not explain of it."""
    rest = local
    for name in names.parts:
        rest = rest.replace(name, "", 1)
    letters = re.sub(r"\d", "", rest)
    digits = len(rest) - len(letters)
    if len(letters) > 2 and _is_of_names(re.sub(r"\d", "", local), names):
        letters = ""
    weight = _LOCAL_OF_NAME
    if len(letters) > 2:
        weight += 3.0 * (len(letters) - 2)
    weight += _BITS_OF_YEAR if _YEAR.search(rest) else min(digits, 4) * _BITS_PER_LOCAL_DIGIT
    most = min(_LOCAL_MOST, bits(rarity.total / (rarity.others_with_local(local) + 1)) + 2)
    return max(min(weight, most), 0.0)


def _is_of_names(letters: str, names: _Names) -> bool:
    """Tell whether somebody of these names would write themselves so: ``jdvorak``, in any transliteration."""
    wanted = spelling(letters)
    for one in names.parts:
        for other in names.parts:
            for made in (one + other, one[:1] + other, one + other[:1]):
                if fuzz.ratio(wanted, spelling(made)) >= 80:
                    return True
    return False


def _name_parts(mine: Profile, theirs: Profile) -> tuple[str, ...]:
    parts = {word for profile in (mine, theirs) for text in profile.shown[:2] for word in words_in(text)}
    parts |= {
        name for profile in (mine, theirs) for name in (profile.name.given, *profile.name.family) if name
    }
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))


def _is_domain_typo(one: str, other: str) -> bool:
    """Tell whether one domain is the other with a slip: gmial.com, gmail.con. Two that exist are none."""
    if one == other or "@" in (one, other) or (is_public(one) and is_public(other)):
        return False
    if min(len(one), len(other)) < 5:
        return False
    return OSA.distance(one, other, score_cutoff=2) <= (1 if min(len(one), len(other)) < 8 else 2)


def _both_used(one: str, other: str, rarity: Rarity) -> bool:
    """Tell whether others have addresses at both domains, too: then both exist."""
    return min(rarity.with_firm(one), rarity.with_firm(other)) > 1


def _shown(box: Mailbox) -> str:
    return f"@{box.local}" if box.domain == "@" else f"{box.local}@{box.domain}"


def _phones(mine: Profile, theirs: Profile, rarity: Rarity) -> Finding | None:
    found = [
        finding for one in mine.phones for other in theirs.phones if (finding := _phone(one, other, rarity))
    ]
    if not found and mine.phones and theirs.phones:
        return Finding(kind="phone", code="phones_differ", bits=_OTHER_PHONE, label=_PHONES_DIFFER)
    return max(found, key=lambda finding: finding.bits, default=None)


def _phone(one: str, other: str, rarity: Rarity) -> Finding | None:
    same = 0
    while same < min(len(one), len(other)) and one[-1 - same] == other[-1 - same]:
        same += 1
    if same >= TAIL:
        weight = min(same * _BITS_PER_DIGIT, 27.0)
        # What differs before the common end are prefixes: a country code, a trunk zero. Long ones are other places.
        if len(one) - same > 2 and len(other) - same > 2:
            weight -= 6
        others = rarity.others_with_tail(one)
        if others:
            weight = min(weight, bits(rarity.total / (others + 1)))
        tail = f"{one[-4:-2]}-{one[-2:]}"
        return Finding(kind="phone", code="phone_tail", bits=weight, label=_PHONE, params={"tail": tail})
    if len(one) == len(other) >= 10 and one[:-1] == other[:-1]:
        params = {"one": f"+{one}", "other": f"+{other}"}
        return Finding(
            kind="phone", code="neighbouring_phones", bits=_NEXT_PHONE, label=_NEIGHBOURS, params=params
        )
    if (
        min(len(one), len(other)) >= 10
        and OSA.distance(one, other, score_cutoff=1) <= 1
        and one[-1] == other[-1]
    ):
        params = {"one": f"+{one}", "other": f"+{other}"}
        return Finding(kind="phone", code="phone_typo", bits=6.0, label=_PHONE_TYPO, params=params)
    return None


def _firms(mine: Profile, theirs: Profile, rarity: Rarity) -> Finding | None:
    shown = {"one": mine.shown[2], "other": theirs.shown[2]}
    best: Finding | None = None
    if mine.firm and theirs.firm:
        if mine.firm == theirs.firm:
            best = _firm("same_company", _FIRM, rarity.firm(mine.firm), 0.8, shown)
        elif fuzz.token_sort_ratio(mine.firm, theirs.firm) >= 88 and len(mine.firm) > 4:
            share = max(rarity.firm(mine.firm), rarity.firm(theirs.firm))
            # Many companies have names like others'.
            best = _firm("similar_company", _FIRM_ALIKE, share, 0.04, shown)
    for domain in set(mine.domains) & set(theirs.domains):
        finding = _firm("same_domain", _DOMAIN, rarity.firm(domain), 0.8, {"one": domain})
        best = finding if best is None or finding.bits > best.bits else best
    if best is None and mine.firm and theirs.firm:
        return Finding(
            kind="company", code="companies_differ", bits=_OTHER_FIRM, label=_FIRMS_DIFFER, params=shown
        )
    return best


def _firm(code: str, label: Label, share: float, likely: float, params: dict[str, str]) -> Finding:
    weight = max(min(bits(likely / share), _FIRM_MOST), 0.0)
    return Finding(kind="company", code=code, bits=weight, label=label, params=params)
