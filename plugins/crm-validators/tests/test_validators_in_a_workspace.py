"""The validators at work: custom fields of a workspace that has this plugin."""

from pathlib import Path

import pytest

from crmcore import CustomField, system_actor
from crmcore.errors import Invalid
from crmcore.testing.factories import Factories
from crmcore.workspace import Crm

ADMIN = system_actor("tests")


@pytest.fixture
async def crm(crm: Crm, make: Factories) -> Crm:
    """A workspace with a field for each format, options where a format needs them."""
    for format in crm.registry.validators:
        own = {"format_options": {"pattern": "."}} if format == "pattern" else {}
        await make.field("contact", format.replace("-", "_"), format=format, options=own)
    mobile = {"format_options": {"country": "RU"}}
    await make.field("contact", "mobile", format="phone-international", options=mobile)
    return crm


def database_bytes(crm: Crm) -> bytes:
    """Return everything in the files of the database."""
    file = Path(crm.settings.effective_database_url().removeprefix("sqlite:///").partition("?")[0])
    return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


def test_the_plugin_loads(crm: Crm) -> None:
    state = crm.host.plugins["validators"]
    assert state.state == "loaded"
    assert {"email", "url", "phone-us", "phone-international", "card-number", "ssn-us"} <= set(
        crm.registry.validators
    )


async def test_values_are_stored_in_their_one_form(crm: Crm) -> None:
    typed = {
        "email": " Ann@EXAMPLE.com",
        "url": "HTTPS://Example.com/A",
        "phone_us": "(650) 253-0000",
        "phone_international": "+44 20 7946 0958",
        "card_number": "4111 1111 1111 1111",
        "ssn_us": "536904399",
        "mobile": "8 (916) 123-45-67",
        "clock_time": "9:05",
        "snils_ru": "11223344595",
        "none": "as it is",
    }
    record = await crm.records.create("contact", {"first_name": "Ann", "custom": typed}, actor=ADMIN)
    stored = {
        "email": "Ann@example.com",
        "url": "https://example.com/A",
        "phone_us": "+16502530000",
        "phone_international": "+442079460958",
        "card_number": "Visa •••• 1111",
        "ssn_us": "•••• 4399",  # sealed; what readers get
        "mobile": "+79161234567",
        "clock_time": "09:05",
        "snils_ru": "•••• 95",
        "none": "as it is",
    }
    assert record.document["custom"] == stored
    again = await crm.records.update(
        "contact", record.id, {"last_name": "Lee", "custom": stored}, actor=ADMIN
    )
    assert again.document["custom"] == stored


async def test_every_refusal_has_its_path_and_a_sentence(crm: Crm) -> None:
    wrong = {"email": "ann@", "card_number": "4111 1111 1111 1112", "ssn_us": "000-12-3456"}
    with pytest.raises(Invalid) as refused:
        await crm.records.create("contact", {"first_name": "Ann", "custom": wrong}, actor=ADMIN)
    problems = {problem.path: problem.sentence("ru") for problem in refused.value.problems}
    assert set(problems) == {"/custom/email", "/custom/card_number", "/custom/ssn_us"}
    assert problems["/custom/card_number"] == "Это не номер банковской карты: проверьте цифры."


async def test_no_card_number_and_no_ssn_in_the_database_or_its_history(crm: Crm) -> None:
    custom = {"card_number": "4111 1111 1111 1111", "ssn_us": "536-90-4399"}
    record = await crm.records.create("contact", {"first_name": "Ann", "custom": custom}, actor=ADMIN)
    history = await crm.records.history("contact", record.id, actor=ADMIN)
    assert "536-90-4399" not in repr(history)
    stored = database_bytes(crm)
    assert b"Visa" in stored
    assert b"4111 1111 1111" not in stored
    assert b"4111111111111111" not in stored


def contract(key: str, **format_options: object) -> CustomField:
    """Return a field with a company's own expression."""
    options = {"format_options": format_options}
    return CustomField(record_type="contact", key=key, label=key, format="pattern", options=options)


async def test_an_own_expression_is_checked_when_it_is_chosen_and_when_a_value_is_saved(crm: Crm) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.fields.create(contract("bad", pattern="(?=a)a"), actor=ADMIN)
    (problem,) = refused.value.problems
    assert (problem.path, problem.code, problem.plugin) == (
        "/options/format_options",
        "pattern_not_usable",
        "validators",
    )
    assert "линейное время" in problem.sentence("ru")
    await crm.fields.create(
        contract("own", pattern="^[A-Z]{2}-[0-9]{4}$", message="Like AB-1234."), actor=ADMIN
    )
    record = await crm.records.create(
        "contact", {"first_name": "Ann", "custom": {"own": " AB-1234"}}, actor=ADMIN
    )
    assert record.document["custom"] == {"own": "AB-1234"}
    with pytest.raises(Invalid) as refused:
        await crm.records.update("contact", record.id, {"custom": {"own": "AB1234"}}, actor=ADMIN)
    assert [problem.sentence("en") for problem in refused.value.problems] == ["Like AB-1234."]


async def test_formats_with_a_country_go_through_the_record_schema(crm: Crm) -> None:
    """The record's schema checks a stored value without the field's options: it must pass there as well."""
    fields = {
        "plz": ("postcode", {"country": "GB"}, "sw1a1aa", "SW1A 1AA"),
        "ust": ("vat", {"country": "DE"}, "136 695 976", "DE136695976"),
        "konto": ("iban", {"country": "DE"}, "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        "buch": ("isbn", {"assigned": True}, "0-306-40615-2", "9780306406157"),
        "tag": ("calendar-date", {"order": "mdy"}, "1/31/2026", "2026-01-31"),
        "betrag": ("decimal", {"comma": True}, "1,234", "1.234"),
    }
    for key, (format, options, _, _) in fields.items():
        field = CustomField(
            record_type="contact", key=key, label=key, format=format, options={"format_options": options}
        )
        await crm.fields.create(field, actor=ADMIN)
    typed = {key: typed for key, (_, _, typed, _) in fields.items()}
    record = await crm.records.create("contact", {"first_name": "Ann", "custom": typed}, actor=ADMIN)
    assert record.document["custom"] == {key: stored for key, (*_, stored) in fields.items()}
