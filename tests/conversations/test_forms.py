import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from posting import ADMIN, conversations, deliveries, drained, messages, request

from crmcore import CustomField
from crmcore.contacts.tables import Contact
from crmcore.contracts.channels import Verified
from crmcore.conversations.rate import AddressLimit
from crmcore.conversations.tables import FormSending
from crmcore.errors import Invalid, NotFound, NotSignedIn, TooMany
from crmcore.tasks.tables import Task
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

CONFIG: dict[str, Any] = {
    "title": {"en": "Ask us", "ru": "Спросите нас"},
    "intro": "We answer within a day.",
    "task_title": "Answer the form",
    "task_due_in_s": 7200,
    "fields": [
        {"name": "first", "label": "First name", "target": "contact.first_name"},
        {"name": "mail", "label": "E-mail", "type": "email", "required": True, "target": "email"},
        {"name": "tel", "label": "Phone", "type": "phone", "target": "phone"},
        {
            "name": "tier",
            "label": "Tier",
            "type": "choice",
            "choices": ["gold", "silver"],
            "target": "contact.custom.tier",
        },
        {"name": "seats", "label": "Seats", "type": "number", "target": "conversation.custom.seats"},
        {"name": "day", "label": "Day", "type": "date"},
        {"name": "news", "label": {"en": "News", "ru": "Новости"}, "type": "checkbox"},
        {"name": "question", "label": "Question", "type": "multiline", "required": True, "target": "text"},
    ],
}
ANSWERS = {
    "first": "Anna",
    "mail": "anna@example.com",
    "tel": "(415) 555-2671",
    "tier": "gold",
    "seats": "4",
    "day": "2026-12-24",
    "news": "on",
    "question": "Is there a table?\r\nNear the window?",
}


async def form(crm: Crm, **more: Any) -> None:
    await crm.fields.create(CustomField(record_type="contact", key="tier", label="Tier"), actor=ADMIN)
    await crm.fields.create(
        CustomField(
            record_type="conversation", key="seats", label="Seats", type="number", options={"maximum": 8}
        ),
        actor=ADMIN,
    )
    await crm.channel_accounts.create("form", "Table", CONFIG | more, actor=ADMIN, slug="table")


async def submit(crm: Crm, clock: TurnableClock, wait_s: float = 30, **changed: Any) -> Verified:
    token = changed.pop("token", None) or (await crm.forms.definition("table")).token
    clock.advance(wait_s)
    more = {key: changed.pop(key) for key in ("trap", "remote_address") if key in changed}
    return await crm.forms.submit(
        "table",
        ANSWERS | changed,
        token=token,
        url="http://crm.example/f/table",
        user_agent="Firefox",
        **more,
    )


async def test_a_filled_form_becomes_contact_conversation_and_task(crm: Crm, clock: TurnableClock) -> None:
    await form(crm)
    answer = await submit(crm, clock, remote_address="192.0.2.9")
    assert msgspec.json.decode(answer.answer)["state"] == "accepted"
    await drained(crm)
    [row] = await conversations()
    conversation = (await crm.records.get("conversation", row["id"], actor=ADMIN)).document
    assert conversation["subject"] == "Ask us" and conversation["custom"] == {"seats": 4}
    contact = (await crm.records.get("contact", row["contact"], actor=ADMIN)).document
    assert (contact["name"], contact["emails"], contact["phones"]) == (
        "Anna",
        ["anna@example.com"],
        ["(415) 555-2671"],
    )
    assert (contact["custom"], contact["ip_address"], contact["browser"]) == (
        {"tier": "gold"},
        "192.0.2.9",
        "Firefox",
    )
    [message] = await messages("inbound")
    assert message["text"] == "Is there a table?\nNear the window?\n\nDay: 2026-12-24\nNews: yes"
    [task] = await Task.select()
    assert (task["title"], task["conversation"], task["contact"]) == (
        "Answer the form",
        row["id"],
        row["contact"],
    )
    assert task["due_at"] == clock() + timedelta(hours=2)
    assert await messages("note") == []


async def test_the_definition_is_in_the_asked_language(crm: Crm) -> None:
    await form(crm)
    russian = await crm.forms.definition("table", "ru")
    assert (russian.title, russian.submit, russian.intro) == (
        "Спросите нас",
        "Отправить",
        "We answer within a day.",
    )
    assert [field.label for field in russian.inputs][6] == "Новости"
    assert russian.trap == "website"
    assert (await crm.forms.definition("table")).token != russian.token


