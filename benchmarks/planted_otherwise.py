"""A second set of people and of duplicates, made independently of :mod:`benchmarks.planted`.

Names, companies and user names are Faker's (``pip install faker``), American and Russian; slips are those of
keyboards; short forms are a list of its own. A planted copy is what somebody would enter who has the person before
him once more. It keeps one strong sign (the same number written so that no rule makes it the same, or a plus part),
or, every third copy, only a weak one beside the name: the company, or an address that begins as the first does; and
it may bring another number or address with it. Around them stand families, namesakes and large companies.
"""

from collections.abc import Callable, Iterator
from random import Random

from faker import Faker

from benchmarks.planted import Document, Planted, keep_own, shuffled
from crmcore.contacts.points import PointRules

_SHORT_FORMS = """
Александр Саша Шура Саня; Александра Саша Шура; Алексей Лёша Алёша; Анастасия Настя; Андрей Андрюша; Анна Аня;
Борис Боря; Вадим Вадик; Валентина Валя; Валерий Валера; Валерия Лера; Василий Вася; Вера Верочка; Виктор Витя;
Виктория Вика; Виталий Виталик; Владимир Вова Володя; Владислав Влад; Вячеслав Слава; Галина Галя; Геннадий Гена;
Георгий Гоша Жора; Григорий Гриша; Дарья Даша; Дмитрий Дима Митя; Евгений Женя; Евгения Женя; Екатерина Катя;
Елена Лена; Елизавета Лиза; Зинаида Зина; Иван Ваня; Игорь Гарик; Илья Илюша; Ирина Ира; Кирилл Кирюша;
Константин Костя; Ксения Ксюша; Лариса Лара; Леонид Лёня; Лидия Лида; Любовь Люба; Людмила Люда Люся; Максим Макс;
Маргарита Рита; Мария Маша Маня; Михаил Миша; Надежда Надя; Наталья Наташа; Николай Коля; Ольга Оля; Павел Паша;
Пётр Петя; Полина Поля; Раиса Рая; Роман Рома; Светлана Света; Семён Сёма; Сергей Серёжа Серый; Софья Соня;
Станислав Стас; Степан Стёпа; Таисия Тая; Тамара Тома; Татьяна Таня; Тимофей Тима; Ульяна Уля; Фёдор Федя; Юлия Юля;
Юрий Юра; Яков Яша; Ярослав Ярик; Антонина Тоня; Варвара Варя; Анатолий Толя; Аркадий Аркаша; Денис Дэн;
Захар Захарка;
William Bill Will Billy; Robert Bob Rob; Elizabeth Liz Beth Betsy; Margaret Peggy Maggie Meg; John Jack Johnny;
Richard Dick Rick Rich; Theodore Ted; Charles Chuck Charlie; James Jim Jimmy; Edward Ed Ned Ted; Catherine Cathy Kate;
Katherine Kate Kathy; Patricia Pat Patty Trish; Jennifer Jen Jenny; Michael Mike Mick; Matthew Matt; Thomas Tom;
Daniel Dan Danny; Joseph Joe; Christopher Chris Kit; Anthony Tony; Steven Steve; Stephen Steve; Andrew Andy Drew;
Joshua Josh; Kenneth Ken; Timothy Tim; Jeffrey Jeff; Nicholas Nick; Gregory Greg; Samuel Sam; Benjamin Ben;
Alexander Alex Sandy; Jonathan Jon; Raymond Ray; Lawrence Larry; Gerald Jerry; Douglas Doug; Henry Hank Harry;
Peter Pete; Zachary Zach; Walter Walt; Harold Hal Harry; Ronald Ron; Donald Don; Susan Sue Susie; Deborah Debbie;
Rebecca Becky; Barbara Barb; Cynthia Cindy; Kimberly Kim; Pamela Pam; Victoria Vicky Tori; Abigail Abby; Jessica Jess;
Samantha Sam; Dorothy Dot Dolly; Amanda Mandy; Melissa Missy; Christina Tina Chris; Christine Chris; Theresa Terry;
Nancy Nan; Sandra Sandy; Philip Phil; Vincent Vince; Leonard Len Lenny; Eugene Gene; Albert Al Bert; Frederick Fred;
Judith Judy; Jacqueline Jackie; Virginia Ginny; Frances Fran; Natalie Nat; Madison Maddie; Bradley Brad; Randall Randy
"""
_SHORT = {
    words[0]: words[1:] for words in (line.split() for line in _SHORT_FORMS.replace("\n", " ").split(";"))
}
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
_LATIN = "a b v g d e yo zh z i y k l m n o p r s t u f h ts ch sh sch  y  e yu ya"
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        _LATIN.split(" "),
        strict=True,
    )
)
_OTHER_LETTERS = {**_LETTERS, "ё": "e", "х": "kh", "щ": "shch", "ц": "c", "й": "i", "ж": "j"}
_FREE = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "mail.ru",
    "yandex.ru",
    "bk.ru",
)
_COUNTRY_CODES = {"+1": "", "+7": "8"}


