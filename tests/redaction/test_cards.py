"""Card numbers and security codes in texts: found however they are written, and nothing else is taken for one."""

import random
import time

import pytest

from crmcore.redaction import redact, redact_all, redact_body
from crmcore.redaction.issuers import is_issued

BRANDS = {
    "visa": ("4", 16),
    "mastercard": ("51", 16),
    "mastercard-2": ("2300", 16),
    "amex": ("37", 15),
    "discover": ("6011", 16),
    "jcb": ("3530", 16),
    "unionpay": ("62", 16),
    "mir": ("2202", 16),
    "maestro": ("6759", 16),
    "rupay": ("6521", 16),
    "troy": ("9792", 16),
}
RARE = {"visa-19": ("4", 19), "visa-13": ("4", 13), "diners": ("36", 14), "maestro-12": ("5018", 12)}
GROUPS = {14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4), 19: (4, 4, 4, 4, 3)}


def numbers(prefix: str, length: int, count: int = 20) -> list[str]:
    source = random.Random(prefix)
    found = []
    while len(found) < count:
        digits = prefix + "".join(source.choice("0123456789") for _ in range(length - len(prefix)))
        if is_issued(digits):
            found.append(digits)
    return found


def grouped(number: str, between: str) -> str:
    parts, place = [], 0
    for size in GROUPS[len(number)]:
        parts.append(number[place : place + size])
        place += size
    return between.join(parts)


@pytest.mark.parametrize("brand", BRANDS)
def test_a_number_is_found_in_every_form(brand: str) -> None:
    for number in numbers(*BRANDS[brand]):
        hidden = number[:6] + "•" * (len(number) - 10) + number[-4:]
        assert redact(number) == hidden
        assert redact(f"Please charge {number} 12/27, thanks") == f"Please charge {hidden} 12/27, thanks"
        for between in (" ", "-", "\u00a0", "\u202f", "\u2013", " - "):
            assert redact(f"({grouped(number, between)})") == f"({grouped(hidden, between)})"
        wide = number.translate({48 + digit: 0x660 + digit for digit in range(10)})
        assert redact(f"card {wide}").count("•") == len(number) - 10
        assert redact(f"моя карта {' '.join(number)}").count("•") == len(number) - 10


@pytest.mark.parametrize("brand", RARE)
def test_a_rare_length_needs_a_word_about_cards(brand: str) -> None:
    for number in numbers(*RARE[brand]):
        assert redact(f"id {number}") == f"id {number}"
        assert redact(f"card no {number}").count("•") == len(number) - 10


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order 4111111111111111?",
        "Tracking number: 4111 1111 1111 1111",
        "Мой заказ №4111111111111111 не пришёл",
        "call +4111 1111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "IBAN GB33BUKB20201555555555",
        "р/с 40817810400000000001",
        "IMEI 378282246310005",
        "4600000000008",  # a bar code: thirteen digits
        "1732000000000000",
        "9400 1111 1111 1111 1111 11",
        "4111111111111112",  # the last digit is wrong
        "7999999999999995",  # nobody gives out such numbers
        "SKU4111111111111111X",
        "I paid 1 234 567 890 123 rubles in 2024",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redact(text) == text


def test_the_nearer_word_decides() -> None:
    text = "Order 4111111111111111 paid by card 4111111111111111"
    assert redact(text) == "Order 4111111111111111 paid by card 411111••••••1111"


@pytest.mark.parametrize("text", ["CVV: 123", "cvc 1234", "security code is 123", "код безопасности 123"])
def test_security_codes_are_hidden_whole(text: str) -> None:
    assert not any(sign.isdigit() for sign in redact(text))


def test_random_numbers_are_mostly_left_alone() -> None:
    """Of bare numbers of 16 digits without any word, the 4 % go that could be cards."""
    source = random.Random(1)
    texts = ["".join(source.choice("0123456789") for _ in range(16)) for _ in range(5000)]
    assert sum(redact(text) != text for text in texts) / len(texts) < 0.05
    ordered = [f"order {text}" for text in texts]
    assert [redact(text) for text in ordered] == ordered


@pytest.mark.parametrize(
    "text", ["1 " * 100_000, "card 4111 " * 20_000, "4111111111111111 " * 11_000, "x" * 200_000]
)
def test_long_texts_take_linear_time(text: str) -> None:
    began = time.perf_counter()
    redact(text)
    assert time.perf_counter() - began < 10


def test_values_and_bodies() -> None:
    value = {"a": ["card 4111111111111111", 5], "b": {"c": None}}
    assert redact_all(value) == {"a": ["card 411111••••••1111", 5], "b": {"c": None}}
    json = {"Content-Type": "application/json; charset=utf-8"}
    assert b"411111" in redact_body(b'{"text": "4111111111111111"}', json)
    assert b"4111111111111111" not in redact_body(b'{"text": "4111111111111111"}', json)
    assert redact_body(b'{ "text" : 1 }', json) == b'{ "text" : 1 }'
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert b"1111111111" not in redact_body(b"text=4111+1111+1111+1111&a=", form)
    assert redact_body(b"text=a+b%20c&a=", form) == b"text=a+b%20c&a="
    assert redact_body(b"\xff\xfe", form) == b"\xff\xfe"
