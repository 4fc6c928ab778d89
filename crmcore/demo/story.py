"""What happens in the demo's thirty days: who asks what, when, and what becomes of it."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from io import StringIO
from random import Random
from typing import Literal

from msgspec import Struct

from crmcore.demo.people import Person, make_person

DAYS = 30
Fate = Literal["open", "mine", "waiting", "snoozed", "closed"]

# What has become of a conversation of the last days: up to which chance.
_MIDDLE: tuple[tuple[Fate, float], ...] = (
    ("closed", 0.35),
    ("waiting", 0.65),
    ("snoozed", 0.8),
    ("mine", 1.0),
)

_DATA = "crmcore.demo.data"


class Question(Struct, frozen=True, kw_only=True):
    """One delivery: who writes what, when. ``thread`` and ``key`` stay the same in every telling."""

    at: datetime
    key: str
    thread: str
    name: str
    text: str
    topic: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"
    fate: Fate | None = None


class Customer(Struct, frozen=True, kw_only=True):
    """A customer of the demo's shop, as the customers' file has them."""

    name: str
    email: str


def data_text(name: str) -> str:
    """Return the text of a file of the demo's data."""
    return files(_DATA).joinpath(name).read_text(encoding="utf-8")


@cache
def customers() -> tuple[Customer, ...]:
    """Return the customers of the file, in its order."""
    rows = csv.DictReader(StringIO(data_text("customers.csv")))
    return tuple(Customer(name=f"{row['FirstName']} {row['LastName']}", email=row["Email"]) for row in rows)


def tell(now: datetime, *, seed: int = 2026) -> list[Question]:
    """Return every question in the order of time, the last one minutes before ``now``.

    The same ``seed`` gives the same questions, senders, threads and keys; the times move with ``now``.
    """
    random = Random(seed)  # noqa: S311 - a story, not a secret
    threads = [*_english_threads(random), *_russian_threads(random)]
    random.shuffle(threads)
    questions: list[Question] = []
    for number, thread in enumerate(threads):
        # Evenly over the days, denser towards the end, as in a shop that grows.
        age = (1 - (number + random.random()) / len(threads)) ** 1.2
        at = now - timedelta(minutes=7) - timedelta(days=DAYS) * age
        fate = _fate(age, random)
        for position, question in enumerate(thread):
            if position:
                at = min(at + timedelta(minutes=random.randint(2, 240)), now - timedelta(minutes=3))
            last = position == len(thread) - 1
            questions.append(_placed(question, at, f"demo-{number:04d}", position, fate if last else None))
    return sorted(questions, key=lambda question: (question.at, question.key))


def _placed(question: Question, at: datetime, thread: str, position: int, fate: Fate | None) -> Question:
    return Question(
        at=at,
        key=f"{thread}-{position}",
        thread=thread,
        name=question.name,
        text=question.text,
        topic=question.topic,
        email=question.email,
        phone=question.phone,
        language=question.language,
        fate=fate,
    )


def _fate(age: float, random: Random) -> Fate:
    """Older conversations are mostly closed, the youngest wait for an answer."""
    chance = random.random()
    if age > 0.35:
        return "closed" if chance < 0.85 else "waiting"
    if age > 0.08:
        return (
            "closed"
            if chance < 0.35
            else "waiting"
            if chance < 0.65
            else "snoozed"
            if chance < 0.8
            else "mine"
        )
    return "open" if chance < 0.6 else "mine" if chance < 0.9 else "waiting"


def _english_threads(random: Random) -> Iterator[list[Question]]:
    """Questions of one topic by one customer make a thread of one to three messages."""
    topics: dict[str, list[str]] = {}
    for row in csv.DictReader(StringIO(data_text("questions_en.csv"))):
        topics.setdefault(row["topic"], []).append(row["text"])
    senders = list(customers())
    for topic, texts in topics.items():
        left = list(texts)
        while left:
            count = min(len(left), random.choice((1, 1, 1, 2, 2, 3)))
            sender = random.choice(senders)
            taken = [left.pop() for _ in range(count)]
            yield [_said(text, name=sender.name, email=sender.email, topic=topic) for text in taken]


def _russian_threads(random: Random) -> Iterator[list[Question]]:
    """Every Russian question is a thread of its own; half of the senders are known by their phone only."""
    people = [make_person(number, random, language="ru", company=False) for number in range(1, 33)]
    for text in data_text("questions_ru.txt").splitlines():
        person = random.choice(people)
        yield [_said(text, name=person.name, language="ru", **_reached(person))]


def _reached(person: Person) -> dict[str, str]:
    return {"phone": person.phone} if person.number % 2 else {"email": person.email}


def _said(text: str, **sender: str) -> Question:
    return Question(at=datetime.max, key="", thread="", text=text, **sender)  # type: ignore[arg-type]
