"""The place where the demo happens: who works there, its fields, its channels."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.accounts.lookup import user_id_of
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import CustomField
from crmcore.demo.topics import TOPIC_GROUPS
from crmcore.errors import NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

EMAIL = "demo@example.com"
CHAT, FORM = "website-chat", "contact"


class Colleague(Struct, frozen=True, kw_only=True):
    """Somebody who works at the demo's shop."""

    email: str
    name: str
    role: str
    language: str = "en"
    time_zone: str = "UTC"


_FORM: dict[str, Any] = {
    "title": {"en": "Write to us", "ru": "Напишите нам"},
    "intro": {"en": "We answer within a working day.", "ru": "Мы отвечаем в течение рабочего дня."},
    "fields": [
        {
            "name": "name",
            "label": {"en": "Your name", "ru": "Ваше имя"},
            "required": True,
            "target": "name",
        },
        {
            "name": "email",
            "label": {"en": "E-mail", "ru": "Почта"},
            "type": "email",
            "required": True,
            "target": "email",
        },
        {"name": "city", "label": {"en": "City", "ru": "Город"}, "target": "contact.custom.city"},
        {
            "name": "topic",
            "label": {"en": "What is it about?", "ru": "О чём вопрос?"},
            "type": "choice",
            "choices": [label["en"] for label in TOPIC_GROUPS.values()],
            "target": "conversation.custom.topic",
        },
        {
            "name": "question",
            "label": {"en": "Your question", "ru": "Ваш вопрос"},
            "type": "multiline",
            "required": True,
            "target": "text",
        },
    ],
    "task_title": "Answer the form",
    "task_due_in_s": 86_400,
}

COLLEAGUES = (
    Colleague(email=EMAIL, name="Dana Moss", role="admin", time_zone="Europe/London"),
    Colleague(email="tom@example.com", name="Tom Okafor", role="agent", time_zone="Europe/Lisbon"),
    Colleague(
        email="vera@example.com", name="Вера Линник", role="agent", language="ru", time_zone="Europe/Moscow"
    ),
)


def _fields(crm: "Crm") -> list[CustomField]:
    tiers = [
        {"value": "gold", "label": {"en": "Gold", "ru": "Золотой"}},
        {"value": "silver", "label": {"en": "Silver", "ru": "Серебряный"}},
        {"value": "standard", "label": {"en": "Standard", "ru": "Обычный"}},
    ]
    topics = [{"value": key, "label": label} for key, label in TOPIC_GROUPS.items()]
    place = {"en": "Place", "ru": "Место"}
    fields = [
        CustomField(
            record_type="contact",
            key="tier",
            label={"en": "Tier", "ru": "Уровень"},
            type="drop_down",
            options={"choices": tiers},
            order=10,
            filterable=True,
        ),
        CustomField(
            record_type="contact", key="city", label={"en": "City", "ru": "Город"}, group=place, order=20
        ),
        CustomField(
            record_type="contact",
            key="country",
            label={"en": "Country", "ru": "Страна"},
            group=place,
            order=30,
            filterable=True,
        ),
        CustomField(
            record_type="contact",
            key="newsletter",
            label={"en": "Newsletter", "ru": "Рассылка"},
            type="checkbox",
            order=40,
        ),
        CustomField(
            record_type="conversation",
            key="topic",
            label={"en": "Topic", "ru": "Тема"},
            type="drop_down",
            options={"choices": topics},
            filterable=True,
        ),
    ]
    if "url" in crm.registry.validators:
        website = {"en": "Website", "ru": "Сайт"}
        fields.append(
            CustomField(record_type="contact", key="website", label=website, format="url", order=50)
        )
    return fields


async def make_colleagues(crm: "Crm") -> dict[str, UUID]:
    """Add the users that are not there yet, without passwords; return every one's id by e-mail."""
    ids: dict[str, UUID] = {}
    for person in COLLEAGUES:
        id = await user_id_of(person.email)
        if id is None:
            id = await crm.accounts.create_user(
                person.email,
                person.name,
                None,
                role=person.role,
                language=person.language,
                time_zone=person.time_zone,
            )
        ids[person.email] = id
    return ids


async def make_fields(crm: "Crm", actor: Actor) -> None:
    """Define the custom fields that are not there yet."""
    for field in _fields(crm):
        known = {definition.key for definition in await crm.fields.list(field.record_type, actor=actor)}
        if field.key not in known:
            await crm.fields.create(field, actor=actor)


async def make_channels(crm: "Crm", actor: Actor) -> None:
    """Add the chat that programs post to and the public contact form, unless they are there."""
    if not await _there(crm, CHAT):
        await crm.channel_accounts.create("api", "Website chat", {}, actor=actor, slug=CHAT)
    if not await _there(crm, FORM):
        await crm.channel_accounts.create("form", "Contact form", _FORM, actor=actor, slug=FORM)


async def _there(crm: "Crm", slug: str) -> bool:
    try:
        await crm.channel_accounts.get(slug)
    except NotFound:
        return False
    return True
