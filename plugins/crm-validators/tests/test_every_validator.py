"""What holds for each validator, whatever it checks."""

import time
import unicodedata

import jsonschema_rs
import pytest
from crm_validators.plugin import register_validators
from hypothesis import given, settings
from hypothesis import strategies as st
from official_vectors import Stored

from crmcore import InvalidValue, Validator

VALIDATORS = register_validators()
each = pytest.mark.parametrize("validator", VALIDATORS, ids=lambda validator: validator.key)

HOSTILE = (
    "",
    " ",
    "\x00",
    "4111\x001111 1111 1111",
    "ann\x00@example.com",
    "ann@example.com\n",
    "https://example.com/\r\nSet-Cookie: a=b",
    "😀" * 10,
    "\u202egnp.exe",
    "4111\u200b1111\u200b1111\u200b1111",
    "４１１１ １１１１ １１１１ １１１１",
    "５３６-９０-４３９９",
    "٥٣٦-٩٠-٤٣٩٩",
    "\ud800",
    "ann@\ud800.com",
    "https://\ud800.com/\udfff",
    "ﷺ" * 100 + "@example.com",
    "https://" + "ﷺ" * 60 + ".com",
    "https://xn--" + "9" * 50 + ".com",
    "xn--\xff@xn--\xff.com",
    "https://xn--a.com",
    "https://[::1%25eth0]/",
    "https://[" + ":" * 300 + "]/",
    "+" * 30 + "1" * 30,
    "(" * 60,
    "tel:" + "+" * 10,
    "²" * 16,
    "Ⅷ" * 9,
    "\u0661" * 15,
)
LONG = [
    seed * (10_000 // len(seed))
    for seed in (
        "a",
        "1",
        "9",
        " ",
        "\t",
        "@",
        "a@",
        "a.",
        ".",
        "-",
        "(",
        "+",
        "%",
        "a@a.",
        '"',
        "\\",
        "1-",
        "1 ",
    )
]
LONG += ["http://" + "a." * 5_000, "http://" + "a" * 10_000 + ".com", "a@" + "é" * 9_998, "1" * 10_000 + "x"]
LONG += ["http://example.com/" + "é" * 9_900, "\u0300" * 10_000, "\u200f" * 10_000 + "1", "ﷺ" * 10_000]


@each
def test_examples_pass_and_counter_examples_fail(validator: Validator, stored: Stored) -> None:
    assert len(validator.examples) >= 2
    # The check that checks nothing has nothing to show that it refuses.
    assert len(validator.counter_examples) >= (0 if validator.key == "none" else 3)
    for example in validator.examples:
        assert stored(validator.key, example) is not None, example
    for example in validator.counter_examples:
        assert stored(validator.key, example) is None, example


@each
def test_words_for_people_are_in_both_languages(validator: Validator) -> None:
    for words in (validator.label, validator.description):
        assert isinstance(words, dict)
        assert set(words) == {"en", "ru"}
        assert all(words.values())
    for option in validator.options_schema.get("properties", {}).values():
        assert set(option["x-crm"]["label"]) == {"en", "ru"}


@each
def test_every_choice_of_every_option_keeps_what_it_stores(validator: Validator) -> None:
    for name, option in validator.options_schema.get("properties", {}).items():
        for choice in option.get("enum", (True, False) if option.get("type") == "boolean" else ()):
            for example in validator.examples:
                try:
                    result = validator.check(example, {name: choice})
                except InvalidValue:
                    continue
                assert validator.check(result, {name: choice}) == result
                assert validator.check(result, {}) == result


@each
def test_options_are_described_by_a_schema(validator: Validator) -> None:
    jsonschema_rs.meta.validate(validator.options_schema)
    assert jsonschema_rs.is_valid(validator.options_schema, {})
    assert not jsonschema_rs.is_valid(validator.options_schema, {"no such option": 1})


@each
@pytest.mark.parametrize(
    "value", [*HOSTILE, *(text[:900] for text in LONG)], ids=lambda text: ascii(text[:12])
)
def test_hostile_text_is_refused_or_stored_in_a_stable_form(
    validator: Validator, value: str, stored: Stored
) -> None:
    result = stored(validator.key, value)
    if result is not None and validator.key != "none":
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in result)


