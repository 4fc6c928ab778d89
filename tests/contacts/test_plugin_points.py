"""Contact points as plugins read and mark them, and saved views as they walk through them."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from crmcore import system_actor
from crmcore.contacts.tables import ContactPoint
from crmcore.errors import NotFound
from crmcore.services import WorkspaceServices
from crmcore.views.tables import SavedView
from crmcore.workspace import Crm

ADMIN = system_actor("tests")


async def person(crm: Crm, *emails: str, **more: Any) -> UUID:
    """Make a contact and return its id."""
    return (await crm.records.create("contact", {"emails": list(emails), **more}, actor=ADMIN)).id


async def test_marking_a_point_is_told_once_and_stands_in_the_history(crm: Crm) -> None:
    ann = await person(crm, "Ann@Example.com", "ann@work.example")
    points = WorkspaceServices(crm).points_for("mailchimp")
    assert await points.mark("email", "ANN@example.com", opt_out=True, reason="Unsubscribed")
    assert not await points.mark("email", "ann@example.com", opt_out=True)
    assert not await points.mark("email", "nobody@example.com", bounced=True)
    assert not await points.mark("email", "no address", bounced=True)
    first, second = await points.of([ann])
    assert (first.value, first.opt_out, first.bounced, second.opt_out) == (
        "Ann@example.com",
        True,
        False,
        False,
    )
    (found,) = await points.find("email", ["ann@EXAMPLE.com", "unknown@example.com", "nonsense"])
    assert (found.contact, found.opt_out) == (ann, True)
    latest, *_ = await crm.records.history("contact", ann, actor=ADMIN)
    assert latest.changes == {"opted_out": [False, True]}
    assert (latest.actor_id, latest.reason) == ("mailchimp", "Unsubscribed")
    # Changing the contact keeps what is known of its points.
    await crm.records.update("contact", ann, {"emails": ["ann@example.com"]}, actor=ADMIN)
    assert await ContactPoint.count().where(ContactPoint.opt_out.eq(True)) == 1
    assert await points.mark("email", "ann@example.com", opt_out=False)


async def test_a_plugin_walks_through_all_records_and_through_shared_views(crm: Crm) -> None:
    ids = [await person(crm, f"p{n}@example.com", job_title="boss" if n % 2 else "") for n in range(5)]
    services = WorkspaceServices(crm)
    seen, cursor = [], ""
    while True:
        page = await services.records_for("mailchimp").page("contact", cursor=cursor, limit=2)
        seen += [record.id for record in page.items]
        if not (cursor := page.next):
            break
    assert seen == sorted(ids)
    schema = await services.records_for("mailchimp").schema("contact")
    assert {"emails", "custom"} <= schema["properties"].keys()
    bob = {"field": "emails", "op": "eq", "value": "p1@example.com"}
    assert await services.records_for("mailchimp").count("contact", bob) == 1
    bosses = {"filter": {"field": "job_title", "op": "eq", "value": "boss"}}
    view = SavedView(
        record_type="contact", name="Bosses", shared=True, query=msgspec.json.encode(bosses).decode()
    )
    private = SavedView(record_type="contact", name="Mine", query="{}")
    await SavedView.insert(view, private)
    views = services.views_for("mailchimp")
    assert [found.name for found in await views.list("contact")] == ["Bosses"]
    page = await views.page(view.id, limit=1)
    rest = await views.page(view.id, cursor=page.next)
    assert [record.id for record in (*page.items, *rest.items)] == sorted([ids[1], ids[3]])
    for unknown in (private.id, uuid4()):
        with pytest.raises(NotFound):
            await views.page(unknown)
