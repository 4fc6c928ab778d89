"""A company's own expressions: what they mean, which are refused and why, and what the worst of them cost."""

import time
from contextlib import suppress

import pytest
from crm_validators.own_pattern import PATTERN, check_pattern, check_pattern_options
from official_vectors import Stored

from crmcore import InvalidValue


@pytest.mark.parametrize(
    ("pattern", "typed", "kept"),
    [
        (r"^[A-Z]{2}-\d{4}$", "AB-1234", "AB-1234"),
        (r"^[A-Z]{2}-\d{4}$", " AB-1234 ", "AB-1234"),
        (r"^[A-Z]{2}-\d{4}$", "AB-12345", None),
        (r"^[A-Z]{2}-\d{4}$", "ab-1234", None),
        (r"\d{4}", "contract 1234 of May", "contract 1234 of May"),
        (r"^\d+$", "١٢٣", None),
        (r"^\d+$", "12\n", None),
        (r"^[А-ЯЁ][а-яё]+$", "Ёлка", "Ёлка"),
        (r"^\p{L}+$", "Ёлка", "Ёлка"),
        (r"^(red|green)$", "red", "red"),
        (r"^(red|green)$", "reddish", None),
        (r"^a.c$", "a😀c", "a😀c"),
        (r"^(?:x+x+)+y$", "x" * 900, None),
    ],
)
def test_meaning(pattern: str, typed: str, kept: str | None, stored: Stored) -> None:
    assert stored("pattern", typed, pattern=pattern) == kept


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?=a)a", "Look-ahead"),
        (r"(?!a)b", "Look-ahead"),
        (r"(?<=a)b", "Look-ahead"),
        (r"(?<!a)b", "Look-ahead"),
        (r"(a)\1", "Back references"),
        (r"(?<n>a)\k<n>", "Back references"),
        ("[", "no regular expression"),
        ("(", "no regular expression"),
        ("*a", "no regular expression"),
        (r"a{100000}", "no regular expression"),
        (r"((a{1,100}){1,100}){1,100}", "no regular expression"),
        (r"\p{L}{500}", "no regular expression"),
        ("a" * 501, "no regular expression"),
        ("", "no regular expression"),
    ],
)
def test_what_cannot_be_checked_in_linear_time_is_refused_with_the_reason(pattern: str, why: str) -> None:
    with pytest.raises(InvalidValue) as chosen:
        check_pattern_options({"pattern": pattern})
    assert why in str(chosen.value)
    assert chosen.value.problem().sentence("ru") != str(chosen.value)
    with pytest.raises(InvalidValue) as filled_in:
        check_pattern("aaa", {"pattern": pattern})
    assert str(filled_in.value) == str(chosen.value)


def test_a_pattern_is_asked_for() -> None:
    for options in ({}, {"message": "Anything."}):
        with pytest.raises(InvalidValue, match="Write the regular expression"):
            check_pattern_options(options)
    assert PATTERN.check_options is check_pattern_options


def test_its_own_sentence() -> None:
    options = {"pattern": "^x$", "message": "Write {x}, please."}
    with pytest.raises(InvalidValue) as refused:
        check_pattern("y", options)
    assert refused.value.problem().sentence("ru") == "Write {x}, please."


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(a+)+$",
        r"(a|a)*b",
        r"(.*)*(.*)*x",
        r"(a{1,50}){1,50}b",
        r"(?:a?){400}a{400}b",
        r"[a-z]{1,400}[0-9]",
        r"(.{1,20}){1,10}x",
        r"([a-z0-9]+[._-]?)+@([a-z]+\.)+[a-z]+$",
    ],
)
def test_the_worst_expressions_cost_milliseconds(pattern: str) -> None:
    for text in ("a" * 1_000, "a" * 999 + "!", "é" * 1_000, "a." * 500):
        started = time.perf_counter()
        with suppress(InvalidValue):
            check_pattern(text, {"pattern": pattern})
        assert time.perf_counter() - started < 0.5
