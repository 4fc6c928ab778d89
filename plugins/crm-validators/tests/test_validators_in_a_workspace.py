"""The validators at work: custom fields of a workspace that has this plugin."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from crmcore import CustomField, system_actor
from crmcore.errors import Invalid
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor("tests")


@pytest.fixture
async def crm(tmp_path: Path) -> AsyncIterator[Crm]:
    """A workspace with a field for each format, options where a format needs them."""
    point = EntryPoint("validators", "crm_validators.plugin", "crmcore")
    crm = Crm.build(WorkspaceSettings(data_dir=str(tmp_path), strict=True), entry_points=[point])
    await crm.start()
    try:
        with crm.bound():
            for format in crm.registry.validators:
                await crm.fields.create(
                    CustomField(
                        record_type="contact", key=format.replace("-", "_"), label=format, format=format
                    ),
                    actor=ADMIN,
                )
            await crm.fields.create(
                CustomField(
                    record_type="contact",
                    key="mobile",
                    label="Mobile",
                    format="phone-international",
                    options={"format_options": {"country": "RU"}},
                ),
                actor=ADMIN,
            )
            yield crm
    finally:
        await crm.stop()


def database_bytes(folder: Path) -> bytes:
    """Return everything in the files of the database."""
    return b"".join(file.read_bytes() for file in folder.glob("*.sqlite*"))


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
    }
    record = await crm.records.create("contact", {"first_name": "Ann", "custom": typed}, actor=ADMIN)
    stored = {
        "email": "Ann@example.com",
        "url": "https://example.com/A",
        "phone_us": "+16502530000",
        "phone_international": "+442079460958",
        "card_number": "Visa •••• 1111",
        "ssn_us": "536-90-4399",
        "mobile": "+79161234567",
        "clock_time": "09:05",
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


async def test_no_card_number_and_no_ssn_in_the_database_or_its_history(crm: Crm, tmp_path: Path) -> None:
    custom = {"card_number": "4111 1111 1111 1111", "ssn_us": "536-90-4399"}
    record = await crm.records.create("contact", {"first_name": "Ann", "custom": custom}, actor=ADMIN)
    history = await crm.records.history("contact", record.id, actor=ADMIN)
    assert "536-90-4399" not in repr(history)
    await crm.stop()
    stored = database_bytes(tmp_path)
    assert b"4111 1111 1111" not in stored
    assert b"4111111111111111" not in stored
