"""Every built-in field type: what it accepts, keeps, refuses, shows and finds, alike on both engines."""

from typing import Any

import pytest
from babel.numbers import list_currencies

from crmcore import Actor, CustomField, InvalidValue
from crmcore.builtin.field_types import built_in_types
from crmcore.builtin.field_types.currencies import currency_digits, currency_signs
from crmcore.contracts.fields import FieldType
from crmcore.errors import Invalid
from crmcore.records.query import ListQuery
from crmcore.web.form_fields import as_typed
from crmcore.workspace import Crm

CHOICES = [{"value": "a", "label": {"en": "Apple", "ru": "Яблоко"}}, {"value": "b"}, {"value": "c"}]
OPTIONS: dict[str, dict[str, Any]] = {
    "decimal": {"minimum": "-100", "maximum": "1000.5"},
    "drop_down": {"choices": [*CHOICES, {"value": "old", "retired": True}]},
    "checkbox_group": {"choices": CHOICES, "maximum": 2},
    "multi_select": {"choices": [*CHOICES, {"value": "old", "retired": True}], "minimum": 2},
    "money": {"currencies": ["EUR", "JPY", "KWD"], "currency": "EUR"},
    "integer": {"minimum": 0},
    "phone": {"country": "RU"},
    "reference": {"record_type": "company"},
}
KEPT: list[tuple[str, Any, Any]] = [
    ("text", "  cafe\u0301 ", "café"),
    ("long_text", " one\r\ntwo \n", " one\ntwo"),
    ("number", "1\u00a0234,5", 1234.5),
    ("number", "\u22123", -3),
    ("integer", "12.0", 12),
    ("decimal", "12,5", "12.50"),
    ("decimal", 0.1, "0.10"),
    ("decimal", "-0", "0.00"),
    ("money", {"amount": "12.5", "currency": "EUR"}, {"amount": "12.50", "currency": "EUR"}),
    ("money", "1 500 jpy", {"amount": "1500", "currency": "JPY"}),
    ("money", "KWD 1.234", {"amount": "1.234", "currency": "KWD"}),
    ("number", "12,5", 12.5),
    ("number", "0,125", 0.125),
    ("number", "1500,250", 1500.25),
    ("number", "1 500,250", 1500.25),
    ("number", "1.500", 1.5),
    ("integer", "1 500", 1500),
    ("money", "€12.50", {"amount": "12.50", "currency": "EUR"}),
    ("money", "-1 500,50 €", {"amount": "-1500.50", "currency": "EUR"}),
    ("money", "¥1500", {"amount": "1500", "currency": "JPY"}),
    ("money", "€ 7 EUR", {"amount": "7.00", "currency": "EUR"}),
    ("money", 7, {"amount": "7.00", "currency": "EUR"}),
    ("date", " 2024-02-29 ", "2024-02-29"),
    ("date", "22.11.2026", "2026-11-22"),
    ("date", "4.1.1990", "1990-01-04"),
    ("date", "04.01.90", "1990-01-04"),
    ("date", "04.01.68", "2068-01-04"),
    ("date", "04.01.69", "1969-01-04"),
    ("date", "1990/01/04", "1990-01-04"),
    ("date", "22-11-2026", "2026-11-22"),
    ("date", "2026-11-22 00:00:00", "2026-11-22"),
    ("date", "22 Nov 2026", "2026-11-22"),
    ("date", "22 ноября 2026", "2026-11-22"),
    ("date", "Nov 22, 2026", "2026-11-22"),
    ("date", "11/22/2026", "2026-11-22"),
    ("date", "22/11/2026", "2026-11-22"),
    ("date_time", "22.11.2026 14:00Z", "2026-11-22T14:00:00Z"),
    ("date_time", "22 Nov 2026 9:05:30+03:00", "2026-11-22T06:05:30Z"),
    ("time", "9:05", "09:05"),
    ("time", "23:59:00", "23:59"),
    ("date_time", "2026-11-22T17:00:00.5+03:00", "2026-11-22T14:00:00Z"),
    ("checkbox", "Да", True),
    ("drop_down", "яблоко", "a"),
    ("drop_down", " B ", "b"),
    ("drop_down", "A", "a"),
    ("checkbox_group", ["b", "Apple"], ["a", "b"]),
    ("multi_select", "c; a", ["a", "c"]),
    ("multi_select", "C; яблоко", ["a", "c"]),
    ("email", " Ann@EXAMPLE.org ", "Ann@example.org"),
    ("email", "анна@почта.рф", "анна@почта.рф"),
    ("phone", "8 (912) 345-67-89", "+79123456789"),
    ("url", "example.org/страница?a=1", "https://example.org/страница?a=1"),
    ("url", "HTTP://example.org", "http://example.org"),
    ("ip_address", "2001:DB8:0::1", "2001:db8::1"),
    ("ip_address", "192.0.2.1", "192.0.2.1"),
]
REFUSED: list[tuple[str, Any, str]] = [
    ("text", 5, "wrong_type"),
    ("text", "x" * 501, "too_long"),
    ("long_text", ["a"], "wrong_type"),
    ("number", "twelve", "wrong_type"),
    ("number", True, "wrong_type"),
    ("number", "nan", "wrong_type"),
    ("number", "1,500", "ambiguous_comma"),
    ("number", "-12,345", "ambiguous_comma"),
    ("number", "1,234,567.5", "separated_thousands"),
    ("number", "1.234.567,5", "separated_thousands"),
    ("number", "$15", "currency_sign"),
    ("integer", "1,000", "ambiguous_comma"),
    ("decimal", "1,500", "ambiguous_comma"),
    ("decimal", "₽15", "currency_sign"),
    ("money", "1,500 EUR", "ambiguous_comma"),
    ("money", "€1,500", "ambiguous_comma"),
    ("money", {"amount": "1,500", "currency": "EUR"}, "ambiguous_comma"),
    ("money", "$15", "ambiguous_currency"),
    ("money", "$15 EUR", "ambiguous_currency"),
    ("money", "€€15", "wrong_type"),
    ("number", 10**16, "too_large"),
    ("integer", 1.5, "wrong_type"),
    ("integer", -1, "too_small"),
    ("decimal", "1.005", "too_precise"),
    ("decimal", "1000.51", "too_large"),
    ("decimal", "1e3", "wrong_type"),
    ("decimal", "9" * 20, "too_large"),
    ("money", "12.50 XXX", "not_a_choice"),
    ("money", "1.5 JPY", "too_precise"),
    ("money", {"currency": "EUR"}, "wrong_type"),
    ("money", {"amount": "1", "currency": "EUR", "x": 1}, "wrong_type"),
    ("date", "2023-02-29", "not_a_date"),
    ("date", "31.02.2026", "not_a_date"),
    ("date", "03/04/2026", "two_meanings"),
    ("date", "20261122", "not_a_date"),
    ("date", "2026-11-22 14:00", "not_a_date"),
    ("date", "22.11.2026 zzz", "not_a_date"),
    ("date_time", "03/04/2026 14:00Z", "two_meanings"),
    ("date", 20261122, "wrong_type"),
    ("time", "24:00", "not_a_time"),
    ("time", "12:00:30", "not_a_time"),
    ("date_time", "2026-11-22T14:00:00", "not_a_moment"),
    ("date_time", "tomorrow", "not_a_moment"),
    ("checkbox", "perhaps", "wrong_type"),
    ("checkbox", 1, "wrong_type"),
    ("drop_down", "d", "not_a_choice"),
    ("drop_down", "old", "not_a_choice"),
    ("checkbox_group", ["a", "b", "c"], "too_many"),
    ("checkbox_group", ["a", "a"], "repeated"),
    ("checkbox_group", ["a", 1], "not_a_choice"),
    ("multi_select", ["a"], "too_few"),
    ("multi_select", ["a", "old"], "not_a_choice"),
    ("email", "ann@", "not_an_email"),
    ("phone", "12", "not_a_phone"),
    ("phone", "8 912 345 67 80 доб. 55", "extension"),
    ("phone", "+1 415 555 2671 x23", "extension"),
    ("phone", "912 345-67-8", "not_a_phone"),
    ("phone", "+1 415 555 26710", "not_a_phone"),
    ("url", "javascript:alert(1)", "not_a_url"),
    ("url", "https://", "not_a_url"),
    ("url", "http://exa mple.org", "not_a_url"),
    ("ip_address", "1.2.3.256", "not_an_ip"),
    ("ip_address", "fe80::1%eth0", "not_an_ip"),
    ("reference", "x", "wrong_form"),
    ("reference", "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f", "no_such_record"),
]


