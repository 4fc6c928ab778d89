"""People who do not exist, and duplicates of some of them as they come about in practice.

The names are put together here, from parts that the matching knows nothing of, and spread as real names are: a few
are frequent, most are rare. Around the duplicates stand those who only look like some: namesakes, families with one
surname and one company, colleagues with neighbouring numbers, Ivanov beside Ivanova.
"""

import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from msgspec import Struct

from crmcore.contacts.points import PointRules
from crmcore.contracts.problems import InvalidValue

Document = dict[str, Any]
T = TypeVar("T")

_NAMES: dict[str, list[str]] = {
    kind: names.split()
    for kind, names in tomllib.loads(
        Path(__file__).with_name("planted_names.toml").read_text(encoding="utf-8")
    ).items()
}
_RU_ENDS = ("ов", "ев", "ин", "ёв", "енков", "ских", "енко", "ский")
_JOBS = ("Engineer", "Buyer", "Accountant", "Director", "Инженер", "Бухгалтер", "Закупки", *[""] * 5)
_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya"
_SIMPLE = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        _LATIN.split(" "),
        strict=True,
    )
)
_PASSPORT = {**_SIMPLE, "й": "i", "ъ": "ie", "ю": "iu", "я": "ia"}
_SCIENCE = {
    **_SIMPLE,
    "ж": "zh",
    "й": "j",
    "х": "h",
    "ц": "c",
    "щ": "shh",
    "ы": "y",
    "ю": "ju",
    "я": "ja",
    "ё": "jo",
}
_FRIENDLY = {**_SIMPLE, "ё": "yo", "х": "h", "щ": "sch", "ь": "'"}
_SHORT = dict(pair.split("=") for pair in _NAMES["short_forms"])


class Planted(Struct, frozen=True):
    """All contacts as documents, and pairs of indexes of those that are one person, with how they differ."""

    documents: list[Document]
    pairs: dict[tuple[int, int], str]


def make_planted(size: int, planted: int, seed: int = 1, country: str = "US") -> Planted:
    """Return ``size`` contacts among which ``planted`` are duplicates of others."""
    random = Random(seed)
    made = list(_people(size - planted, random))
    taken: set[tuple[str, str]] = set()
    rules = PointRules(country)
    for document in made:
        keep_own(document, taken, rules)
    kinds = list(KINDS.items())
    pairs: dict[tuple[int, int], str] = {}
    chosen = random.sample(range(len(made)), min(len(made), planted * 12))
    documents = list(made)
    for original in chosen:
        if len(pairs) == planted:
            break
        kind, change = kinds[len(pairs) % len(kinds)]
        other = change(made[original], random)
        if other is None:
            continue
        before = {name: list(other.get(name, ())) for name in ("emails", "phones")}
        keep_own(other, taken, rules)
        if kind in _POINTS and before["emails"] + before["phones"] != other["emails"] + other["phones"]:
            continue  # the point that was to tell is refused as the same: no contact can be made so
        if not (other["company"] or other["emails"] or other["phones"]):
            continue  # a name alone is nobody's duplicate
        pairs[original, len(documents)] = kind
        documents.append(other)
    return shuffled(documents, pairs, random)


