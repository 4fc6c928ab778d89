"""A custom field that needs what nobody brings waits; its plugin works."""

from typing import Any

import pytest
from plugin_making import Core, Given, loaded

from crmcore import CustomField, FieldType, Job, Leaving, RecordType, Validator, hookimpl, text_of
from crmcore.contacts.tables import Company
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost


async def run(payload: Any, plugin: Any) -> None:
    return None


class Typed(Core):
    @hookimpl
    def register_record_types(self) -> list[RecordType]:
        names = {"key": "company", "plural": "companies", "label": "Company", "label_plural": "Companies"}
        return [RecordType(**names, table=Company, properties={}, custom_fields=True)]

    @hookimpl
    def register_field_types(self) -> list[FieldType]:
        return [FieldType(key="text", label="Text", schema=lambda options: {"type": "string"})]


class Vat:
    @hookimpl
    def register_validators(self) -> list[Validator]:
        return [Validator(key="vat", label="VAT", check=lambda value, options: value)]


class Shop:
    def __init__(self, **field: str) -> None:
        self.field = CustomField(**{"record_type": "company", "key": "shop_vat", "label": "VAT", **field})  # type: ignore[arg-type]

    @hookimpl
    def register_jobs(self) -> list[Job]:
        return [Job(key="sync", run=run)]

    @hookimpl
    def register_custom_fields(self) -> list[CustomField]:
        return [self.field]


def host_with(shop: Shop, *others: Given) -> PluginHost:
    return loaded(PluginChoice(strict=True), [Given("shop", shop), *others], builtin=Typed())


def test_a_field_that_has_all_it_needs_waits_for_nothing() -> None:
    host = host_with(Shop(format="vat"), Given("vat", Vat()))

    assert host.plugins["shop"].notes == []


def test_what_is_missing_is_named_and_the_plugin_works() -> None:
    host = host_with(Shop(format="vat"))

    state = host.plugins["shop"]
    assert state.state == "loaded"
    assert state.provides == {"jobs": ["shop.sync"], "custom_fields": ["company.shop_vat"]}
    (note,) = state.notes
    assert text_of(note, "en") == (
        "The custom field “shop_vat” waits for the validator “vat”, which no loaded plugin brings."
    )
    assert text_of(note, "ru") == (
        "Поле «shop_vat» ждёт валидатор «vat»: ни один загруженный плагин его не приносит."
    )


def test_record_types_and_field_types_are_waited_for_as_well() -> None:
    spaceship, stars = host_with(Shop(record_type="spaceship")), host_with(Shop(type="stars"))

    assert "the record type “spaceship”" in text_of(spaceship.plugins["shop"].notes[0])
    assert "the field type “stars”" in text_of(stars.plugins["shop"].notes[0])


STAGES: dict[str, Any] = {"type": "stages", "options": {"choices": ["open", "won"]}}


class Listed(Typed):
    @hookimpl
    def register_field_types(self) -> list[FieldType]:
        stages = FieldType(
            key="stages",
            label="Stages",
            schema=lambda options: {"type": "string", "enum": options["choices"]},
            options_schema={"type": "object"},
        )
        return [*super().register_field_types(), stages]


class Deals:
    def __init__(self, leaving: Leaving) -> None:
        self.leaving = leaving

    @hookimpl
    def register_custom_fields(self) -> list[CustomField]:
        company: dict[str, Any] = {"record_type": "company"}
        reason = CustomField(key="deals_reason", label="Why", required_before_leaving=self.leaving, **company)
        text = CustomField(key="deals_text", label="Text", **company)
        return [reason, text, CustomField(key="deals_stage", label="Stage", **company, **STAGES)]


@pytest.mark.parametrize(
    ("leaving", "reason"),
    [
        (Leaving(field="deals_stage", choices=("open",)), ""),
        (Leaving(field="stage_of_the_workspace", choices=("open",)), ""),
        (Leaving(field="deals_stage", choices=("lost",)), "it has no choice “lost”"),
        (Leaving(field="deals_text"), "it is no drop-down list"),
        (Leaving(field="deals_reason"), "it is the field itself"),
    ],
)
def test_a_list_that_plugins_bring_is_left_as_it_can_be(leaving: Leaving, reason: str) -> None:
    host = loaded(PluginChoice(), [Given("deals", Deals(leaving))], builtin=Listed())

    state = host.plugins["deals"]
    assert state.state == ("failed" if reason else "loaded")
    assert reason in text_of(state.reason, "en")
    if reason:
        assert text_of(state.reason, "ru").startswith("Поле «deals_reason» нельзя требовать перед сменой")