def named(key: str) -> str:
    """Return the key of the field of a type: contacts have an address of their own."""
    return "ip" if key == "ip_address" else key


@pytest.fixture
async def every(crm: Crm, actor: Actor) -> Crm:
    """A workspace with one filterable field of every built-in type on contacts, named as the type."""
    for key in sorted(crm.registry.field_types):
        field = CustomField(
            record_type="contact",
            key=named(key),
            label=key,
            type=key,
            options=OPTIONS.get(key, {}),
            filterable=True,
        )
        await crm.fields.create(field, actor=actor)
    return crm


async def test_each_type_keeps_one_form_and_says_what_is_wrong(every: Crm, actor: Actor) -> None:
    crm = every
    assert {key for key, _, _ in KEPT} | {"reference", "file"} == set(crm.registry.field_types)
    record = await crm.records.create("contact", {"first_name": "A"}, actor=actor)
    for key, value, kept in KEPT:
        saved = await crm.records.update("contact", record.id, {"custom": {named(key): value}}, actor=actor)
        assert saved.document["custom"][named(key)] == kept, key
        # What is kept is accepted as it is, and is the same again.
        field_type = crm.registry.field_types[key].item
        assert field_type.clean(kept, OPTIONS.get(key, {})) == kept
        # So is what a form shows of it.
        if key in ("number", "integer", "decimal", "money"):
            assert field_type.clean(as_typed(kept), OPTIONS.get(key, {})) == kept
    for key, value, code in REFUSED:
        with pytest.raises(Invalid) as refused:
            await crm.records.update("contact", record.id, {"custom": {named(key): value}}, actor=actor)
        problem = refused.value.problems[0]
        assert (key, value, problem.code) == (key, value, code)
        assert problem.path.startswith(f"/custom/{named(key)}")
        assert problem.sentence("en") != problem.sentence("ru")
        assert "{" not in problem.sentence("en")