@each
def test_no_refusal_repeats_the_value(validator: Validator) -> None:
    for value in validator.counter_examples:
        with pytest.raises(InvalidValue) as refused:
            validator.check(value, {})
        # Sentences are fixed texts with examples of their own; only what fills them could be the value.
        assert len(value) < 3 or value not in [str(filling) for filling in refused.value.params.values()]


@each
def test_long_text_costs_little(validator: Validator) -> None:
    for text in LONG:
        started = time.perf_counter()
        if validator.key == "none":
            assert validator.check(text, {}) == text
        else:
            with pytest.raises(InvalidValue):
                validator.check(text, {})
        assert time.perf_counter() - started < 0.1, f"{text[:10]!r}… took too long"


@each
@pytest.mark.parametrize("value", [None, 12, 1.5, b"ann@example.com", ["a"], {"a": 1}], ids=repr)
def test_what_is_not_text_is_refused(validator: Validator, value: object) -> None:
    with pytest.raises(InvalidValue):
        validator.check(value, {})  # type: ignore[arg-type]


@each
@pytest.mark.parametrize(
    "options",
    [
        {"country": 5, "order": [], "places": "x", "version": "4", "kind": 0, "length": {}, "pattern": 1},
        {
            "country": [],
            "order": 1,
            "places": -1,
            "version": [],
            "kind": ["a"],
            "length": "8",
            "pattern": "[",
        },
        {"country": {}, "minimum": "x", "maximum": [], "message": 5, "territories": "no", "assigned": 1},
        {"country": "", "minimum": True, "maximum": 1e400, "pattern": "(?=x)", "comma": 0, "latin": []},
        {"country": "xx", "minimum": float("nan"), "kind": "", "pattern": "a" * 10_000, "message": ""},
        {"country": "ZZ", "message": "{0.__class__}{braces", "pattern": "^never$"},
    ],
    ids=range(6),
)
def test_senseless_options_never_raise_anything_else(
    validator: Validator, options: dict[str, object]
) -> None:
    for value in (*validator.examples, *validator.counter_examples):
        try:
            validator.check(value, options)
        except InvalidValue:
            continue


PIECES = st.sampled_from(
    [
        "@",
        ".",
        "-",
        "+",
        "http://",
        "https://",
        "[",
        "]",
        ":",
        "/",
        "1",
        "4",
        "xn--",
        "%",
        "'",
        '"',
        "\\",
        "ß",
        "é",
        "例",
        "İ",
        "ı",
        "ﬁ",
        "Å",
        "́",
        "\u200d",
        "❤",
        "а",
        "com",
        "127.0.0.1",
        "::1",
        "•",
        "０",
        "²",
        "٣",
        "。",
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join))


@each
@settings(max_examples=150, deadline=None, derandomize=True)
@given(value=ANY_TEXT)
def test_any_text_is_refused_or_stored_in_a_stable_form(validator: Validator, value: str) -> None:
    try:
        result = validator.check(value, {})
    except InvalidValue:
        return
    assert validator.check(result, {}) == result


@settings(max_examples=400, deadline=None, derandomize=True)
@given(local=st.text(min_size=1, max_size=20), domain=st.text(min_size=1, max_size=20))
def test_any_address_is_refused_or_stored_in_a_stable_form(local: str, domain: str) -> None:
    for key, value in (("email", f"{local}@{domain}.com"), ("url", f"https://{domain}.com/{local}")):
        check = next(validator.check for validator in VALIDATORS if validator.key == key)
        try:
            result = check(value, {})
        except InvalidValue:
            continue
        assert check(result, {}) == result
