"""A small workspace with people in it, told through the ordinary doors: for the tests and for screenshots."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.channels import InboundRequest
from crmcore.contracts.fields import CustomField
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

PASSWORD = "correct horse battery"
ADMIN, AGENT, VIEWER = "anna@example.com", "ivan@example.com", "vic@example.com"

GRINDER = "Grinder arrived with a cracked hopper"
QUESTIONS = (
    (
        "anna.s@morgenrot.example",
        "Anna Sokolova",
        GRINDER,
        "Good morning! Order #10482 came an hour ago. The box "
        "looks fine but the hopper is cracked along the seam.\n\nWe open the new place on Tuesday, so a replacement "
        "by Monday would save me.",
    ),
    (
        "d.brandt@kaffeehaus.example",
        "Daniel Brandt",
        "Invoice 2026-1187 – VAT number missing",
        "Could you reissue it with our VAT ID DE811907980?",
    ),
    (
        "litvinov@opt.example",
        "Игорь Литвинов",
        "Оптовая поставка, 120 кг в месяц",
        "Добрый день! Пришлите, пожалуйста, прайс на зерно от 100 кг.",
    ),
    (
        "priya@nair.example",
        "Priya Nair",
        "Does the K40 fit 54 mm portafilters?",
        "I have a machine with a 54 mm portafilter. Does the fork of the K40 hold it?",
    ),
    (
        "marta@kowalska.example",
        "Marta Kowalska",
        "Zmiana adresu dostawy #10477",
        "Proszę o zmianę adresu na ul. Długa 14.",
    ),
    (
        "oliver@hughes.example",
        "Oliver Hughes",
        "Subscription pause over Christmas",
        "Please pause my subscription until 11 January.",
    ),
    (
        "kim@svetlana.example",
        "Светлана Ким",
        "Ошибка при оплате картой",
        "Код ошибки 3DS-14, пробовала дважды.",
    ),
)


class Story(Struct, kw_only=True):
    """Who and what there is."""

    admin: Actor
    agent: Actor
    conversations: list[UUID]
    contacts: list[UUID]
    form: str = "write"
    ids: dict[str, UUID] = {}


async def tell(crm: Crm, *, name: str = "") -> Story:
    """Make users, channels, fields, conversations and tasks."""
    system = system_actor("tests")
    admin_id = await crm.accounts.create_user(
        ADMIN, "Anna Admin", PASSWORD, role="admin", time_zone="Europe/Berlin"
    )
    agent_id = await crm.accounts.create_user(
        AGENT, "Максим Орлов", PASSWORD, role="agent", language="ru", time_zone="Europe/Moscow"
    )
    await crm.accounts.create_user(VIEWER, "Vic Viewer", PASSWORD, role="viewer")
    admin = Actor(kind="user", id=str(admin_id), label="Anna Admin", permissions=frozenset({"*"}))
    agent = Actor(
        kind="user", id=str(agent_id), label="Максим Орлов", permissions=frozenset({"*"}), language="ru"
    )
    await _fields(crm, admin)
    api = await crm.channel_accounts.create("api", "Shop help desk", {}, actor=system, slug="shop")
    await crm.channel_accounts.create("form", "Contact form", _form(), actor=system, slug="write")
    for index, (email, person, subject, text) in enumerate(QUESTIONS):
        await _receive(crm, email, person, subject, text, key=f"q{index}")
    await crm.worker.drain()
    await _receive(crm, QUESTIONS[0][0], "Anna Sokolova", "", "Photos are on their way.", key="more")
    await crm.worker.drain()
    page = await crm.records.list("conversation", ListQuery(sort="number", limit=100), actor=system)
    records = page.items
    story = Story(
        admin=admin,
        agent=agent,
        conversations=[record.id for record in records],
        contacts=[record.document["contact_id"] for record in records],
        ids={"admin": admin_id, "agent": agent_id, "api": api},
    )
    await _work(crm, story)
    return story


async def _work(crm: Crm, story: Story) -> None:
    grinder, invoice, wholesale, portafilter, _, pause, _ = story.conversations
    talk, admin = crm.conversations, story.admin
    await talk.assign(grinder, story.ids["admin"], actor=admin)
    await talk.tag(grinder, ["VIP", "Return"], actor=admin)
    await talk.prioritize(grinder, "high", actor=admin)
    await talk.note(
        grinder,
        "Warehouse has 4 hoppers for the K40 in stock.\n@Lena can the courier come today?",
        actor=story.agent,
    )
    await talk.reply(
        grinder,
        "Hi Anna, sorry about that. I am sending a new hopper by express today: it takes "
        "two minutes to swap.\n\nIs Torstraße 118 still the right address?",
        actor=admin,
    )
    await crm.worker.drain()
    await _receive(
        crm,
        QUESTIONS[0][0],
        "Anna Sokolova",
        "",
        "That would be perfect. Yes, Torstraße 118, the side entrance. Thank you!",
        key="thanks",
    )
    await crm.worker.drain()
    await talk.assign(invoice, story.ids["admin"], actor=admin)
    await talk.tag(invoice, ["Billing"], actor=admin)
    await talk.assign(wholesale, story.ids["agent"], actor=admin)
    await talk.tag(wholesale, ["Wholesale"], actor=admin)
    await talk.assign(portafilter, story.ids["admin"], actor=admin)
    await talk.close(pause, actor=admin)
    await crm.records.update(
        "contact",
        story.contacts[0],
        {
            "phones": ["+49 30 555 01 99"],
            "company": "Café Morgenrot",
            "job_title": "Owner",
            "language": "ru",
            "tags": ["VIP"],
            "custom": {"customer_type": "cafe", "beans": 32, "opening": "2026-11-24", "consent": True},
        },
        actor=admin,
    )
    for title, days in (("Call back before 12:00", 0), ("Check hopper delivery", 2)):
        await crm.records.create(
            "task",
            {
                "title": title,
                "assignee_id": str(story.ids["admin"]),
                "contact_id": str(story.contacts[0]),
                "conversation_id": str(grinder),
                "due_at": _later(crm, days),
            },
            actor=admin,
        )


def _later(crm: Crm, days: int) -> str:
    now = crm.clock()
    return (
        now.replace(hour=23, minute=0).isoformat()
        if not days
        else now.replace(month=12, day=days).isoformat()
    )


async def _fields(crm: Crm, admin: Actor) -> None:
    cafe = {"value": "cafe", "label": {"en": "Café", "ru": "Кофейня"}}
    shop = {"value": "shop", "label": {"en": "Shop", "ru": "Магазин"}}
    fields: list[dict[str, Any]] = [
        {
            "key": "customer_type",
            "label": {"en": "Customer type", "ru": "Тип клиента"},
            "type": "drop_down",
            "options": {"choices": [cafe, shop]},
        },
        {
            "key": "beans",
            "label": {"en": "Beans, kg/month", "ru": "Зерно, кг/мес"},
            "type": "number",
            "options": {"minimum": 0},
        },
        {"key": "opening", "label": {"en": "Opening", "ru": "Открытие"}, "type": "date"},
        {"key": "consent", "label": {"en": "Marketing consent", "ru": "Согласие"}, "type": "checkbox"},
    ]
    for order, field in enumerate(fields):
        made = CustomField(record_type="contact", order=order, filterable=True, **field)
        await crm.fields.create(made, actor=admin)
    await crm.fields.create(
        CustomField(record_type="conversation", key="order_number", label={"en": "Order", "ru": "Заказ"}),
        actor=admin,
    )


def _form() -> dict[str, Any]:
    return {
        "title": {"en": "Write to us", "ru": "Напишите нам"},
        "intro": {"en": "We answer within one working day.", "ru": "Отвечаем за один рабочий день."},
        "minimum_fill_s": 2,
        "fields": [
            {"name": "name", "label": {"en": "Your name", "ru": "Ваше имя"}, "target": "name"},
            {"name": "email", "label": "E-mail", "type": "email", "target": "email", "required": True},
            {
                "name": "topic",
                "label": {"en": "Topic", "ru": "Тема"},
                "type": "choice",
                "choices": ["Order", "Invoice", "Other"],
            },
            {
                "name": "text",
                "label": {"en": "Message", "ru": "Сообщение"},
                "type": "multiline",
                "target": "text",
                "required": True,
            },
        ],
    }


async def _receive(crm: Crm, email: str, name: str, subject: str, text: str, *, key: str) -> None:
    await post(crm, "shop", email, name, subject, text, key=key)


async def post(crm: Crm, account: str, email: str, name: str, subject: str, text: str, *, key: str) -> None:
    """Let somebody write to the account, as a program posts it."""
    body = {"delivery_key": key, "from": {"email": email, "name": name}, "subject": subject, "text": text}
    request = InboundRequest(
        method="POST",
        url=f"http://127.0.0.1/api/channels/{account}/inbound",
        headers={"content-type": "application/json"},
        body=msgspec.json.encode(body),
        received_at=crm.clock(),
    )
    await crm.conversations.receive(account, request, actor=system_actor("tests"))
