"""What people see and do: the panel, the timeline, the page with mapping and segments, actions, personal data."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from crm_mailchimp import audience_actions, contact_actions, group_actions, mapping_actions
from crm_mailchimp.forms import GroupForm, MapForm, NewFieldForm, SegmentForm
from crm_mailchimp.mapping import groups_mapped, mapping_of
from crm_mailchimp.membership import of_contacts
from crm_mailchimp.page import load_page
from crm_mailchimp.panel import load_panel
from crm_mailchimp.personal import SUBSCRIBER
from crm_mailchimp.segment_tags import segments_of
from crm_mailchimp.standin.mailings import seed
from crm_mailchimp.standin.members import hash_of
from crm_mailchimp.timeline import load_timeline
from mailchimp_api import Mailchimp
from mailchimp_workspace import ADMIN, NOW, Workspace

from crmcore import ActionCall, DataSubject, HttpAnswer, Identity, PageRequest, Subject
from crmcore.views.tables import SavedView

ANN, BOB = "ann@example.com", "bob@example.com"
HOOKS = "https://crm.example.com/hooks"


def text(content: Any) -> str:
    """Return all that is shown, as JSON."""
    return msgspec.json.encode(content).decode()


async def subject(workspace: Workspace, contact: UUID, language: str = "en") -> Subject:
    """Return what a panel is asked for."""
    document = await workspace.document(contact)
    return Subject(record_type="contact", id=contact, document=document, contact=document, language=language)


async def test_mailings_in_panel_and_timeline_also_when_mailchimp_is_away(
    workspace: Workspace, mailchimp: Mailchimp
) -> None:
    from random import Random

    ann = await workspace.add(ANN)
    assert (await load_panel(await subject(workspace, ann), workspace.plugin)).status == "empty"
    await workspace.work()
    seed(workspace.member(ANN), NOW, Random(1))
    shown = await load_panel(await subject(workspace, ann), workspace.plugin)
    assert "No mailings yet" in text(shown) and shown.badge is not None and shown.badge.label == "Subscribed"
    await workspace.work()
    await workspace.work()
    asked = len(mailchimp.asked)
    shown = await load_panel(await subject(workspace, ann, "ru"), workspace.plugin)
    assert "Рассылка отправлена" in text(shown) and shown.fetched_at is not None
    entries = await load_timeline(await subject(workspace, ann), None, 50, workspace.plugin)
    happened = workspace.member(ANN).activity
    assert len(entries) == len(happened) >= 3
    assert list(entries) == sorted(entries, key=lambda entry: entry.at, reverse=True)
    assert any("Winter offers" in entry.text for entry in entries)
    older = await load_timeline(await subject(workspace, ann), entries[1].at, 1, workspace.plugin)
    assert older == entries[2:3]
    await workspace.work()
    # Fresh enough: nothing was asked. Later it is asked again, and nothing comes twice.
    assert len(mailchimp.asked) == asked
    workspace.clock.advance(timedelta(minutes=11).total_seconds())
    await load_timeline(await subject(workspace, ann), None, 50, workspace.plugin)
    await workspace.work()
    assert len(mailchimp.asked) == asked + 1
    assert len(await load_timeline(await subject(workspace, ann), None, 50, workspace.plugin)) == len(
        happened
    )


async def test_a_mailing_comes_to_the_timeline_by_itself(
    workspace: Workspace, mailchimp: Mailchimp, monkeypatch: Any
) -> None:
    from random import Random

    from crm_mailchimp import mailings
    from crm_mailchimp.tables import MailchimpActivity

    monkeypatch.setattr(mailings, "PAGE", 2)
    ids = [await workspace.add(f"p{n}@example.com") for n in range(5)]
    await workspace.work()
    mailchimp.service.add("nobody@example.com", "unsubscribed")
    random = Random(3)
    for member in mailchimp.service.members.values():
        seed(member, NOW, random)
    # Nobody has opened a contact: the job that comes round every half an hour is enough.
    workspace.clock.advance(1801)
    asked = len(mailchimp.asked)
    await workspace.work()
    assert not [line for line in mailchimp.methods()[asked:] if "activity-feed" in line]
    kept = {(row["kind"], row["campaign"]) for row in await MailchimpActivity.select()}
    assert {kind for kind, _ in kept} >= {"sent", "open", "click"}
    expected = sum(len(mailchimp.service.members[hash_of(f"p{n}@example.com")].activity) for n in range(5))
    assert await MailchimpActivity.count() == expected
    entries = await load_timeline(await subject(workspace, ids[0]), None, 50, workspace.plugin)
    assert any(entry.title == "Mailing sent" and "Winter offers" in entry.text for entry in entries)
    # Every part that is asked for is answered: both rates stand in the panel.
    await workspace.synchronise()
    rates = (await of_contacts([ids[0]]))[ids[0]][0]
    opened = sum(one["activity_type"] == "open" for one in workspace.member("p0@example.com").activity)
    assert (rates.open_rate > 0) == (opened > 0)

    # Somebody opens it later; what is there already does not come twice, by the feed of one member neither.
    workspace.clock.advance(1801)
    workspace.member("p0@example.com").activity.insert(
        0,
        {
            "activity_type": "open",
            "created_at_timestamp": workspace.clock().isoformat(timespec="seconds"),
            "campaign_id": "f6a7b8c9d0",
            "campaign_title": "Winter offers",
        },
    )
    workspace.clock.advance(24 * 3600)
    await workspace.work()
    await load_panel(await subject(workspace, ids[0]), workspace.plugin)
    await workspace.work()
    assert await MailchimpActivity.count() == expected + 1
    reports = [target for _, target, _ in mailchimp.reports if "email-activity" in target]
    assert "since=" not in reports[0] and "since=" in reports[-1]


async def act(
    workspace: Workspace, run: Any, item: str = "", data: Any = None, contact: UUID | None = None
) -> Any:
    """Press a button."""
    document = await workspace.document(contact) if contact else None
    kind = "contact" if contact else ""
    call = ActionCall(record_type=kind, id=contact, contact=document, actor=ADMIN, item=item, data=data)
    return await run(call, workspace.plugin)


async def test_the_mapping_is_changed_on_the_page(here: Workspace, mailchimp: Mailchimp) -> None:
    mailchimp.service.fields.append({"tag": "ADDRESS", "name": "Address", "type": "address"})
    page = await load_page(PageRequest(actor=ADMIN), here.plugin)
    assert page.title == "News" and "Never synchronised" in text(page)
    assert "PHONE · Phone Number" in text(page) and "ADDRESS" not in text(page)
    item = f"{here.id}:PHONE"
    await act(here, mapping_actions.map_field, item, MapForm(field="phone", rule="newest"))
    prepared = await mapping_actions.prepare_map(ActionCall(actor=ADMIN, item=item), here.plugin)
    assert prepared == MapForm(field="phone", rule="newest")
    unknown = await act(here, mapping_actions.map_field, item, MapForm(field="custom", custom="nothing"))
    assert [problem.path for problem in unknown.problems] == ["/custom"]
    for gone in ("NOSUCH", "ADDRESS"):
        refused = await act(here, mapping_actions.map_field, f"{here.id}:{gone}", MapForm(field="phone"))
        assert refused.problems
    new = NewFieldForm(field="job_title", label="Job", tag="JOB", type="text")
    assert not (await act(here, mapping_actions.add_field, str(here.id), new)).problems
    await act(here, mapping_actions.unmap_field, f"{here.id}:LNAME")
    assert {
        rule.merge: (rule.field, rule.rule, rule.type) for rule in await mapping_of(here.id, here.plugin)
    } == {
        "FNAME": ("first_name", "crm", "text"),
        "PHONE": ("phone", "newest", "phone"),
        "JOB": ("job_title", "crm", "text"),
    }
    assert "both ways, the later change is right" in text(
        await load_page(PageRequest(actor=ADMIN), here.plugin)
    )
    mailchimp.instead["GET"] = __import__("crmcore").OutgoingFailed("late")
    away = text(await load_page(PageRequest(actor=ADMIN, language="ru"), here.plugin))
    assert "Mailchimp не ответил вовремя" in away and "JOB" in away


async def test_groups_are_tags_both_ways(workspace: Workspace, mailchimp: Mailchimp) -> None:
    page = text(await load_page(PageRequest(actor=ADMIN), workspace.plugin))
    assert "News about · Products" in page and "News about · Events" in page
    products, events = (f"{workspace.id}:{id}" for id in mailchimp.service.groups)
    call = ActionCall(actor=ADMIN, item=products)
    assert await group_actions.prepare_group(call, workspace.plugin) == GroupForm(tag="Products")
    await act(workspace, group_actions.map_group, products, GroupForm(tag="buyer"))
    taken = await act(workspace, group_actions.map_group, events, GroupForm(tag="Buyer"))
    assert [problem.path for problem in taken.problems] == ["/tag"]
    gone = await act(workspace, group_actions.map_group, f"{workspace.id}:nosuch", GroupForm(tag="x"))
    assert gone.problems
    await act(workspace, group_actions.map_group, events, GroupForm(tag="guest", rule="mailchimp"))
    ann = await workspace.add(ANN, tags=["buyer", "internal"])
    await workspace.work()
    in_products, in_events = mailchimp.service.groups
    assert workspace.member(ANN).interests == {in_products: True, in_events: False}
    # There somebody ticks one box and unticks the other.
    workspace.clock.advance(60)
    member = workspace.member(ANN)
    member.interests, member.changed_at = {in_products: False, in_events: True}, workspace.clock()
    asked = len(mailchimp.asked)
    await workspace.synchronise(whole=False)
    assert sorted((await workspace.document(ann))["tags"]) == ["guest", "internal"]
    # Nothing goes back, and what changes here goes there.
    assert "PUT /members/*" not in mailchimp.methods()[asked:]
    await workspace.update(ann, tags=["internal"])
    await workspace.work()
    assert workspace.member(ANN).interests == {in_products: False, in_events: False}
    mailchimp.service.add("new@example.com").interests = {in_products: True, in_events: False}
    await workspace.synchronise()
    made = await workspace.named("new@example.com")
    assert made is not None and made["tags"] == ["buyer"]
    await act(workspace, group_actions.unmap_group, products)
    assert [rule.tag for rule in await groups_mapped(workspace.id, workspace.plugin)] == ["guest"]


async def test_shared_views_are_pushed_as_tags(here: Workspace, mailchimp: Mailchimp) -> None:
    bosses = {"filter": {"field": "job_title", "op": "eq", "value": "boss"}}
    view = SavedView(
        record_type="contact", name="Bosses", shared=True, query=msgspec.json.encode(bosses).decode()
    )
    await SavedView.insert(view)
    ann = await here.add(ANN, job_title="boss")
    await here.add(BOB, job_title="boss", opt_in=None)
    await here.add("eve@example.com", job_title="other")
    await here.work()
    item = f"{here.id}:{view.id}"
    call = ActionCall(actor=ADMIN, item=item)
    assert await audience_actions.prepare_segment(call, here.plugin) == SegmentForm(tag="Bosses")
    await act(here, audience_actions.add_segment, item, SegmentForm(tag="VIP bosses"))
    await here.work()
    tagged = [one.address for one in mailchimp.service.members.values() if "VIP bosses" in one.tags]
    assert tagged == [ANN]
    # A segment's tag is no tag of the contact, and is taken off who leaves the view.
    await here.change(tags="all")
    await here.synchronise()
    assert (await here.document(ann))["tags"] == []
    await here.update(ann, job_title="retired")
    here.clock.advance(3600)
    await here.synchronise(whole=False)
    await here.work()
    assert "VIP bosses" not in here.member(ANN).tags
    await SavedView.update({SavedView.shared: False}).where(SavedView.id == view.id)
    await here.synchronise(whole=False)
    await here.work()
    (segment,) = await segments_of(here.id, here.plugin)
    assert segment.problem
    await act(here, audience_actions.remove_segment, item)
    assert await segments_of(here.id, here.plugin) == []
    refused = await act(here, audience_actions.add_segment, item, SegmentForm(tag="Gone"))
    assert refused.problems


async def test_the_webhook_is_connected_signed_and_without_echo(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    mailchimp.service.signing_secret = "whsec_of_the_webhook"
    await act(here, audience_actions.connect_webhook, str(here.id))
    (webhook,) = mailchimp.service.webhooks
    assert webhook["sources"] == {"user": True, "admin": True, "api": False}
    config = (await here.account()).config
    assert config.signing_secret == "whsec_of_the_webhook"
    assert webhook["url"] == f"https://crm.example.com/hooks/{here.id}?key={config.webhook_key}"
    assert "signed" in text(await load_page(PageRequest(actor=ADMIN), here.plugin))


async def test_the_webhook_before_is_taken_away_once_the_new_one_is_there(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    service = mailchimp.service
    others = [
        {"id": "a", "url": "https://shop.example.com/hook"},
        {"id": "b", "url": f"{HOOKS}/another?key=x"},
    ]
    service.webhooks += others
    await act(here, audience_actions.connect_webhook, str(here.id))
    (first,) = service.webhooks[2:]
    again = await act(here, audience_actions.connect_webhook, str(here.id))
    assert again.tone == "ok"
    key = (await here.account()).config.webhook_key
    assert [webhook["url"] for webhook in service.webhooks[2:]] == [f"{HOOKS}/{here.id}?key={key}"]
    assert service.webhooks[:2] == others and service.webhooks[2]["id"] != first["id"]
    # The new one is not made: the one before stays and is believed still.
    mailchimp.instead["POST"] = HttpAnswer(status=503, headers={}, body=b"")
    assert (await act(here, audience_actions.connect_webhook, str(here.id))).tone == "bad"
    assert (await here.account()).config.webhook_key == key and len(service.webhooks) == 3
    # It cannot be taken away now: that is said, and done the next time.
    here.clock.advance(600)
    mailchimp.instead.clear()
    mailchimp.instead["DELETE"] = HttpAnswer(status=503, headers={}, body=b"")
    warned = await act(here, audience_actions.connect_webhook, str(here.id))
    assert warned.tone == "warn" and "earlier" in text(warned) and len(service.webhooks) == 4
    here.clock.advance(600)
    mailchimp.instead.clear()
    await act(here, audience_actions.connect_webhook, str(here.id))
    key = (await here.account()).config.webhook_key
    assert [webhook["url"] for webhook in service.webhooks[2:]] == [f"{HOOKS}/{here.id}?key={key}"]


async def test_stopping_and_subscribing_from_the_contact(here: Workspace) -> None:
    ann = await here.add(ANN, opt_in=None)
    await act(here, contact_actions.subscribe, contact=ann)
    await here.work()
    assert here.member(ANN).status == "subscribed"
    await act(here, contact_actions.stop_mailings, contact=ann)
    await here.work()
    assert here.member(ANN).status == "unsubscribed" and (await here.point(ANN)).opt_out
    assert "Opted out" in text(await load_panel(await subject(here, ann), here.plugin))
    nobody = await here.add(opt_in=None, first_name="Nobody")
    assert (await act(here, contact_actions.subscribe, contact=nobody)).tone == "warn"


async def test_a_persons_data_is_given_out_and_deleted_for_good(
    workspace: Workspace, mailchimp: Mailchimp
) -> None:
    from random import Random

    ann = await workspace.add(ANN, first_name="Ann")
    await workspace.work()
    seed(workspace.member(ANN), NOW, Random(1))
    await load_panel(await subject(workspace, ann), workspace.plugin)
    await workspace.work()
    mailchimp.service.add("old@example.com", "unsubscribed")
    mailchimp.service.add("other@example.com")
    points = (Identity(kind="email", value=ANN), Identity(kind="email", value="old@example.com"))
    person = DataSubject(contacts=(ann,), points=points)
    items = [item async for item in SUBSCRIBER.export(person, workspace.plugin)]
    assert [item.data["status"] for item in items[:2]] == ["subscribed", "unsubscribed"]
    assert items[0].data["fields"]["FNAME"] == "Ann" and len(items) > 3
    assert SUBSCRIBER.count is not None and await SUBSCRIBER.count(person, workspace.plugin) == 2
    assert await SUBSCRIBER.erase(person, workspace.plugin) == 2
    assert [one.address for one in mailchimp.service.members.values()] == ["other@example.com"]
    assert [item async for item in SUBSCRIBER.export(person, workspace.plugin)] == []
    assert await SUBSCRIBER.erase(person, workspace.plugin) == 0
