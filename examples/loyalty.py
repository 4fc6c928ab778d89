"""A loyalty programme in one file: points at every contact, and a panel that says what they are worth."""

from typing import Annotated

from msgspec import Struct

import crmcore as crm

POINTS = {"en": "Points", "ru": "Баллы"}
TO_GOLD = {"en": "To gold", "ru": "До золотого"}
NOBODY = {"en": "No points yet.", "ru": "Баллов пока нет."}


class LoyaltySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    gold_from: Annotated[int, crm.setting({"en": "Gold from", "ru": "Золотой от"}, ge=1, le=1_000_000)] = 1000


async def load(subject, plugin):
    custom = (subject.contact or {}).get("custom") or {}
    points, gold = custom.get("loyalty_points"), plugin.settings.gold_from
    if not points:
        return crm.PanelContent(status="empty", message=NOBODY[subject.language])
    left = crm.KeyValue(TO_GOLD[subject.language], crm.Num(max(gold - points, 0)))
    return crm.PanelContent(
        blocks=(crm.Stats((crm.Stat(POINTS[subject.language], crm.Num(points)),)), crm.KeyValues((left,))),
        badge=crm.Badge("Gold", "warn") if points >= gold else None,
    )


@crm.hookimpl
def register_settings():
    return crm.Settings(type=LoyaltySettings)


@crm.hookimpl
def register_custom_fields():
    return [crm.CustomField(record_type="contact", key="loyalty_points", label=POINTS, type="integer")]


@crm.hookimpl
def register_panels():
    title = {"en": "Loyalty", "ru": "Лояльность"}
    return [crm.Panel(key="points", title=title, load=load, icon="star", ttl_s=0)]
