"""Fields and people for the tests of the register."""

import pytest

from crmcore import Actor, CustomField, system_actor
from crmcore.workspace import Crm

CHOICES = [{"value": "gold", "label": {"en": "Gold", "ru": "Золото"}}, {"value": "silver"}]


@pytest.fixture
def actor() -> Actor:
    """Somebody who may do everything."""
    return system_actor("tests")


@pytest.fixture
async def fields(crm: Crm, actor: Actor) -> Crm:
    """The workspace with one custom field of every built-in type on contacts."""
    declared = [
        CustomField(
            record_type="contact", key="nick", label="Nick", options={"max_length": 10}, filterable=True
        ),
        CustomField(
            record_type="contact",
            key="age",
            label="Age",
            type="number",
            options={"minimum": 0, "maximum": 150, "integer": True},
            filterable=True,
        ),
        CustomField(
            record_type="contact",
            key="tier",
            label={"en": "Tier", "ru": "Уровень"},
            type="drop_down",
            options={"choices": CHOICES},
            filterable=True,
        ),
        CustomField(record_type="contact", key="vip", label="VIP", type="checkbox", filterable=True),
        CustomField(record_type="contact", key="born", label="Born", type="date", filterable=True),
    ]
    for field in declared:
        await crm.fields.create(field, actor=actor)
    return crm
