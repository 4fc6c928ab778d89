"""What is taken for one person, and what is not, in a base where names and companies are as frequent as anywhere."""

from typing import Any

import pytest

from crmcore.contacts.points import PointRules
from crmcore.duplicates.evidence import Rarity
from crmcore.duplicates.firms import firm_words
from crmcore.duplicates.keys import firm_key, keys_of, name_key, unreachable_key
from crmcore.duplicates.letters import spelling, words_in
from crmcore.duplicates.mailbox import mailbox_of
from crmcore.duplicates.person_name import person_name
from crmcore.duplicates.profile import Profile, profile_of
from crmcore.duplicates.score import SUGGESTED, Comparison, compare

RULES = PointRules("US")
# Of 100,000 contacts 300 have each of these first names, 80 each of these family names, 40 work at each company, and
# one in four cannot be reached.
FIRST = "john robert anna julia aleksandr maria ivan elizabet viliam mihail natalia maksim ekaterina".split()  # noqa: SIM905
LAST = "smit petrov petrova garcia miler solovev xerbakov ivanov ivanova".split()  # noqa: SIM905
COUNTS = (
    {name_key(spelling(name)): 300 for name in FIRST}
    | {name_key(name): 80 for name in LAST}
    | {firm_key(firm): 40 for firm in ("akme", "romaxka", "acme.com")}
    | {unreachable_key(): 25_000}
)


def profile(first: str, last: str = "", company: str = "", **points: str) -> Profile:
    return profile_of(
        first=first,
        last=last,
        company=company,
        points=[RULES.point(kind.rstrip("s"), value) for kind, value in points.items()],
    )


