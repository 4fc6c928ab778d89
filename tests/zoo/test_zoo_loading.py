"""Every plugin that breaks while it is loaded is reported in a sentence, and the others work."""

import re
import time
from pathlib import Path

import pytest
from zoo_keeping import Cage

from crmcore import Change, text_of
from crmcore.plugins.failures import StartRefused
from crmcore.plugins.host import PluginHost

KEY_RULE = (
    "it must begin with a small letter and have at most 60 small letters, digits, underscores and hyphens."
)

SENTENCES = {
    "import_error": (
        "It could not be imported. ModuleNotFoundError: No module named 'a_library_that_is_not_installed'"
    ),
    "not_there_at_all": "It could not be imported. ModuleNotFoundError: No module named 'animals.not_there_at_all'",
    "healthy:nothing": (
        "It could not be imported. AttributeError: module 'animals.healthy' has no attribute 'nothing'"
    ),
    "wrong_argument": "“contact_created” has no argument “evnt”. Did you mean “event”?",
    "argument_of_another_hook": "“register_panels” takes no arguments, but it asks for “plugin”.",
    "misspelt_hook": "There is no hook “contact_create”. Did you mean “contact_created”?",
    "keyword_only": "“contact_created” declares “plugin” after a “*”: hooks cannot have keyword-only arguments.",
    "takes_anything": "“contact_created” declares “*args” or “**kwargs”: a hook names the arguments it wants.",
    "wrapping": "“before_write” is declared as a wrapper; crmcore does not offer wrappers.",
    "async_register": "“register_panels” is async; hooks that register are plain functions.",
    "hidden_async_register": "“register_panels” is async; hooks that register are plain functions.",
    "no_hooks": "It implements no hook. Is a @hookimpl missing?",
    "returns_one": "What “register_panels” returned is Panel, expected list[Panel].",
    "returns_nothing": "What “register_channels” returned is NoneType, expected list[Channel].",
    "wrong_field": "What “register_panels” returned [1, “orders”] has “order” = str 'high', expected int.",
    "twice": "It brings “animal.sync” (job) twice.",
    "bad_key": f"“Sync now!” cannot be a key (job): {KEY_RULE}",
    "raises": "It failed during “register_panels”: ConnectionError: the shop is closed",
    "exits_at_import": "It tried to end the whole program during its import.",
    "exits_at_register": "It tried to end the whole program during “register_jobs”.",
    "too_many": "“register_panels” returned 10000 items; 1000 is the most.",
    "too_large": "“register_panels” returned far too much data.",
    "unprefixed_field": "“tier” (custom field) must begin with “animal_”.",
    "refused_example": "The validator “zip” refuses its own example “12345”: Too short.",
    "accepted_counter_example": "The validator “zip” accepts its own counter-example “no digits”.",
    "unstable_validator": "The validator “wave” turns “a~”, which it made itself, into “a~~”.",
    "crashing_validator": (
        "The validator “n” does not refuse its counter-example “x” but fails: "
        "ValueError: invalid literal for int() with base 10: 'x'"
    ),
    "required_setting": (
        "The setting “address” of ShopSettings needs a default: a plugin starts before it is configured."
    ),
    "bad_schema": (
        "The JSON Schema of the options of “stars” is not valid: "
        "\"strnig\" is not valid under any of the schemas listed in the 'anyOf' keyword"
    ),
    "impossible_field:Breaks": (
        "The custom field “animal_size” cannot be made by the field type “breaks”: ZeroDivisionError: no choices"
    ),
    "impossible_field:Nonsense": (
        'The JSON Schema of “animal_size” is not valid: "strnig" is not valid under any of the schemas listed in '
        "the 'anyOf' keyword"
    ),
    "impossible_field:UnknownOption": (
        "The custom field “animal_size” cannot be made by the field type “nonsense”: Additional properties are "
        "not allowed ('colour' was unexpected)"
    ),
    "impossible_format:BadPattern": (
        "The check “own” of the custom field “animal_code” cannot have these options: This is no pattern."
    ),
    "impossible_format:Crash": (
        "The check “own” of the custom field “animal_code” cannot have these options: "
        "ZeroDivisionError: no pattern"
    ),
    "impossible_format:UnknownOption": (
        "The check “own” of the custom field “animal_code” cannot have these options: Additional properties are "
        "not allowed ('colour' was unexpected)"
    ),
    "impossible_format:NoText": (
        "The check “own” of the custom field “animal_code” cannot have these options: only texts have checks"
    ),
    "recursive": "It failed during “register_jobs”: RecursionError: maximum recursion depth exceeded",
    "evil_property:Base": "It could not be imported. RuntimeError: cannot be made",
    "tables:UnprefixedTable": "“orders” (table) must begin with “animal_”.",
    "tables:BlockingTable": "The foreign key “animal_order.contact” must be CASCADE or SET NULL.",
    "tables:UnboundTable": "The table “animal_order” is not bound to WORKSPACE_ENGINE.",
    "tables:WrongApp": "Its tables' app is named “shop”; it must be named “animal” like the plugin.",
    "tables:BareRecord": "The table of the record type “order” has no column “version”.",
}