def shuffled(documents: list[Document], pairs: dict[tuple[int, int], str], random: Random) -> Planted:
    order = list(range(len(documents)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    return Planted(
        [documents[old] for old in order],
        {(min(place[a], place[b]), max(place[a], place[b])): kind for (a, b), kind in pairs.items()},
    )


def keep_own(document: Document, taken: set[tuple[str, str]], rules: PointRules) -> None:
    """Leave out points that somebody has: no two contacts can have the same."""
    for name, kind in (("emails", "email"), ("phones", "phone")):
        own = []
        for value in document.get(name, ()):
            try:
                point = rules.point(kind, value)
            except InvalidValue:
                continue
            if (kind, point.normalized) not in taken:
                taken.add((kind, point.normalized))
                own.append(value)
        document[name] = own


def _people(size: int, random: Random) -> Iterator[Document]:
    firms = [_firm(random) for _ in range(max(size // 12, 8))]
    made = 0
    while made < size:
        document = _person(random, firms)
        yield document
        made += 1
        if random.random() < 0.03:
            for relative in _relatives(document, random):
                if made < size:
                    yield relative
                    made += 1


def _frequent(random: Random, items: Sequence[T]) -> T:
    """Return one of ``items``, the first of them far oftener than the last."""
    return items[int(len(items) * random.random() ** 2)]


def _person(random: Random, firms: Sequence[tuple[str, str]]) -> Document:
    if random.random() < 0.45:
        she = random.random() < 0.5
        first = _frequent(random, _NAMES["russian_she"] if she else _NAMES["russian_he"])
        last = _russian_surname(random, she)
        document: Document = {"first_name": first, "last_name": last}
        if random.random() < 0.25:
            father = random.choice(("Иван", "Петр", "Олег", "Павел", "Роман", "Семен", "Борис", "Степан"))
            document["first_name"] += f" {father}{'овна' if she else 'ович'}"
        plain = _latin(f"{first}.{last}", _SIMPLE)
        country = "7"
    else:
        first = _frequent(random, _NAMES["english_first"])
        last = _english_surname(random)
        middle = f" {random.choice('ABCDEGHJKLMRST')}." if random.random() < 0.1 else ""
        document = {"first_name": first + middle, "last_name": last}
        plain = _ascii(f"{first}.{last}".lower())
        country = random.choice(("1", "1", "44", "49"))
    firm, domain = _frequent(random, firms) if random.random() < 0.6 else ("", "")
    document["company"] = firm
    document["job_title"] = random.choice(_JOBS) if firm else ""
    document["emails"] = [_address(random, plain, domain)] if random.random() < 0.85 else []
    number = f"{random.randint(200, 989)}{random.randint(0, 9_999_999):07d}"
    document["phones"] = [f"+{country}{number}"] if random.random() < 0.7 else []
    return document


def _relatives(document: Document, random: Random) -> Iterator[Document]:
    """Yield a spouse or a twin: same surname, perhaps the same company, an address at the same domain."""
    russian = document["first_name"][0] > "z"
    taken = {document["first_name"].split()[0]}
    for _ in range(random.randint(1, 2)):
        kind = "english_first"
        if russian:
            kind = "russian_she" if document["last_name"].endswith("а") else "russian_he"
        first = random.choice(_NAMES[kind])
        if first in taken:
            continue
        taken.add(first)
        relative = {**document, "first_name": first, "emails": [], "phones": []}
        if document["emails"]:
            domain = document["emails"][0].partition("@")[2]
            relative["emails"] = [f"{_latin(first, _SIMPLE)}{random.randint(1, 999)}@{domain}"]
        if document["phones"]:
            last_digit = (int(document["phones"][0][-1]) + random.randint(1, 8)) % 10
            relative["phones"] = [document["phones"][0][:-1] + str(last_digit)]
        yield relative


def _russian_surname(random: Random, she: bool) -> str:
    if random.random() < 0.25:
        last = _frequent(random, _NAMES["russian_last"])
    else:
        last = random.choice(_NAMES["russian_roots"]) + random.choice(_RU_ENDS)
    if not she or last.endswith(("ских", "енко")):
        return last
    return f"{last[:-2]}ая" if last.endswith("ский") else f"{last}а"


def _english_surname(random: Random) -> str:
    chance = random.random()
    if chance < 0.35:
        return str(_frequent(random, _NAMES["english_last"]))
    if chance < 0.38:
        return random.choice(_NAMES["latin_marks"])
    return random.choice(_NAMES["english_beginnings"]) + random.choice(_NAMES["english_ends"])


def _firm(random: Random) -> tuple[str, str]:
    if random.random() < 0.4:
        parts = (_NAMES["russian_firm_beginnings"], _NAMES["russian_firm_ends"], ("", "", "-Плюс", "-М"))
        name = "".join(map(random.choice, parts))
        return f"{random.choice(('ООО', 'АО', 'ИП'))} «{name}»", f"{_latin(name, _SIMPLE)}.ru"
    beginning, end, trade = (
        random.choice(_NAMES[f"firm_{part}"]) for part in ("beginnings", "ends", "trades")
    )
    name = f"{beginning}{end} {trade}"
    return f"{name} {random.choice(('Inc.', 'LLC', 'Ltd', 'GmbH'))}", f"{name.lower().replace(' ', '')}.com"


def _address(random: Random, plain: str, domain: str) -> str:
    first, _, last = plain.partition(".")
    local = random.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{last}{random.randint(50, 99)}",
            f"{first}{random.randint(1, 9999)}",
        )
    )
    if domain and random.random() < 0.6:
        return f"{first}.{last}@{domain}" if random.random() < 0.5 else f"{first[0]}{last}@{domain}"
    domain = _frequent(random, _NAMES["mail"])
    return f"{local.replace('.', '') if domain == 'gmail.com' else local}@{domain}"


def _latin(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(sign, sign) for sign in text.lower())


def _ascii(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("ß", "ss").replace("ø", "o"))
    return "".join(sign for sign in apart if sign.isascii())


# --- What happens to a contact that is entered twice ------------------------------------------------------------


def _again(document: Document, random: Random, *, need: int = 1) -> Document | None:
    """Return a copy that still shares ``need`` things beside the name with the first: company, a private address."""
    copy = {**document, "emails": [], "phones": []}
    shared = 0
    if document["company"]:
        shared += 1
        copy["job_title"] = random.choice((document["job_title"], ""))
    for local, domain in (address.split("@") for address in document["emails"]):
        if any(sign.isdigit() for sign in local):
            shared += 1
            others = [mail for mail in _NAMES["mail"] if mail != domain]
            copy["emails"] = [f"{local}@{random.choice(others)}"]
    if document["phones"] and random.random() < 0.5:
        copy["phones"] = [_other_format(document["phones"][0], random)]
        shared += 1
    return copy if shared >= need else None


def _slip(word: str, random: Random) -> str:
    """Return ``word`` with one slip after its first letter: two transposed, one missing, doubled or wrong."""
    if len(word) < 4:
        return word
    place = random.randint(1, len(word) - 2)
    chance = random.randrange(4)
    if chance == 0 and word[place] != word[place + 1]:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if chance == 1:
        return word[:place] + word[place + 1 :]
    if chance == 2:
        return word[:place] + word[place] + word[place:]
    letters = "оаеинтсрвл" if word[0] > "z" else "eaoinstrlm"
    return word[:place] + random.choice([sign for sign in letters if sign != word[place]]) + word[place + 1 :]


def _typo(document: Document, random: Random) -> Document | None:
    copy = _again(document, random)
    if copy is None:
        return None
    name = random.choice(("first_name", "last_name", "last_name"))
    first, space, rest = copy[name].partition(" ")
    copy[name] = _slip(first, random) + space + rest
    return copy if copy[name] != document[name] else None


def _swapped(document: Document, random: Random) -> Document | None:
    copy = _again(document, random)
    if copy:
        copy["first_name"], copy["last_name"] = document["last_name"], document["first_name"].split()[0]
    return copy


def _other_alphabet(document: Document, random: Random) -> Document | None:
    if document["first_name"][0] <= "z":
        return None
    copy = _again(document, random)
    if copy:
        table = random.choice((_SIMPLE, _PASSPORT, _SCIENCE, _FRIENDLY))
        copy["first_name"] = _latin(document["first_name"].split()[0], table).title()
        copy["last_name"] = _latin(document["last_name"], table).capitalize()
    return copy


def _other_format(phone: str, random: Random) -> str:
    """Return the number without its country code, with a trunk prefix, or bare: other digits, the same end."""
    code = next(code for code in ("44", "49", "7", "1") if phone[1:].startswith(code))
    national = phone[1 + len(code) :]
    grouped = f"{national[:3]} {national[3:6]}-{national[6:8]}-{national[8:]}"
    return random.choice(
        (
            f"8 ({grouped[:3]}){grouped[3:]}",
            f"0{grouped}",
            grouped,
            f"+{code} (0) {grouped} ext. 5",
            f"+{code}{national}",
        )
    )


def _phone_format(document: Document, random: Random) -> Document | None:
    if not document["phones"]:
        return None
    return {**document, "emails": [], "phones": [_other_format(document["phones"][0], random)], "company": ""}


def _plus_address(document: Document, random: Random) -> Document | None:
    if not document["emails"]:
        return None
    local, _, domain = document["emails"][0].partition("@")
    address = f"{local}+{random.choice(('news', 'shop', 'crm', '2'))}@{domain}"
    if domain == "gmail.com" and random.random() < 0.5:
        address = f"{local[0]}.{local[1:].replace('.', '')}@googlemail.com"
    first = random.choice((document["first_name"], ""))
    return {**document, "first_name": first, "emails": [address], "phones": [], "company": ""}


def _nickname(document: Document, random: Random) -> Document | None:
    short = _SHORT.get(document["first_name"].split()[0])
    copy = _again(document, random) if short else None
    if copy:
        copy["first_name"] = short
    return copy


def _initial(document: Document, random: Random) -> Document | None:
    copy = _again(document, random, need=2)
    if copy:
        copy["first_name"] = f"{document['first_name'][0]}."
    return copy


def _one_field(document: Document, random: Random) -> Document | None:
    copy = _again(document, random)
    if copy:
        copy["last_name"] = f"{document['last_name']}, {document['first_name'].split()[0]}"
        copy["first_name"] = ""
    return copy


def _without_marks(document: Document, random: Random) -> Document | None:
    whole = document["first_name"] + document["last_name"]
    changed = str.maketrans("ёüößèçñøřóŞ", "еuosecnoroS")
    if whole == whole.translate(changed):
        return None
    copy = _again(document, random)
    if copy:
        copy |= {name: document[name].translate(changed) for name in ("first_name", "last_name")}
    return copy


def _married(document: Document, random: Random) -> Document | None:
    address = next(
        (address for address in document["emails"] if any(sign.isdigit() for sign in address)), None
    )
    if address is None:
        return None
    local, _, domain = address.partition("@")
    last = _russian_surname(random, True) if document["first_name"][0] > "z" else _english_surname(random)
    return {**document, "last_name": last, "emails": [f"{local}+home@{domain}"], "phones": []}


def _domain_typo(document: Document, random: Random) -> Document | None:
    if not document["emails"]:
        return None
    local, _, domain = document["emails"][0].partition("@")
    name, _, zone = domain.rpartition(".")
    if len(name) < 4:
        return None
    return {**document, "emails": [f"{local}@{_slip(name, random)}.{zone}"], "phones": [], "company": ""}


def _firm_written_otherwise(document: Document, random: Random) -> Document | None:
    if not document["company"]:
        return None
    name = document["company"]
    if "«" in name:
        bare = name.partition("«")[2].rstrip("»")
        name = random.choice((bare, f"{_latin(bare, _SIMPLE).title()} LLC", f"ОАО {bare}"))
    else:
        name = random.choice((name.rpartition(" ")[0], f"{name.rpartition(' ')[0].upper()}, L.L.C."))
    return {**document, "company": name, "emails": [], "phones": []}


KINDS: dict[str, Callable[[Document, Random], Document | None]] = {
    "typo": _typo,
    "swapped names": _swapped,
    "other alphabet": _other_alphabet,
    "phone in another form": _phone_format,
    "plus address": _plus_address,
    "nickname": _nickname,
    "initial": _initial,
    "whole name in one field": _one_field,
    "without marks": _without_marks,
    "another family name": _married,
    "typo in the mail domain": _domain_typo,
    "company written otherwise": _firm_written_otherwise,
}
_POINTS = {"phone in another form", "plus address", "another family name", "typo in the mail domain"}