def make_planted_otherwise(size: int, planted: int, seed: int = 1, country: str = "US") -> Planted:
    """Return ``size`` contacts among which ``planted`` are duplicates of others."""
    random = Random(seed)
    people = list(_people(size - planted, random))
    rules, taken = PointRules(country), set[tuple[str, str]]()
    for person in people:
        keep_own(person, taken, rules)
    documents, pairs = list(people), dict[tuple[int, int], str]()
    kinds = list(KINDS.items())
    for original in random.sample(range(len(people)), len(people)):
        if len(pairs) == planted:
            break
        name, change = kinds[len(pairs) % len(kinds)]
        weak = random.random() < 0.33
        copy = _entered_again(people[original], random, weak=weak)
        if copy is None or not change(copy, random):
            continue
        _bring_more(copy, random)
        points = copy["emails"] + copy["phones"]
        keep_own(copy, taken, rules)
        if points != copy["emails"] + copy["phones"]:
            continue  # the same by the rules of points: refused at once, nobody's duplicate
        pairs[original, len(documents)] = f"{name}, weak" if weak else name
        documents.append(copy)
    return shuffled(documents, pairs, random)


def _people(size: int, random: Random) -> Iterator[Document]:
    english, russian = Faker("en_US"), Faker("ru_RU")
    for fake in (english, russian):
        fake.seed_instance(random.randrange(2**32))
    firms = [_firm(english if random.random() < 0.5 else russian, random) for _ in range(max(size // 15, 10))]
    person: Document = {}
    for _ in range(size):
        if person and random.random() < 0.03:
            person = _relative(person, russian if person["last_name"][0] > "z" else english, random)
            if person:
                yield person
                continue
        if random.random() < 0.5:
            person = _russian(russian, random)
            code, plain = "+7", _latin(person["last_name"], _LETTERS)
        else:
            first = english.first_name()
            person = {"first_name": first, "last_name": english.last_name()}
            code, plain = "+1", person["last_name"].lower()
        firm, domain = firms[int(len(firms) * random.random() ** 3)] if random.random() < 0.7 else ("", "")
        person |= {"company": firm, "job_title": english.job()[:60] if firm and random.random() < 0.5 else ""}
        person["emails"] = [_address(person["first_name"], plain, domain, english, random)]
        number = f"{random.randint(201, 989)}{random.randint(200, 999)}{random.randint(0, 9999):04d}"
        person["phones"] = [f"{code}{number}"] if random.random() < 0.8 else []
        if random.random() < 0.12:
            person["emails"] = []
        yield person


def _relative(person: Document, fake: Faker, random: Random) -> Document:
    """Return a husband, a sister or a twin at the same company, with the next number; nobody of the same name."""
    she = person["last_name"].endswith("а")
    first = fake.first_name_female() if she else fake.first_name_male()
    if first == person["first_name"].split()[0]:
        return {}
    phones = [phone[:-1] + str((int(phone[-1]) + random.randint(1, 9)) % 10) for phone in person["phones"]]
    domain = person["emails"][0].partition("@")[2] if person["emails"] else "mail.ru"
    dot = "" if domain == "gmail.com" else "."
    address = f"{_latin(first, _LETTERS)}{dot}{_latin(person['last_name'], _LETTERS)}@{domain}"
    return {**person, "first_name": first, "emails": [address], "phones": phones, "job_title": ""}


def _russian(fake: Faker, random: Random) -> Document:
    she = random.random() < 0.5
    first, last = (
        (fake.first_name_female(), fake.last_name_female())
        if she
        else (fake.first_name_male(), fake.last_name_male())
    )
    if random.random() < 0.3:
        first += f" {fake.middle_name_female() if she else fake.middle_name_male()}"
    return {"first_name": first, "last_name": last}


def _firm(fake: Faker, random: Random) -> tuple[str, str]:
    return fake.company(), fake.unique.domain_name() if random.random() < 0.8 else ""


def _address(first: str, last: str, domain: str, fake: Faker, random: Random) -> str:
    first = _latin(first.split()[0], _LETTERS)
    if domain and random.random() < 0.6:
        return f"{random.choice((first[0] + '.' + last, first + '.' + last, last))}@{domain}"
    local = random.choice(
        (
            f"{first}{last}",
            f"{last}.{first}",
            f"{last}{random.randint(1960, 2009)}",
            fake.user_name(),
            f"{fake.word()}{fake.word()}{random.randint(1, 99)}",
        )
    )
    # With Gmail a dot makes no other mailbox: two people never have addresses that differ in it alone.
    free = random.choice(_FREE if "." not in local else _FREE[1:])
    return f"{local}@{free}"


def _latin(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(sign, sign) for sign in text.lower())


def _entered_again(person: Document, random: Random, *, weak: bool) -> Document | None:
    """Return a copy with one strong sign, or with the company alone; None when the person has none to keep."""
    copy = {**person, "emails": [], "phones": []}
    if weak:
        local = person["emails"][0].partition("@")[0] if person["emails"] else ""
        if sum(sign.isdigit() for sign in local) >= 2 and random.random() < 0.4:
            other = random.choice([domain for domain in _FREE if not person["emails"][0].endswith(domain)])
            return {**copy, "emails": [f"{local}@{other}"], "company": "", "job_title": ""}
        return copy if person["company"] else None
    signs = []
    if person["phones"]:
        signs.append("phone")
    if person["emails"]:
        signs.append("mail")
    if not signs:
        return None
    if random.choice(signs) == "phone":
        copy["phones"] = [_written_otherwise(person["phones"][0], random)]
    else:
        local, _, domain = person["emails"][0].partition("@")
        copy["emails"] = [f"{local}+{random.choice(('work', 'info', 'a', 'spam', '2024'))}@{domain}"]
    if random.random() < 0.5:
        copy["company"] = ""
    if random.random() < 0.5:
        copy["job_title"] = ""
    return copy


def _bring_more(copy: Document, random: Random) -> None:
    """Give the copy what the first has not: a new number, or the address it uses at home."""
    if not copy["phones"] and random.random() < 0.15:
        copy["phones"] = [f"+7{random.randint(9_000_000_000, 9_999_999_999)}"]
    if not copy["emails"] and random.random() < 0.15:
        copy["emails"] = [
            f"{_latin(copy['last_name'] or 'me', _LETTERS).split()[0]}{random.randint(1, 9999)}@gmail.com"
        ]


def _written_otherwise(phone: str, random: Random) -> str:
    code, national = phone[:2], phone[2:]
    area, middle, end = national[:3], national[3:6], national[6:]
    if code == "+7":
        return random.choice(
            (
                f"8({area}){middle}{end[:2]}{end[2:]}",
                f"8-{area}-{middle}-{end[:2]}-{end[2:]}",
                f"{area} {middle} {end}",
            )
        )
    return random.choice(
        (
            f"0{area}.{middle}.{end}",
            f"+44 1 {area} {middle} {end}",
            f"{middle}-{end}",
            f"00 {area} {middle} {end}",
        )
    )


def _key_beside(letter: str, random: Random) -> str:
    for row in _ROWS:
        place = row.find(letter.lower())
        if place >= 0:
            return random.choice(row[max(place - 1, 0) : place] + row[place + 1 : place + 2])
    return letter


def _slipped(word: str, random: Random) -> str:
    """Return ``word`` with a slip anywhere: a neighbouring key, a key hit twice, missed, or one too many."""
    place = random.randrange(len(word))
    sign, kind = word[place], random.randrange(5)
    if kind == 0:
        new = word[:place] + _key_beside(sign, random) + word[place + 1 :]
    elif kind == 1:
        new = word[:place] + sign + word[place:]
    elif kind == 2:
        new = word[:place] + word[place + 1 :]
    elif kind == 3:
        new = word[: place + 1] + _key_beside(sign, random) + word[place + 1 :]
    else:
        new = word[:place] + word[place + 1 : place + 2] + sign + word[place + 2 :]
    return new.capitalize()


def _typo(copy: Document, random: Random) -> bool:
    field = random.choice(("first_name", "last_name"))
    first, space, rest = copy[field].partition(" ")
    if len(first) < 4:
        return False
    slipped = _slipped(first, random)
    if random.random() < 0.15 and len(first) > 6:
        slipped = _slipped(slipped, random)
    copy[field] = slipped + space + rest
    return slipped != first


def _swapped(copy: Document, random: Random) -> bool:
    copy["first_name"], copy["last_name"] = copy["last_name"], copy["first_name"]
    return True


def _alphabet(copy: Document, random: Random) -> bool:
    if copy["first_name"].isascii():
        return False
    table = random.choice((_LETTERS, _OTHER_LETTERS))
    copy["first_name"] = _latin(copy["first_name"].split()[0], table).capitalize()
    copy["last_name"] = _latin(copy["last_name"], table).capitalize()
    return True


def _nickname(copy: Document, random: Random) -> bool:
    forms = _SHORT.get(copy["first_name"].split()[0])
    if forms:
        copy["first_name"] = random.choice(forms)
    return bool(forms)


def _nickname_in_latin(copy: Document, random: Random) -> bool:
    return not copy["first_name"].isascii() and _nickname(copy, random) and _alphabet(copy, random)


def _initial(copy: Document, random: Random) -> bool:
    copy["first_name"] = f"{copy['first_name'][0]}."
    return True


def _whole(copy: Document, random: Random) -> bool:
    names = [copy["first_name"], copy["last_name"]]
    random.shuffle(names)
    copy["first_name"], copy["last_name"] = " ".join(names), ""
    return True


def _as_it_was(copy: Document, random: Random) -> bool:
    """Only the points are written otherwise; capital letters, perhaps."""
    for field in ("first_name", "last_name"):
        copy[field] = random.choice((str.upper, str.lower, str))(copy[field])
    return True


KINDS: dict[str, Callable[[Document, Random], bool]] = {
    "typo": _typo,
    "swapped names": _swapped,
    "other alphabet": _alphabet,
    "nickname": _nickname,
    "nickname in Latin letters": _nickname_in_latin,
    "initial": _initial,
    "whole name in one field": _whole,
    "same name": _as_it_was,
}
