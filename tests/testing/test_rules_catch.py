"""Every rule of the quality scale catches a plugin that breaks it, and says what to do."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
import pytest
from msgspec import Struct
from piccolo.columns import UUID, ForeignKey, Timestamp, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore import (
    Action,
    ActionResult,
    Capabilities,
    CheckResult,
    Connection,
    DataItem,
    InboundMessage,
    InvalidValue,
    Item,
    Items,
    Page,
    PageContent,
    PanelContent,
    Secret,
    Sent,
    Settings,
    Verified,
    hookimpl,
    setting,
)
from crmcore.tables import WORKSPACE_ENGINE, Contact
from crmcore.testing.rules.everything import ALL
from crmcore.testing.samples import Samples

Try = Callable[..., Any]
replace = msgspec.structs.replace
CALLS = {"count": 0}


def good(name: str, attribute: str) -> Any:
    """Return something of the good plugin."""
    import importlib

    return getattr(importlib.import_module(f"crm_kitten.{name}"), attribute)


def hook(name: str, *things: Any) -> dict[str, Any]:
    """Return the hook ``name`` that returns ``things``."""

    @hookimpl(specname=name)
    def registered() -> Any:
        return list(things)

    registered.__name__ = name
    return {name: registered}


def channel(**changes: Any) -> dict[str, Any]:
    return hook("register_channels", replace(good("channel", "CHANNEL"), **changes))


def panel(load: Any = None, **changes: Any) -> dict[str, Any]:
    if load is not None:
        changes["load"] = load
    return hook("register_panels", replace(good("panel", "PANEL"), **changes))


def validator(check: Any = None, **changes: Any) -> dict[str, Any]:
    if check is not None:
        changes["check"] = check
    return hook("register_validators", replace(good("validator", "VALIDATOR"), **changes))


def field_type(**changes: Any) -> dict[str, Any]:
    return hook("register_field_types", replace(good("field_type", "FIELD_TYPE"), **changes))


def job(**changes: Any) -> dict[str, Any]:
    return hook("register_jobs", replace(good("jobs", "JOBS")[0], **changes))


def personal(**changes: Any) -> dict[str, Any]:
    return hook("register_personal_data", replace(good("personal", "VISITS"), **changes))


def settings(type: Any, check: Any = None) -> dict[str, Any]:
    @hookimpl
    def register_settings() -> Settings:
        return Settings(type=type, check=check)

    return {"register_settings": register_settings}


class OpenSettings(Struct, frozen=True, kw_only=True):
    greeting: str = ""
    api_key: str = ""


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    greeting: Annotated[str, setting({"en": "Greeting", "ru": "Приветствие"}, max_length=80)] = ""
    key: Annotated[Secret, setting({"en": "Key", "ru": "Ключ"}, max_length=80)] = ""


WITH_KEY = Samples(settings={"key": "a-key-of-the-samples"})
ASKING = Samples(http=lambda http: http.answer("https://api.example.com/", json={"name": "Ann"}))


async def raises(*_: Any) -> Any:
    raise RuntimeError("no such luck")


async def asks(subject: Any, plugin: Any) -> PanelContent:
    """Shows what its service says, without a thought for failures."""
    answer = await plugin.http.request("GET", "https://api.example.com/")
    return PanelContent(blocks=(Items((Item(msgspec.json.decode(answer.body)["name"]),)),))


async def tells_its_key(subject: Any, plugin: Any) -> PanelContent:
    plugin.log.info(f"asking with {plugin.settings.key}"[::1])
    return PanelContent(status="error", message=f"403 for {plugin.settings.key}")


async def blocks(subject: Any, plugin: Any) -> PanelContent:
    return stands_still()


def takes_anything(request: Any, account: Any) -> Verified:
    return Verified(delivery_key=str(len(request.body)))


def another_key(request: Any, account: Any) -> Verified:
    good("channel", "verify")(request, account)
    return Verified(delivery_key=uuid4().hex)


def reads_first(request: Any, account: Any) -> Verified:
    msgspec.json.decode(request.body)["id"].upper()
    return good("channel", "verify")(request, account)  # type: ignore[no-any-return]


def without_ids(delivery: Any, account: Any) -> list[InboundMessage]:
    return [replace(message, external_id="") for message in good("channel", "parse")(delivery, account)]


def random_ids(delivery: Any, account: Any) -> list[InboundMessage]:
    return [
        replace(message, external_id=uuid4().hex) for message in good("channel", "parse")(delivery, account)
    ]


async def says_sent(*_: Any) -> Sent:
    return Sent(external_id=uuid4().hex)


async def refuses_all(payload: Any, plugin: Any) -> None:
    raise RuntimeError("never")


async def counts(payload: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


async def swallows(payload: Any, plugin: Any) -> None:
    try:
        await plugin.http.request("GET", "https://api.example.com/")
    except Exception:
        return


async def erases_nothing(subject: Any, plugin: Any) -> int:
    return 1


async def erases_all(subject: Any, plugin: Any) -> int:
    table = good("tables", "KittenVisit")
    return len(await table.delete(force=True).returning(table.id))


async def erases_once(subject: Any, plugin: Any) -> int:
    if not (count := await good("personal", "erase")(subject, plugin)):
        raise LookupError("gone")
    return int(count)


async def gives_out_moments(subject: Any, plugin: Any) -> Any:
    yield DataItem(id="1", data={"at": datetime(2026, 1, 1, tzinfo=UTC)})


async def gives_out_nothing(subject: Any, plugin: Any) -> Any:
    for item in ():
        yield item


async def always_well(plugin: Any) -> CheckResult:
    await swallows({}, plugin)
    return CheckResult(ok=True, message="Fine.")


@hookimpl
async def message_received(event: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


@hookimpl
async def merge_contacts(merge: Any) -> list[Any]:
    return []


def accepts_all(value: Any, options: Any) -> str:
    return str(value)


def adds(value: Any, options: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise InvalidValue("No.")
    return value + "!"


def crashes(value: Any, options: Any) -> str:
    return str(value.upper()[0])


def slow(value: Any, options: Any) -> str:
    if isinstance(value, str) and len(value) > 1000:
        time.sleep(1.3)
    return good("validator", "check")(value, options)  # type: ignore[no-any-return]


def repeats(value: Any, options: Any) -> str:
    try:
        return good("validator", "check")(value, options)  # type: ignore[no-any-return]
    except InvalidValue:
        raise InvalidValue({"en": "Not {value}.", "ru": "Не {value}."}, value=value) from None


def in_english(value: Any, options: Any) -> str:
    try:
        return good("validator", "check")(value, options)  # type: ignore[no-any-return]
    except InvalidValue:
        raise InvalidValue("No.") from None


def needs_options(value: Any, options: Any) -> str:
    if options:
        options["minimum"] + 1
    return good("validator", "check")(value, options)  # type: ignore[no-any-return]


def apps(**columns: Any) -> Callable[[], dict[str, Any]]:
    """Return a plugin with one table of these columns, made as they are told."""

    def made() -> dict[str, Any]:
        table: Any = type(
            "KittenBowl",
            (Table,),
            {"id": UUID(primary_key=True, default=uuid4), **{name: make() for name, make in columns.items()}},
            db=WORKSPACE_ENGINE,
            tablename="kitten_bowl",
        )
        app = AppConfig(
            app_name="kitten", migrations_folder_path=str(Path(__file__).parent), table_classes=[table]
        )

        @hookimpl
        def register_tables() -> AppConfig:
            return app

        return {"register_tables": register_tables, "merge_contacts": None, "register_personal_data": None}

    return made


STILL = """
import time