async def test_an_unconfigured_form_asks_the_ordinary_questions(crm: Crm, clock: TurnableClock) -> None:
    await crm.channel_accounts.create("form", "Contact", {}, actor=ADMIN, slug="contact")
    definition = await crm.forms.definition("contact", "ru")
    assert [field.name for field in definition.inputs] == ["name", "email", "message"]
    clock.advance(10)
    await crm.forms.submit(
        "contact",
        {"name": "Анна Петрова", "email": "anna@example.com", "message": "Здравствуйте!"},
        token=definition.token,
        url="",
    )
    await drained(crm)
    [contact] = await Contact.select()
    assert (contact["first_name"], contact["last_name"]) == ("Анна", "Петрова")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"mail": ""}, "mail"),
        ({"mail": "nobody"}, "mail"),
        ({"tel": "call me"}, "tel"),
        ({"tier": "bronze"}, "tier"),
        ({"seats": "many"}, "seats"),
        ({"seats": "1,500"}, "seats"),
        ({"day": "24.12.2026"}, "day"),
        ({"question": "x" * 20_001}, "question"),
        ({"question": "a\x00b"}, "question"),
        ({"question": " "}, "question"),
        ({"first": "x" * 501}, "first"),
    ],
)
async def test_answers_that_do_not_fit_are_told_by_their_field(
    crm: Crm, clock: TurnableClock, changed: dict[str, str], name: str
) -> None:
    await form(crm)
    with pytest.raises(Invalid) as refused:
        await submit(crm, clock, **changed)
    assert [problem.path for problem in refused.value.problems] == [f"/{name}"]
    assert refused.value.problems[0].sentence("ru")
    assert await deliveries() == []


async def test_an_answer_needs_a_field_that_is_there(crm: Crm) -> None:
    def asking(target: str) -> dict[str, Any]:
        return {"fields": [CONFIG["fields"][1], {"name": "extra", "label": "Extra", "target": target}]}

    await form(crm)
    for target in ("contact.custom.nope", "conversation.custom.tier"):
        with pytest.raises(Invalid) as refused:
            await crm.channel_accounts.create("form", "Other", asking(target), actor=ADMIN, slug="other")
        (problem,) = refused.value.problems
        assert (problem.path, problem.code) == ("/config/fields/1/target", "unknown_target")
        for language in ("en", "ru"):
            assert target in problem.sentence(language)
            assert "contact.custom.tier, conversation.custom.seats" in problem.sentence(language)
        assert problem.sentence("en") != problem.sentence("ru")
    with pytest.raises(NotFound):
        await crm.channel_accounts.get("other")

    found = await crm.channel_accounts.get("table")
    with pytest.raises(Invalid):
        await crm.channel_accounts.update(
            found.row["id"], {"config": asking("contact.custom.nope")}, actor=ADMIN
        )
    assert len((await crm.forms.definition("table")).inputs) == len(CONFIG["fields"])
    await crm.channel_accounts.update(found.row["id"], {"config": asking("contact.custom.tier")}, actor=ADMIN)
    assert len((await crm.forms.definition("table")).inputs) == 2


async def test_a_value_the_gate_refuses_becomes_a_note(crm: Crm, clock: TurnableClock) -> None:
    await form(crm)
    await submit(crm, clock, seats="9")
    await drained(crm)
    [row] = await conversations()
    assert row["message_count"] == 1
    [note] = await messages("note")
    assert "custom.seats = 9: This must be at most 8." in note["text"]


@pytest.mark.parametrize("how", ["trap", "haste"])
async def test_what_a_machine_filled_is_dropped_and_kept_in_view(
    crm: Crm, clock: TurnableClock, how: str
) -> None:
    await form(crm)
    if how == "trap":
        answer = await submit(crm, clock, trap="http://casino.example")
    else:
        answer = await submit(crm, clock, wait_s=0)
    assert answer.status == 202
    await drained(crm)
    [delivery] = await deliveries()
    assert delivery["state"] == "dropped" and "trap" in delivery["error"]
    assert await conversations() == []
    await crm.conversations.replay(delivery["id"], actor=ADMIN, accept=True)
    await drained(crm)
    assert len(await conversations()) == 1


async def test_a_person_with_a_quick_hand_is_heard(crm: Crm, clock: TurnableClock) -> None:
    await form(crm)
    await submit(crm, clock, wait_s=1)
    await drained(crm)
    [delivery] = await deliveries()
    assert delivery["state"] == "done"
    assert len(await conversations()) == 1


