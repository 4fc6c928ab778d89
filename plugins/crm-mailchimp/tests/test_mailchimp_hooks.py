"""Settings, fields and events."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from crm_mailchimp import plugin as hooks
from crm_mailchimp.settings import MailchimpSettings
from mailchimp_api import AUDIENCE, KEY, NOW, Mailchimp
from mailchimp_context import Context

from crmcore import CheckResult, Event, text_of


def event(name: str, changes: dict[str, list[Any]], actor: tuple[str, str] = ("user", "u1")) -> Event:
    """Return an event of a contact."""
    kind, id = actor
    values: dict[str, Any] = {"actor_kind": kind, "actor_id": id, "changes": changes}
    return Event(id=uuid4(), name=name, at=NOW, record_type="contact", record_id=uuid4(), **values)


@pytest.mark.parametrize(
    ("changes", "pushed"),
    [
        ({"custom.mailchimp_opt_in": [None, True], "first_name": ["", "Ann"]}, True),
        ({"first_name": ["", "Ann"], "emails": [[], ["ann@example.com"]]}, False),
    ],
)
async def test_a_new_contact_is_pushed_when_it_opted_in(
    changes: dict[str, list[Any]], pushed: bool, plugin: Context
) -> None:
    happened = event("contact_created", changes)
    await hooks.contact_created(happened, plugin)  # type: ignore[arg-type]
    contact = str(happened.record_id)
    assert plugin.enqueued == ([("push_member", {"contact": contact}, contact)] if pushed else [])


@pytest.mark.parametrize(
    ("field", "pushed"),
    [
        ("emails", True),
        ("first_name", True),
        ("last_name", True),
        ("custom.mailchimp_opt_in", True),
        ("custom.mailchimp_status", False),
        ("notes", False),
        ("last_contact_at", False),
    ],
)
async def test_only_what_mailchimp_knows_is_pushed(field: str, pushed: bool, plugin: Context) -> None:
    await hooks.contact_updated(event("contact_updated", {field: ["a", "b"]}), plugin)  # type: ignore[arg-type]
    assert bool(plugin.enqueued) is pushed


async def test_our_own_writes_come_back_as_no_echo(plugin: Context) -> None:
    ours = event("contact_updated", {"emails": [[], ["a@b.example"]]}, ("plugin", "mailchimp"))
    await hooks.contact_updated(ours, plugin)  # type: ignore[arg-type]
    assert plugin.enqueued == []
    others = event("contact_updated", {"emails": [[], ["a@b.example"]]}, ("plugin", "shopify"))
    await hooks.contact_updated(others, plugin)  # type: ignore[arg-type]
    assert len(plugin.enqueued) == 1


async def test_nothing_is_queued_before_there_is_an_audience(plugin: Context) -> None:
    plugin.settings = MailchimpSettings()
    await hooks.contact_updated(event("contact_updated", {"emails": [[], []]}), plugin)  # type: ignore[arg-type]
    assert plugin.enqueued == []


async def check(plugin: Any) -> CheckResult:
    """Run "Test connection"."""
    test = hooks.register_settings().check
    assert test is not None
    return await test(plugin)


async def test_connected(plugin: Context, mailchimp: Mailchimp) -> None:
    result = await check(plugin)
    assert result.ok
    assert text_of(result.message).startswith("Connected to the audience “")
    assert [path for _, path, _ in mailchimp.asked] == ["/ping", f"/lists/{AUDIENCE}?fields=name"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (MailchimpSettings(), "Enter an API key"),
        (MailchimpSettings(api_key="wrong-us3", audience_id=AUDIENCE), "does not accept the API key"),
        (MailchimpSettings(api_key=KEY, audience_id="0000000000"), "Check the audience ID"),
    ],
)
async def test_not_connected(settings: MailchimpSettings, sentence: str, plugin: Context) -> None:
    plugin.settings = settings
    result = await check(plugin)
    assert not result.ok
    assert sentence in text_of(result.message)
    assert text_of(result.message, "ru") != text_of(result.message, "en")


@pytest.mark.parametrize(
    "key", ["abc", "abc-us3.evil.example", "abc-us3/", "abc@us3", "abc-3us", "-us3", "a b-us3"]
)
def test_the_key_goes_to_mailchimp_only(key: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"api_key": key}, MailchimpSettings)
    assert MailchimpSettings(api_key=KEY).root == "https://us3.api.mailchimp.com/3.0"


def test_settings_and_fields_are_labelled_in_both_languages() -> None:
    schema = msgspec.json.schema(MailchimpSettings)
    properties = schema["$defs"]["MailchimpSettings"]["properties"]
    assert [name for name, setting in properties.items() if setting.get("writeOnly")] == ["api_key"]
    labels = [setting["x-crm"]["label"] for setting in properties.values()]
    labels += [field.label for field in hooks.register_custom_fields()]
    assert all(set(label) == {"en", "ru"} for label in labels)


def test_the_status_is_written_by_the_plugin_alone() -> None:
    fields = {field.key: field for field in hooks.register_custom_fields()}
    assert fields["mailchimp_status"].read_only
    assert not fields["mailchimp_opt_in"].read_only
    choices = [choice["value"] for choice in fields["mailchimp_status"].options["choices"]]
    assert choices == ["subscribed", "unsubscribed", "cleaned", "pending"]