async def assert_neighbour_works(host: PluginHost, change: Change) -> None:
    healthy = host.plugins["healthy"]
    assert healthy.state == "loaded"
    assert healthy.provides == {
        "validators": ["digits"],
        "panels": ["healthy.wellbeing"],
        "jobs": ["healthy.walk"],
        "custom_fields": ["contact.healthy_score"],
    }
    answers = {result.plugin: result for result in await host.dispatch.collect("before_write", change=change)}
    assert [problem.code for problem in answers["healthy"].value] == ["seen"]
    panel = host.registry.panels["healthy.wellbeing"].item
    content = await host.dispatch.run("healthy", "panel.load", panel.load, None, host.context("healthy"))
    assert content.message == "healthy is well"


@pytest.mark.parametrize("animal", SENTENCES)
async def test_a_broken_plugin_is_named_and_the_others_work(cage: Cage, change: Change, animal: str) -> None:
    host = cage(animal)

    state = host.plugins["animal"]
    assert state.state == "failed"
    assert text_of(state.reason, "en") == SENTENCES[animal]
    assert re.search("[а-яё]{3}", text_of(state.reason, "ru")), "there is a Russian sentence"
    assert state.provides == {}
    assert state.hooks == []
    await assert_neighbour_works(host, change)


@pytest.mark.parametrize("animal", SENTENCES)
def test_nothing_of_a_broken_plugin_stays(cage: Cage, animal: str) -> None:
    host = cage(animal)

    assert host.registry.provided_by("animal") == {}
    assert all("animal" not in host.dispatch.implementers(hook) for hook in host.specs)


@pytest.mark.parametrize("animal", ["misspelt_hook", "raises", "unprefixed_field", "exits_at_import"])
def test_strict_refuses_to_start_and_says_why(cage: Cage, animal: str) -> None:
    with pytest.raises(StartRefused) as refused:
        cage(animal, strict=True)

    assert refused.value.sentence() == f"animal: {SENTENCES[animal]}"
    assert [state.name for state in refused.value.states] == ["animal"]


@pytest.mark.parametrize(
    ("animal", "sentence"),
    [
        ("hangs_at_import", "It did not finish its import within 0.3 s."),
        ("hangs_at_register", "It did not finish “register_channels” within 0.3 s."),
        ("hanging_validator", "It did not finish the examples of the validator “slow” within 0.3 s."),
    ],
)
async def test_a_plugin_that_hangs_holds_up_the_start_no_longer_than_its_time(
    cage: Cage, change: Change, animal: str, sentence: str
) -> None:
    began = time.monotonic()

    host = cage(animal, load_timeout_s=0.3)

    assert time.monotonic() - began < 3
    assert text_of(host.plugins["animal"].reason, "en") == sentence
    await assert_neighbour_works(host, change)


def test_a_syntax_error_is_reported_with_its_place(
    cage: Cage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crm_garbled.py").write_text("x = 1\n\ndef broken(:\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    host = cage("crm_garbled", folder="")

    reason = text_of(host.plugins["animal"].reason, "en")
    assert reason.startswith("It could not be imported. SyntaxError: ")
    assert "(crm_garbled.py, line 3)" in reason


async def test_a_key_that_is_taken_fails_the_second_plugin_and_names_both(cage: Cage, change: Change) -> None:
    # Sorted by name, "mimic" comes after "healthy".
    host = cage("duplicate_key", name="mimic")

    assert host.plugins["mimic"].state == "failed"
    assert text_of(host.plugins["mimic"].reason, "en") == (
        "“mimic” brings “digits” (validator), which already belongs to “healthy”."
    )
    assert "mimic.extra" not in host.registry.panels
    assert host.registry.validators["digits"].plugin == "healthy"
    await assert_neighbour_works(host, change)


async def test_a_table_named_like_one_of_the_core_is_refused(cage: Cage, change: Change) -> None:
    host = cage("tables:CoreTable", name="contact")

    assert text_of(host.plugins["contact"].reason, "en") == (
        "“contact” brings “contact_point” (table), which already belongs to “core”."
    )
    await assert_neighbour_works(host, change)


@pytest.mark.parametrize("name", ["a", "Shop", "crm-shop", "2shop", "x" * 32, "магазин", ""])
async def test_a_wrong_name_is_refused_before_anything_is_imported(
    cage: Cage, change: Change, name: str
) -> None:
    host = cage("exits_at_import", name=name)

    assert text_of(host.plugins[name].reason, "en") == (
        f"“{name}” cannot be a plugin's name: it must begin with a small letter and have 2 to 31 small letters, "
        "digits and underscores."
    )
    await assert_neighbour_works(host, change)


@pytest.mark.parametrize("name", ["core", "crmcore"])
async def test_no_plugin_takes_the_name_of_the_core(cage: Cage, change: Change, name: str) -> None:
    host = cage("raises", name=name)

    assert text_of(host.plugins[f"{name}@animals.raises"].reason, "en") == (
        f"The name “{name}” belongs to the core."
    )
    assert host.plugins["core"].state == "loaded"
    await assert_neighbour_works(host, change)


def test_an_attribute_that_bites_is_not_touched(cage: Cage) -> None:
    assert cage("evil_property:Plugin").plugins["animal"].state in ("loaded", "failed")


def test_the_traceback_is_kept_for_whoever_repairs_the_plugin(cage: Cage) -> None:
    assert "the shop is closed" in cage("raises").plugins["animal"].error
    assert cage("misspelt_hook").plugins["animal"].error == ""