async def test_one_opened_form_is_sent_once(crm: Crm, clock: TurnableClock) -> None:
    await form(crm)
    token = (await crm.forms.definition("table")).token
    first = await submit(crm, clock, token=token)
    assert await submit(crm, clock, token=token) == first
    await drained(crm)
    assert len(await messages("inbound")) == 1


async def test_a_token_of_another_form_or_of_nobody_is_refused(crm: Crm, clock: TurnableClock) -> None:
    await form(crm, limit_per_address=100)
    await crm.channel_accounts.create("form", "Other", {}, actor=ADMIN, slug="other")
    other = (await crm.forms.definition("other")).token
    own = (await crm.forms.definition("table")).token
    for token in (other, "x", "", "1.2.3", "é", own[:-1], own.replace(".", "..", 1)):
        with pytest.raises((NotSignedIn, Invalid)):
            await crm.forms.submit("table", ANSWERS, token=token, url="")
    assert await deliveries() == []


async def test_a_form_left_open_for_days_is_asked_to_be_loaded_again(crm: Crm, clock: TurnableClock) -> None:
    await form(crm)
    with pytest.raises(Invalid) as refused:
        await submit(crm, clock, wait_s=86_401)
    assert refused.value.problems[0].code == "form_expired"


async def test_one_address_has_a_limit_and_others_have_their_own(crm: Crm, clock: TurnableClock) -> None:
    await form(crm, limit_per_address=3, limit_window_s=600)
    for _ in range(3):
        await submit(crm, clock, remote_address="2001:db8::1")
    with pytest.raises(TooMany) as refused:
        await submit(crm, clock, remote_address="2001:db8::ffff")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 601
    await submit(crm, clock, remote_address="2001:db8:0:1::1")
    await submit(crm, clock, remote_address="192.0.2.1")
    clock.advance(-3600)
    await submit(crm, clock, remote_address="192.0.2.2")
    clock.advance(3600 + 700)
    await submit(crm, clock, remote_address="2001:db8::1")


async def test_the_limit_of_an_address_holds_for_every_process_and_over_a_clock_set_back(
    crm: Crm, clock: TurnableClock
) -> None:
    one, other = AddressLimit(clock), AddressLimit(clock)
    together = await asyncio.gather(*(limit.take("table", "192.0.2.1", 3, 600) for limit in [one, other] * 4))
    assert sorted(together)[:3] == [0, 0, 0] and min(sorted(together)[3:]) > 590
    assert await AddressLimit(clock).take("table", "192.0.2.1", 3, 600) == 600

    clock.advance(-7200)
    assert 590 < await other.take("table", "192.0.2.1", 3, 600) <= 600
    clock.advance(601)
    assert await other.take("table", "192.0.2.1", 3, 600) == 0
    assert await FormSending.count() == 4
    clock.advance(90_000)
    await one.forget_old()
    assert await FormSending.count() == 0


async def test_a_paused_form_and_another_channel_are_no_forms(crm: Crm) -> None:
    await form(crm)
    account = (await crm.channel_accounts.get("table")).row["id"]
    await crm.channel_accounts.pause(account, actor=ADMIN)
    await crm.channel_accounts.create("api", "Api", {}, actor=ADMIN, slug="api")
    for slug in ("table", "api", "nothing"):
        with pytest.raises(NotFound):
            await crm.forms.definition(slug)


async def test_nobody_posts_to_a_form_around_its_page(crm: Crm) -> None:
    await form(crm)
    for body in (b"{}", b"nonsense", b'{"token": "x", "values": {}}', b"\xff"):
        with pytest.raises((Invalid, NotSignedIn)):
            await crm.conversations.receive("table", request(crm, body))
    assert await deliveries() == []


@pytest.mark.parametrize(
    ("body", "path", "code", "russian"),
    [
        (b"nonsense", "", "not_a_form", "Это не заполненная форма"),
        (b'{"values": {}}', "/token", "required", "обязательное"),
        (b'{"token": 1, "values": {}}', "/token", "wrong_type", "текст"),
        (b'{"token": "x", "values": {}, "more": 1}', "/more", "unknown_field", "more"),
    ],
)
async def test_what_is_no_filled_form_is_told_in_both_languages(
    crm: Crm, body: bytes, path: str, code: str, russian: str
) -> None:
    await form(crm)
    with pytest.raises(Invalid) as refused:
        await crm.conversations.receive("table", request(crm, body))
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == (path, code)
    assert russian in problem.sentence("ru") and "Expected" not in problem.sentence("ru")