async def test_a_reference_names_a_record_that_is_seen(every: Crm, actor: Actor) -> None:
    company = await every.records.create("company", {"name": "Acme"}, actor=actor)
    named = {"first_name": "A", "custom": {"reference": str(company.id)}}
    saved = await every.records.create("contact", named, actor=actor)
    assert saved.document["custom"] == {"reference": str(company.id)}
    await every.records.delete("company", company.id, actor=actor)
    # What is not touched is not asked again; what is written anew is.
    await every.records.update("contact", saved.id, {"first_name": "B"}, actor=actor)
    with pytest.raises(Invalid) as refused:
        await every.records.create("contact", named, actor=actor)
    assert refused.value.problems[0].code == "no_such_record"
    with pytest.raises(Invalid) as refused:
        field = CustomField(
            record_type="contact", key="x", label="X", type="reference", options={"record_type": "moon"}
        )
        await every.fields.create(field, actor=actor)
    assert refused.value.problems[0].path == "/options/record_type"


STORED: dict[str, dict[str, Any]] = {
    "one": {
        "text": "Ёлка",
        "number": 10,
        "integer": 3,
        "decimal": "9.50",
        "money": {"amount": "100.00", "currency": "EUR"},
        "date": "2026-01-31",
        "time": "09:30",
        "date_time": "2026-01-31T23:00:00Z",
        "checkbox": True,
        "checkbox_group": ["a", "b"],
        "phone": "+79123456789",
        "ip_address": "2001:db8::1",
    },
    "two": {
        "text": "elk",
        "number": 9,
        "integer": 20,
        "decimal": "10.25",
        "money": {"amount": "20.00", "currency": "EUR"},
        "date": "2025-12-31",
        "checkbox": False,
        "checkbox_group": ["b"],
        "multi_select": ["a", "c"],
    },
    "three": {"money": {"amount": "500", "currency": "JPY"}, "decimal": "-1.00"},
}
FOUND: list[tuple[str, str, Any, set[str]]] = [
    ("text", "contains", "ёлк", {"one"}),
    ("number", "gt", 9, {"one"}),
    ("integer", "lte", 3, {"one"}),
    ("decimal", "gt", "9.5", {"two"}),
    ("decimal", "gte", "9.50", {"one", "two"}),
    ("decimal", "lt", 0, {"three"}),
    ("decimal", "eq", "10,25", {"two"}),
    ("decimal", "in", ["9.5", "-1"], {"one", "three"}),
    ("decimal", "ne", "9.5", {"two", "three", "four"}),
    ("decimal", "empty", True, {"four"}),
    ("money", "gte", "20 EUR", {"one", "two"}),
    ("money", "gt", {"amount": "20", "currency": "EUR"}, {"one"}),
    ("money", "lt", "1000 JPY", {"three"}),
    ("money", "eq", "100.00", {"one"}),
    ("money", "in", ["100 EUR", "500 JPY"], {"one", "three"}),
    ("money", "ne", "100 EUR", {"two", "three", "four"}),
    ("money", "empty", False, {"one", "two", "three"}),
    ("date", "lt", "2026-01-01", {"two"}),
    ("time", "gte", "9:00", {"one"}),
    ("date_time", "eq", "2026-02-01T02:00:00+03:00", {"one"}),
    ("checkbox", "eq", True, {"one"}),
    ("checkbox", "eq", "да", {"one"}),
    ("checkbox_group", "contains", "a", {"one"}),
    ("checkbox_group", "contains", "Яблоко", {"one"}),
    ("checkbox_group", "in", ["яблоко", "b"], {"one", "two"}),
    ("date", "lt", "1.1.2026", {"two"}),
    ("checkbox_group", "in", ["a", "b"], {"one", "two"}),
    ("checkbox_group", "empty", True, {"three", "four"}),
    ("multi_select", "contains", "c", {"two"}),
    ("phone", "eq", "8 912 345 67 89", {"one"}),
    ("ip_address", "eq", "2001:db8:0::1", {"one"}),
]