def compared(one: Profile, other: Profile) -> Comparison:
    return compare(one, other, Rarity(COUNTS, 100_000))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("John", "Smith", "Akme"), ("Jonh", "Smith", "Akme Inc.")),
        (("John", "Smith", "Akme"), ("John", "Smithh", "AKME, L.L.C.")),
        (("Anna", "Petrova", "Akme"), ("Petrova", "Anna", "Akme")),
        (("Robert", "Garcia", "Akme"), ("Bob", "García", "Akme")),
        (("", "Smith, John", "Akme"), ("John", "Smith", "Akme GmbH")),
        (("John R.", "Smith", "Akme"), ("John", "Smith", "Akme")),
        (("Dr. John", "Smith", "Akme"), ("John", "Smith", "Akme")),
        (("Юлия", "Соловьёва", "ООО «Ромашка»"), ("Iuliia", "Soloveva", "Romashka LLC")),
        (("Александр", "Щербаков", "Ромашка"), ("Саша", "Щербаков", "ООО Ромашка")),
        (("Максим", "Соловьёв", "Ромашка"), ("Maxim", "Solovyov", "Romashka")),
        (("Иванова Мария Петровна", "", "Ромашка"), ("Мария", "Иванова", "Ромашка")),
        (("Jürgen", "Müller", "Akme"), ("Juergen", "Mueller", "Akme")),
    ],
)
def test_one_person_entered_twice_is_recognised(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    mine, theirs = profile(*one), profile(*other)
    assert compared(mine, theirs).score >= SUGGESTED, compared(mine, theirs).reasons("en")
    assert compared(theirs, mine).score == compared(mine, theirs).score
    assert keys_of(mine)[0] & keys_of(theirs)[0], "they would never be compared"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "john.smith84@gmail.com"}, {"email": "johnsmith84+news@googlemail.com"}),
        ({"email": "j.smith@akme.example"}, {"email": "j.smith+crm@akme.example"}),
        ({"email": "jsmith77@gmail.com"}, {"email": "jsmith77@gmial.com"}),
        ({"phone": "+1 415 555 26 71"}, {"phone": "8 415 555-26-71"}),
        ({"phone": "+49 30 5550199 8"}, {"phone": "030 5550199 8"}),
        ({"email": "dragon_rider@yahoo.com"}, {"email": "dragonrider@mail.ru"}),
    ],
)
def test_points_that_differ_only_in_form_tell(one: dict[str, str], other: dict[str, str]) -> None:
    mine, theirs = profile("John", "Smith", **one), profile("John", "Smith", **other)
    assert compared(mine, theirs).score >= SUGGESTED, compared(mine, theirs).reasons("en")
    assert keys_of(mine)[0] & keys_of(theirs)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"first": "John", "last": "Smith"}, {"first": "John", "last": "Smith"}),
        (
            {"first": "John", "last": "Smith", "company": "Akme"},
            {"first": "John", "last": "Smith", "company": "Globex"},
        ),
        # A twin, a spouse, a family mailbox, a colleague with the next number, a father and his son.
        (
            {"first": "Anna", "last": "Petrova", "company": "Akme"},
            {"first": "Maria", "last": "Petrova", "company": "Akme"},
        ),
        (
            {"first": "Ivan", "last": "Petrov", "email": "petrov+ivan@gmail.com"},
            {"first": "Anna", "last": "Smith", "email": "petrov+anna@gmail.com"},
        ),
        (
            {"first": "John", "last": "Smith", "company": "Akme", "phone": "+14155552671"},
            {"first": "Robert", "last": "Smith", "company": "Akme", "phone": "+14155552672"},
        ),
        (
            {"first": "John", "last": "Smith Sr", "company": "Akme"},
            {"first": "John", "last": "Smith Jr", "company": "Akme"},
        ),
        (
            {"first": "Александр", "last": "Иванов", "company": "Ромашка"},
            {"first": "Александра", "last": "Иванова", "company": "Ромашка"},
        ),
        (
            {"first": "Иван Петрович", "last": "Иванов", "company": "Ромашка"},
            {"first": "Иван Сергеевич", "last": "Иванов", "company": "Ромашка"},
        ),
        (
            {"first": "", "last": "", "email": "info@akme.example"},
            {"first": "", "last": "", "email": "info@globex.example"},
        ),
        ({"first": "", "last": ""}, {"first": "", "last": ""}),
    ],
)
def test_two_people_who_have_much_in_common_are_not_suggested(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    comparison = compared(profile(**one), profile(**other))
    assert comparison.score < 80, comparison.reasons("en")


def test_the_reasons_are_sentences_in_both_languages() -> None:
    mine = profile("John", "Smith", "Akme", phone="+14155552671")
    theirs = profile("John", "Smoth", "Akme Inc.", phone="84155552671")
    comparison = compared(mine, theirs)
    english = [reason["text"] for reason in comparison.reasons("en")]
    assert "Same phone ending 26-71" in english
    assert "Name differs by a typo: Smith – Smoth" in english
    assert "Same company: Akme" in english
    assert "Имя отличается опечаткой: Smith – Smoth" in [r["text"] for r in comparison.reasons("ru")]


@pytest.mark.parametrize(
    "spellings",
    [
        "Юлия Yulia Iuliia Julia Yuliya",
        "Дмитрий Dmitry Dmitriy Dmitrii",
        "Щербаков Shcherbakov Scherbakov",
        "Соловьёв Solovyov Solovyev Soloviev Соловьев",
        "Ксения Kseniya Xenia Ksenia",
        "Евгений Evgeny Yevgeny Evgenii",
        "Müller Mueller Muller",
        "Şahin Sahin",
        "Чайковский Tchaikovsky Chaykovskiy Chaikovskii",
    ],
)
def test_names_have_one_spelling_in_any_alphabet(spellings: str) -> None:
    assert len({spelling(words_in(word)[0]) for word in spellings.split()}) == 1


def test_names_are_taken_apart_however_they_are_filled_in() -> None:
    wanted = person_name("John", "Smith")
    for first, last in (("", "Smith, John"), ("John Smith", ""), ("Mr John", "SMITH"), ("", "John Smith")):
        assert person_name(first, last) == wanted, (first, last)
    russian = person_name("Иван Ильич", "Петров")
    for first, last in (("", "Петров Иван Ильич"), ("Иван Ильич Петров", ""), ("Ivan", "Ильич Петров")):
        assert person_name(first, last) == russian, (first, last)


def test_companies_and_mailboxes_are_compared_without_their_form() -> None:
    assert firm_words("ООО «Ромашка»") == firm_words("Romashka LLC") == firm_words("ROMASHKA, L.L.C.")
    assert firm_words("The Limited") and firm_words("ООО")
    assert mailbox_of("a.n.na+x@googlemail.com") == mailbox_of("anna@gmail.com")
    assert mailbox_of("a.b@yandex.ru") == mailbox_of("a-b@ya.ru")
    assert mailbox_of("a.b@web.de") != mailbox_of("ab@web.de")
