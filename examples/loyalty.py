"""A loyalty programme in one file: points at every contact, and a panel that says what they are worth."""

from typing import Annotated

from msgspec import Struct

from crmcore import (
    Badge,
    CustomField,
    KeyValue,
    KeyValues,
    Num,
    Panel,
    PanelContent,
    Settings,
    Stat,
    Stats,
    Text,
    hookimpl,
    setting,
)


class LoyaltySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    gold_from: Annotated[int, setting({"en": "Gold from", "ru": "Золотой от"}, ge=1, le=1_000_000)] = 1000


POINTS = {"en": "Points", "ru": "Баллы"}
TO_GOLD = {"en": "To gold", "ru": "До золотого"}
NOBODY = {"en": "No points yet.", "ru": "Баллов пока нет."}


async def load(subject, plugin):
    custom = (subject.contact or {}).get("custom") or {}
    points, gold = custom.get("loyalty_points"), plugin.settings.gold_from
    if not points:
        return PanelContent(status="empty", message=NOBODY[subject.language])
    left = KeyValue(TO_GOLD[subject.language], Num(max(gold - points, 0)) if points < gold else Text("–"))
    return PanelContent(
        blocks=(Stats((Stat(POINTS[subject.language], Num(points)),)), KeyValues((left,))),
        badge=Badge("Gold", "warn") if points >= gold else None,
    )


@hookimpl
def register_settings():
    return Settings(type=LoyaltySettings)


@hookimpl
def register_custom_fields():
    return [
        CustomField(
            record_type="contact", key="loyalty_points", label=POINTS, type="integer", filterable=True
        )
    ]


@hookimpl
def register_panels():
    return [Panel(key="points", title={"en": "Loyalty", "ru": "Лояльность"}, load=load, icon="star", ttl_s=0)]