async def test_filters_find_the_same_on_both_engines(every: Crm, actor: Actor) -> None:
    for name, values in STORED.items():
        custom = {named(key): value for key, value in values.items()}
        await every.records.create("contact", {"first_name": name, "custom": custom}, actor=actor)
    await every.records.create("contact", {"first_name": "four"}, actor=actor)
    for key, op, value, names in FOUND:
        leaf: dict[str, Any] = {"field": f"custom.{named(key)}", "op": op, "value": value}
        page = await every.records.list("contact", ListQuery(filter=leaf), actor=actor)
        assert (key, op, {item.document["first_name"] for item in page.items}) == (key, op, names)
        page = await every.records.list("contact", ListQuery(filter={"not": leaf}), actor=actor)
        assert (key, op, {item.document["first_name"] for item in page.items}) == (
            key,
            op,
            {*STORED, "four"} - names,
        )


@pytest.mark.parametrize(
    ("key", "op", "value", "code"),
    [
        ("text", "gt", "a", "unknown_operator"),
        ("checkbox_group", "eq", ["a"], "unknown_operator"),
        ("money", "contains", "1", "unknown_operator"),
        ("decimal", "gt", "1.23456", "wrong_value"),
        ("decimal", "gt", "", "wrong_value"),
        ("money", "gt", "5 XYZ", "wrong_value"),
        ("money", "in", "5 EUR", "wrong_value"),
        ("checkbox_group", "contains", 5, "wrong_value"),
        ("checkbox_group", "in", [], "wrong_value"),
        ("phone", "eq", "call me", "wrong_value"),
        ("date", "lt", "someday", "wrong_value"),
        ("checkbox", "eq", "perhaps", "wrong_value"),
        ("checkbox_group", "contains", "Pear tree", "not_a_choice"),
        ("checkbox_group", "in", ["a", "Pear tree"], "not_a_choice"),
        ("drop_down", "eq", "Pear tree", "not_a_choice"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(
    every: Crm, actor: Actor, key: str, op: str, value: Any, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        leaf = {"field": f"custom.{named(key)}", "op": op, "value": value}
        await every.records.list("contact", ListQuery(filter=leaf), actor=actor)
    assert refused.value.problems[0].code == code


def test_values_are_shown_in_the_reader_s_language() -> None:
    types: dict[str, FieldType] = {item.key: item for item in built_in_types("US")}

    def shown(key: str, value: Any, language: str = "ru") -> str:
        return types[key].render(value, OPTIONS.get(key, {}), language).replace("\u00a0", " ")

    assert shown("decimal", "1234.50") == "1 234,50"
    assert shown("money", {"amount": "1234.50", "currency": "EUR"}) == "1 234,50 €"
    assert shown("money", {"amount": "1500", "currency": "JPY"}, "en") == "¥1,500"
    assert shown("multi_select", ["a", "b"]) == "Яблоко, b"
    assert shown("time", "09:05") == "09:05"
    assert shown("date_time", "2026-11-22T14:00:00Z").endswith("UTC")
    assert shown("checkbox", False) == "Нет"
    for key, field_type in types.items():
        assert shown(key, None) == ""
        assert field_type.label["en"] != field_type.label["ru"] or key == "email"  # type: ignore[index]
        # A value from before the field changed its type is shown, never raised about.
        for strange in ("x", 5, True, ["x"], {"x": 1}):
            if key not in ("number", "integer") or isinstance(strange, int):
                assert isinstance(shown(key, strange), str)


@pytest.mark.parametrize(
    ("type", "value", "english"),
    [
        (
            "number",
            "1,500",
            "Does the comma stand before decimals or between thousands? Write 1.500 or 1500.",
        ),
        ("decimal", "1,500.00", "Write the number without commas or points between thousands: 1500.00."),
        ("number", "1 500,50 ₽", "Leave out the sign of the currency: ₽."),
        ("money", "$1500", "Write the currency by its three letters instead of $, like 100 USD."),
    ],
)
def test_what_could_mean_two_numbers_is_refused_with_what_to_write(
    type: str, value: str, english: str
) -> None:
    field_type = next(item for item in built_in_types("US") if item.key == type)
    with pytest.raises(InvalidValue) as refused:
        field_type.clean(value, {"currencies": ["AUD", "USD"]})
    assert refused.value.problem().sentence("en") == english
    assert field_type.clean(1.5, {"currency": "USD"})


def test_a_sign_stands_for_the_currency_of_the_field() -> None:
    money = next(item for item in built_in_types("US") if item.key == "money")
    assert money.clean("$12.50", {"currency": "CAD"})["currency"] == "CAD"
    assert money.clean("12,50 ₽", {})["currency"] == "RUB"
    assert money.clean("$-3", {"currencies": ["EUR", "USD"], "currency": "EUR"})["currency"] == "USD"
    assert set().union(*currency_signs().values()) <= set(currency_digits())


def test_currencies_are_those_in_use() -> None:
    digits = currency_digits()
    assert set(digits) - set(list_currencies()) <= {
        "VED",
        "XCG",
        "ZWG",
        "MXV",
        "USN",
        "CHE",
        "CHW",
        "COU",
        "UYW",
    }
    assert (digits["EUR"], digits["JPY"], digits["KWD"], digits["RUB"]) == (2, 0, 3, 2)


def test_a_number_that_the_country_cannot_have_is_refused_with_its_name() -> None:
    phone = next(type for type in built_in_types("US") if type.key == "phone")
    with pytest.raises(InvalidValue) as refused:
        phone.clean("8 912 345-67-89", {})
    assert "United States" in refused.value.problem().sentence("en")
    assert "Соединенные Штаты" in refused.value.problem().sentence("ru")
    assert phone.clean("8 912 345-67-89", {"country": "RU"}) == "+79123456789"
    assert phone.clean("+44 20 7946 0958", {}) == "+442079460958"
    assert phone.clean("123456", {}) == "123456"