def stands_still():
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        pass
    return None
"""


def stands_still() -> Any:
    import importlib

    return importlib.import_module("crm_kitten.still").stands_still() or PanelContent(status="empty")


BROKEN: list[tuple[str, Callable[[], dict[str, Any]], Samples | None, str]] = [
    # rule, how the plugin is spoilt, samples, a part of what is said
    ("plugin.loads", lambda: hook("register_panel"), None, "Did you mean “register_panels”?"),
    ("plugin.keys_are_words", lambda: panel(key="greeting-"), None, "lower-case word"),
    (
        "plugin.starts_unconfigured",
        lambda: job(run=refuses_all, every_s=60),
        None,
        "before anything is configured",
    ),
    ("plugin.secrets_are_marked", lambda: settings(OpenSettings), Samples(), "crmcore.Secret"),
    (
        "plugin.settings_refuse_unknown_names",
        lambda: settings(OpenSettings),
        Samples(),
        "forbid_unknown_fields",
    ),
    ("plugin.settings_are_bounded", lambda: settings(OpenSettings), Samples(), "max_length"),
    (
        "plugin.test_connection_answers",
        lambda: settings(KeySettings, raises),
        WITH_KEY,
        "CheckResult(ok=False",
    ),
    ("plugin.test_connection_answers", lambda: settings(KeySettings, always_well), WITH_KEY, "all is well"),
    ("plugin.icons_are_there", lambda: panel(icon="no-such-icon"), None, "/gallery"),
    ("plugin.speaks_both_languages", lambda: panel(title="Say hello"), None, "{'en': …, 'ru': …}"),
    ("plugin.speaks_both_languages", lambda: panel(title={"en": "Hello"}), None, "no text in “ru”"),
    ("plugin.events_are_taken_twice", lambda: {"message_received": message_received}, None, "event.id"),
    ("channel.capabilities_hold_together", lambda: channel(send=None), None, "has no send"),
    ("channel.accounts_can_be_made", lambda: channel(check=raises), None, "CheckResult(ok=False"),
    ("channel.genuine_deliveries_are_taken", lambda: channel(verify=another_key), None, "several keys"),
    ("channel.unsigned_is_refused", lambda: channel(verify=takes_anything), None, "raise Forged"),
    ("channel.foreign_secret_is_refused", lambda: channel(verify=takes_anything), None, "another secret"),
    ("channel.hostile_bodies_are_refused_quickly", lambda: channel(verify=reads_first), None, "raise Forged"),
    ("channel.messages_are_whole", lambda: channel(parse=without_ids), None, "one of its own"),
    (
        "channel.messages_are_whole",
        lambda: channel(capabilities=Capabilities(reply=True, identity_kinds=("email",))),
        None,
        "name it in identity_kinds",
    ),
    ("channel.parsing_is_repeatable", lambda: channel(parse=random_ids), None, "no random ids"),
    ("channel.replay_is_idempotent", lambda: channel(parse=random_ids), None, "external_id"),
    ("channel.nonsense_is_quarantined", lambda: channel(verify=reads_first), None, "raise InvalidValue"),
    (
        "channel.addresses_have_one_form",
        lambda: channel(normalize_identity=lambda identity: replace(identity, value=identity.value + "x")),
        None,
        "of its own",
    ),
    ("channel.replies_are_never_lost", lambda: channel(send=says_sent), None, "raise SendFailed"),
    ("channel.replies_are_sent", lambda: channel(send=raises), None, "is not sent"),
    (
        "field_type.makes_a_schema",
        lambda: field_type(schema=lambda options: {"type": "whole"}),
        None,
        "is none",
    ),
    (
        "field_type.options_are_closed",
        lambda: field_type(options_schema={"type": "object"}),
        None,
        "additionalProp",
    ),
    (
        "field_type.good_values_fit",
        lambda: field_type(clean=lambda value, options: "x"),
        None,
        "schema refuses",
    ),
    (
        "field_type.one_form_is_stored",
        lambda: field_type(clean=lambda value, options: int(value) % 5 + 1),
        None,
        "once more",
    ),
    (
        "field_type.odd_values_are_refused",
        lambda: field_type(clean=lambda value, _: int(value)),
        None,
        "InvalidValue",
    ),
    (
        "field_type.everything_is_rendered",
        lambda: field_type(render=lambda value, *_: value),
        None,
        "must be a text",
    ),
    (
        "field_type.old_values_are_rendered",
        lambda: field_type(render=lambda value, *_: "★" * value),
        None,
        "str(value)",
    ),
    ("field_type.operators_are_known", lambda: field_type(operators=("like",)), None, "nobody knows: like"),
    (
        "field_type.little_of_a_secret_is_shown",
        lambda: field_type(sensitive=True, shown_last=9),
        None,
        "at most 4",
    ),
    ("validator.shows_examples", lambda: validator(examples=("LC-1234",)), None, "two examples"),
    (
        "validator.stored_form_passes",
        lambda: validator(adds, examples=(), counter_examples=()),
        None,
        "unchanged",
    ),
    ("validator.any_text_is_answered_quickly", lambda: validator(slow), None, "more than a second"),
    (
        "validator.any_text_is_answered_quickly",
        lambda: validator(crashes, examples=(), counter_examples=()),
        None,
        "raise InvalidValue",
    ),
    (
        "validator.other_types_are_refused",
        lambda: validator(accepts_all, counter_examples=()),
        None,
        "which is no text",
    ),
    ("validator.refusals_keep_the_value", lambda: validator(repeats), None, "repeats the value"),
    ("validator.refusals_are_sentences", lambda: validator(in_english), None, "in one language"),
    (
        "validator.options_are_described",
        lambda: validator(options_schema={"type": "object"}),
        None,
        "take any name",
    ),
    ("validator.senseless_options_are_survived", lambda: validator(needs_options), None, "with the options"),
    ("validator.little_of_a_secret_is_shown", lambda: validator(shown_last=2), None, "of a sensitive value"),
    ("panel.answers_in_every_slot", lambda: panel(raises), None, "PanelContent(status='error'"),
    ("panel.knows_nobody", lambda: panel(raises), None, "of whom nothing is known"),
    ("panel.waits_to_be_set_up", lambda: panel(asks), None, "before it is configured"),
    ("panel.survives_an_outage", lambda: panel(asks), ASKING, "while its service is away"),
    ("panel.survives_garbage", lambda: panel(asks), ASKING, "on the answer 500"),
    ("panel.survives_garbage", lambda: panel(asks), Samples(), "raises"),
    ("panel.keeps_its_bounds", lambda: panel(timeout_s=60), None, "at most 10"),
    ("job.are_awaited", lambda: job(run=print), None, "async def"),
    ("job.run_to_their_end", lambda: job(run=refuses_all), None, "on a good payload"),
    ("job.have_bounds", lambda: job(timeout_s=9_999.0), None, "in parts"),
    ("job.have_names", lambda: job(label="", every_s=60), None, "has no label"),
    ("job.done_twice_is_done_once", lambda: job(run=counts), None, "done twice"),
    ("job.failures_are_kept", lambda: job(run=swallows), None, "raise Retry"),
    ("tables.follow_a_merge", lambda: {"merge_contacts": None}, None, "implement merge_contacts"),
    ("tables.follow_a_merge", lambda: {"merge_contacts": merge_contacts}, None, "0 followed"),
    ("tables.are_made", apps(place=lambda: Varchar(length=10)), None, "No migration makes the table"),
    ("tables.know_their_zone", apps(at=Timestamp), None, "Timestamptz"),
    (
        "tables.are_found_by_contact",
        apps(contact=lambda: ForeignKey(references=Contact, on_delete=OnDelete.cascade)),
        None,
        "index=True",
    ),
    ("tables.let_the_core_delete", dict, Samples(), "Samples(story=…)"),
    ("personal_data.is_registered", lambda: {"register_personal_data": None}, None, "register_personal_data"),
    ("personal_data.strangers_have_nothing", lambda: personal(erase=erases_nothing), None, "does not know"),
    ("personal_data.all_is_given_out", lambda: personal(export=gives_out_nothing), None, "exports nothing"),
    ("personal_data.all_is_given_out", lambda: personal(export=gives_out_moments), None, "no JSON"),
    ("personal_data.neighbours_stay", lambda: personal(erase=erases_all), None, "somebody else"),
    ("personal_data.erasing_again_is_quiet", lambda: personal(erase=erases_once), None, "once more"),
]


class Shop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Annotated[Secret, setting({"en": "Secret", "ru": "Секрет"}, min_length=16, max_length=200)]


async def handles(delivery: Any, account: Any, plugin: Any) -> None:
    await plugin.store.set(f"seen:{delivery.delivery_key}", True)


async def handles_again(delivery: Any, account: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


async def hello(request: Any, plugin: Any) -> PageContent:
    return PageContent()


async def reads_numbers(request: Any, plugin: Any) -> PageContent:
    int(request.query.get("after", "0"))
    return PageContent()


async def done(call: Any, plugin: Any) -> ActionResult:
    return ActionResult(message="Done.")


async def too_few(actor: Any, plugin: Any) -> int:
    return -1


class OpenForm(Struct, frozen=True, kw_only=True):
    note: str = ""


class NeedyForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: int


SHOP_SECRET = "a-secret-of-the-samples"


def shop(**changes: Any) -> dict[str, Any]:
    basic = {"key": "kitten_shop", "label": {"en": "Shop", "ru": "Магазин"}, "config": Shop}
    functions = {"verify": good("channel", "verify"), "handle": handles}
    return hook("register_connections", Connection(**{**basic, **functions, **changes}))


def shop_samples() -> Samples:
    import crm_kitten.samples as own  # type: ignore[import-not-found]  # made by the fixture

    given = own.SAMPLES.deliveries["kitten"]
    return Samples(accounts={"kitten_shop": {"secret": SHOP_SECRET}}, deliveries={"kitten_shop": given})


def action(**changes: Any) -> dict[str, Any]:
    basic = {"key": "press", "label": {"en": "Press", "ru": "Нажать"}, "run": done, "on": ("contact",)}
    return hook("register_actions", Action(**{**basic, **changes}))


def page(**changes: Any) -> dict[str, Any]:
    basic = {"key": "hello", "title": {"en": "Hello", "ru": "Привет"}, "load": hello}
    return hook("register_pages", Page(**{**basic, **changes}))


BROKEN += [
    ("connection.verify_and_handle_belong_together", lambda: shop(handle=None), None, "no handle"),
    ("connection.accounts_can_be_made", lambda: shop(check=raises), None, "CheckResult(ok=False"),
    ("connection.genuine_deliveries_are_taken", lambda: shop(verify=another_key), None, "several keys"),
    ("connection.forged_is_refused", lambda: shop(verify=takes_anything), None, "raise Forged"),
    ("connection.hostile_bodies_are_refused_quickly", lambda: shop(verify=reads_first), None, "InvalidValue"),
    ("connection.replay_is_idempotent", lambda: shop(handle=handles_again), None, "did its work twice"),
    ("connection.replay_is_idempotent", lambda: shop(handle=raises), None, "is not handled"),
    ("action.forms_can_be_prepared", lambda: action(form=OpenForm, prepare=raises), None, "raise Refusal"),
    ("action.forms_can_be_prepared", lambda: action(form=NeedyForm, prepare=done), None, "not what its form"),
    ("action.tell_what_came_of_it", lambda: action(run=raises), None, "ActionResult(tone='bad'"),
    ("action.tell_what_came_of_it", lambda: action(form=NeedyForm), None, "Samples(forms="),
    ("action.have_bounds", lambda: action(timeout_s=600.0), None, "enqueue a job"),
    ("action.ask_before_they_harm", lambda: action(tone="danger"), None, "confirm="),
    ("action.forms_refuse_unknown_names", lambda: action(form=OpenForm), None, "forbid_unknown_fields"),
    ("page.answer", lambda: page(load=raises), None, "show a Note"),
    ("page.answer_before_they_are_set_up", lambda: page(load=raises), None, "before it is configured"),
    ("page.survive_an_outage", lambda: page(load=raises), None, "while its service is away"),
    ("page.survive_odd_addresses", lambda: page(load=reads_numbers), None, "for ?after="),
    ("page.counts_are_numbers", lambda: page(count=too_few), None, "0 or more"),
]


@pytest.mark.parametrize(
    ("rule", "spoil", "samples", "said"), BROKEN, ids=[f"{n}-{broken[0]}" for n, broken in enumerate(BROKEN)]
)
def test_a_broken_plugin_is_caught_with_a_sentence_that_helps(
    rule: str,
    spoil: Callable[[], dict[str, Any]],
    samples: Samples | None,
    said: str,
    kitten: Path,
    tried: Try,
) -> None:
    if rule.startswith("connection"):
        samples = shop_samples()
    [finding] = tried(rule, samples=samples, **spoil()).findings

    assert finding.state in ("broken", "unshown"), finding
    assert said in finding.sentence, finding.sentence


def test_a_secret_in_a_panel_or_a_log_is_caught(kitten: Path, tried: Try) -> None:
    spoilt = {**settings(KeySettings), **panel(tells_its_key)}
    report = tried("panel.knows_nobody", "plugin.secrets_stay", samples=WITH_KEY, **spoilt)

    assert "A secret stands in the panel “greeting”" in report.of("plugin.secrets_stay").sentence


def test_whoever_keeps_the_loop_waiting_is_named_with_the_line(kitten: Path, tried: Try) -> None:
    (kitten / "src" / "crm_kitten" / "still.py").write_text(STILL, encoding="utf-8")
    report = tried("panel.knows_nobody", "plugin.loop_is_free", **panel(blocks))

    assert "still.py, line " in report.of("plugin.loop_is_free").sentence


def test_a_plugin_that_hangs_is_told_and_the_others_go_on(kitten: Path, tried: Try) -> None:
    async def hangs(*_: Any) -> PanelContent:
        await asyncio.sleep(3600)
        return PanelContent()

    report = tried("panel.knows_nobody", "panel.keeps_its_bounds", **panel(hangs, timeout_s=0.1))

    assert "takes longer than its 0.1 s" in report.of("panel.knows_nobody").sentence
    assert report.of("panel.keeps_its_bounds").state == "kept"


@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [
        ("plugin.imports_what_is_promised", "from crmcore.records.gate import Gate\n", "import from crmcore"),
        ("plugin.has_one_way_out", "import urllib.request\n", "plugin.http"),
        ("plugin.takes_the_clock", "import datetime\nNOW = datetime.datetime.now()\n", "plugin.now()"),
        ("tables.migrations_are_frozen", "", "as they are at that moment"),
    ],
)
def test_its_sources_are_read(rule: str, code: str, said: str, kitten: Path, tried: Try) -> None:
    package = kitten / "src" / "crm_kitten"
    file = package / ("spoilt.py" if code else "migrations/kitten_2026_02.py")
    file.write_text(code or "from crm_kitten.tables import KittenVisit\n", encoding="utf-8")
    try:
        [finding] = tried(rule).findings
    finally:
        file.unlink()

    assert finding.state == "broken" and said in finding.sentence, finding


def test_nearly_every_rule_is_shown_to_catch_something() -> None:
    """What is left needs a broken core, or a distribution that pip has installed."""
    caught = {broken[0] for broken in BROKEN} | {
        *("plugin.secrets_stay", "plugin.loop_is_free", "plugin.imports_what_is_promised"),
        *("plugin.has_one_way_out", "plugin.takes_the_clock", "tables.migrations_are_frozen"),
    }
    assert {rule.key for rule in ALL} - caught == {
        *("plugin.starts_again", "plugin.comes_back", "plugin.purges", "plugin.loads_twice"),
        *(
            "plugin.has_a_version",
            "plugin.names_compatible_core",
            "plugin.describes_itself",
            "plugin.is_typed",
        ),
        *("channel.has_a_name", "channel.hostile_text_is_escaped", "channel.order_does_not_matter"),
        *(
            "field_type.goes_through_the_gate",
            "field_type.hostile_values_are_escaped",
            "validator.works_in_a_field",
        ),
        *("panel.hostile_text_is_escaped", "panel.stays_small", "panel.speaks_the_readers_language"),
        *("tables.go_back_and_forth", "job.odd_payloads_end", "personal_data.all_is_erased"),
        *("personal_data.an_outage_stops_it", "connection.nonsense_is_kept", "page.hostile_text_is_escaped"),
        "page.stay_small",
    }
