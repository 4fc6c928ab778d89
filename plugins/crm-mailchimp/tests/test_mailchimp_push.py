"""From a checked box to a subscriber and back: consent, fields, tags, addresses."""

from datetime import timedelta

import pytest
from crm_mailchimp.mapping import FieldRule
from mailchimp_api import Mailchimp, recorded_answer
from mailchimp_workspace import ADMIN, Workspace

from crmcore.errors import Invalid

ANN = "ann@example.com"


async def test_subscribing_changing_and_leaving_cost_what_is_needed(
    workspace: Workspace, mailchimp: Mailchimp
) -> None:
    ann = await workspace.add(ANN, first_name="Ann", last_name="Lee")
    await workspace.add("quiet@example.com", opt_in=None)
    await workspace.work()
    assert mailchimp.methods() == ["GET /members/*", "PUT /members/*"]
    assert workspace.member(ANN).merge_fields["FNAME"] == "Ann"
    assert await workspace.status(ann) == "subscribed"
    latest, *_ = await workspace.crm.records.history("contact", ann, actor=ADMIN)
    assert (latest.actor_kind, latest.actor_id) == ("plugin", "mailchimp")

    for name in ("Anna", "Anne"):
        await workspace.update(ann, first_name=name)
    await workspace.update(ann, notes="Nothing of Mailchimp's business")
    await workspace.work()
    assert mailchimp.asked[-1][2]["merge_fields"] == {"FNAME": "Anne"}
    assert len(mailchimp.asked) == 3

    await workspace.update(ann, custom={"mailchimp_opt_in": False})
    await workspace.work()
    assert workspace.member(ANN).status == "unsubscribed"
    assert await workspace.status(ann) == "unsubscribed"
    # Asked for again here, having been ended here: the subscription is taken up again.
    await workspace.update(ann, custom={"mailchimp_opt_in": True})
    await workspace.work()
    assert workspace.member(ANN).status == "subscribed"
    assert not (await workspace.point(ANN)).opt_out
    assert mailchimp.methods()[3:] == ["PATCH /members/*", "PUT /members/*"]


async def test_who_left_there_is_never_subscribed_again_from_here(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    mailchimp.service.add(ANN, "unsubscribed")
    ann = await here.add(ANN)
    await here.work()
    assert mailchimp.methods() == ["GET /members/*"]
    document = await here.document(ann)
    assert document["custom"] == {"mailchimp_opt_in": False, "mailchimp_status": "unsubscribed"}
    assert (await here.point(ANN)).opt_out


async def test_an_address_that_opted_out_or_bounced_is_no_subscriber(
    workspace: Workspace, mailchimp: Mailchimp
) -> None:
    ann = await workspace.add(ANN, "second@example.com")
    await workspace.work()
    await workspace.plugin.points.mark("email", ANN, opt_out=True)
    # Marks of our own are no news to us; somebody's else are.
    await workspace.update(ann, first_name="Ann")
    await workspace.work()
    assert workspace.member(ANN).status == "unsubscribed"
    bob = await workspace.add("bob@example.com", opt_in=None)
    await workspace.plugin.points.mark("email", "bob@example.com", bounced=True)
    await workspace.update(bob, custom={"mailchimp_opt_in": True})
    await workspace.work()
    assert [member.address for member in mailchimp.service.members.values()] == [ANN]


async def test_a_changed_address_ends_the_old_one(here: Workspace) -> None:
    ann = await here.add("ann@old.example")
    await here.work()
    await here.update(ann, emails=[ANN])
    await here.work()
    assert here.member("ann@old.example").status == "unsubscribed"
    assert (here.member(ANN).status, await here.status(ann)) == ("subscribed", "subscribed")


async def test_tags_travel_both_ways_and_only_those_that_are_shared(here: Workspace) -> None:
    await here.change(tags="listed", listed_tags="VIP, Spring")
    ann = await here.add(ANN, tags=["VIP", "internal"])
    await here.work()
    assert set(here.member(ANN).tags) == {"VIP"}
    here.clock.advance(60)
    here.mailchimp.service._run(
        "POST", f"/lists/a36b032126/members/{here.member(ANN).hash}/tags", _tags("Spring")
    )
    await here.synchronise(whole=False)
    assert sorted((await here.document(ann))["tags"]) == ["Spring", "VIP", "internal"]
    await here.update(ann, tags=["internal", "Spring"])
    await here.work()
    assert set(here.member(ANN).tags) == {"Spring"}


def _tags(*names: str) -> dict[str, object]:
    return {"tags": [{"name": name, "status": "active"} for name in names]}


async def test_custom_fields_phones_and_a_value_that_mailchimp_refuses(
    here: Workspace, mailchimp: Mailchimp
) -> None:
    mailchimp.service.fields.append({"tag": "LTV", "name": "LTV", "type": "number"})
    await here.map(
        FieldRule(field="phone", merge="PHONE"), FieldRule(field="job_title", merge="LTV", type="number")
    )
    ann = await here.add(ANN, phones=["+44 20 7946 0000"], job_title="not a number")
    await here.work()
    assert here.mailchimp.service.members == {}
    here.clock.advance(timedelta(minutes=10).total_seconds())
    await here.update(ann, job_title="12.50")
    await here.work()
    assert here.member(ANN).merge_fields["PHONE"] == "+44 20 7946 0000"
    assert here.member(ANN).merge_fields["LTV"] == "12.50"


async def test_several_audiences_by_tag(here: Workspace, mailchimp: Mailchimp) -> None:
    await here.change(only_tag="dealer")
    ann = await here.add(ANN)
    await here.work()
    assert mailchimp.asked == []
    await here.update(ann, tags=["Dealer"])
    await here.work()
    assert here.member(ANN).status == "subscribed"
    await here.update(ann, tags=[])
    await here.work()
    assert here.member(ANN).status == "unsubscribed"


async def test_people_cannot_write_the_status(here: Workspace) -> None:
    with pytest.raises(Invalid) as refused:
        await here.add(ANN, custom={"mailchimp_status": "subscribed"})
    assert [problem.path for problem in refused.value.problems] == ["/custom/mailchimp_status"]


async def test_merged_contacts_keep_their_memberships(here: Workspace) -> None:
    from crm_mailchimp.membership import of_contacts

    ann, anna = await here.add(ANN), await here.add("anna@example.com")
    await here.work()
    await here.crm.contacts.merge(ann, anna, actor=ADMIN)
    assert {one.address for one in (await of_contacts([ann]))[ann]} == {ANN, "anna@example.com"}
    await here.work()
    assert {member.status for member in here.mailchimp.service.members.values()} == {"subscribed"}


async def test_a_recorded_absence_names_the_audience_id(here: Workspace, mailchimp: Mailchimp) -> None:
    mailchimp.instead["PUT"] = recorded_answer("GET", 404)
    await here.add(ANN)
    await here.work()
    (job,) = await waiting(here)
    assert "Check the audience ID" in job["error"]


async def waiting(workspace: Workspace) -> list[dict[str, object]]:
    """Return the jobs that wait after a failure."""
    from crmcore.jobs.tables import JobRow

    rows: list[dict[str, object]] = await JobRow.select().where(
        JobRow.error != "", JobRow.plugin == "mailchimp"
    )
    return rows
