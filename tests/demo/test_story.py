"""The demo's story: real questions, the same in every telling."""

import csv
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from crmcore.demo.people import make_person
from crmcore.demo.story import DAYS, customers, data_text, tell

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATASETS = Path(__file__).parents[2].parent / "shared" / "oracles" / "datasets"


def test_every_question_is_asked_once_in_the_order_of_time() -> None:
    questions = tell(NOW)
    english = [row["text"] for row in csv.DictReader(data_text("questions_en.csv").splitlines())]
    russian = data_text("questions_ru.txt").splitlines()

    assert sorted(question.text for question in questions) == sorted(english + russian)
    assert [question.at for question in questions] == sorted(question.at for question in questions)
    assert NOW - timedelta(days=DAYS) < questions[0].at and questions[-1].at < NOW
    assert len({question.key for question in questions}) == len(questions) == 465
    assert len({question.at.date() for question in questions}) > 25


def test_the_same_story_is_told_every_time_only_later() -> None:
    first, second = tell(NOW), tell(NOW + timedelta(days=2))

    assert [(question.key, question.text, question.name) for question in first] == [
        (question.key, question.text, question.name) for question in second
    ]


def test_a_thread_has_one_sender_one_topic_and_one_fate_at_its_end() -> None:
    threads: dict[str, list[tuple[str, str, str | None]]] = {}
    for question in tell(NOW):
        threads.setdefault(question.thread, []).append((question.name, question.topic, question.fate))

    for said in threads.values():
        assert len({(name, topic) for name, topic, _ in said}) == 1
        assert [fate is None for *_, fate in said] == [True] * (len(said) - 1) + [False]
    assert {said[-1][2] for said in threads.values()} == {"open", "mine", "waiting", "snoozed", "closed"}
    assert max(len(said) for said in threads.values()) == 3


def test_people_are_made_up_and_tell_apart() -> None:
    random = Random(1)
    people = [make_person(number, random) for number in range(3000)]

    assert {person.language for person in people} == {"en", "ru"}
    assert len({person.email for person in people}) == len({person.phone for person in people}) == 3000
    assert all(person.email.isascii() and person.email.count("@") == 1 for person in people)
    assert all(person.email.endswith(("@example.com", "@example.org")) for person in people)


def test_the_shipped_excerpts_are_those_of_their_sources() -> None:
    if not DATASETS.exists():
        pytest.skip("the oracles folder is not beside this repository")
    with sqlite3.connect(DATASETS / "Chinook_Sqlite.sqlite") as database:
        rows = database.execute(
            "SELECT FirstName || ' ' || LastName, Email FROM Customer ORDER BY CustomerId"
        )
        assert [(customer.name, customer.email) for customer in customers()] == rows.fetchall()
    database.close()
    with (DATASETS / "banking77-test.csv").open(encoding="utf-8") as stream:
        asked = {" ".join(row["text"].split()) for row in csv.DictReader(stream)}
    english = {row["text"] for row in csv.DictReader(data_text("questions_en.csv").splitlines())}
    russian = (DATASETS / "ru-questions-koziev-3000.txt").read_text(encoding="utf-8").splitlines()

    assert english <= asked
    assert set(data_text("questions_ru.txt").splitlines()) <= set(russian)
