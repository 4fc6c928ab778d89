"""The tags' page: renamed, coloured, merged, deleted, brought back."""

from uuid import UUID

from browsing import Browse
from markup import Page
from story import ADMIN, VIEWER, Story

from crmcore.records.query import ListQuery
from crmcore.workspace import Crm


async def contact(crm: Crm, story: Story, name: str, *tags: str) -> UUID:
    document = {"first_name": name, "tags": list(tags)}
    return (await crm.records.create("contact", document, actor=story.admin)).id


async def tags_of(crm: Crm, story: Story, *ids: UUID) -> list[list[str]]:
    return [(await crm.records.get("contact", id, actor=story.admin)).document["tags"] for id in ids]


async def test_tags_are_merged_deleted_and_brought_back(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    one = await contact(shop, story, "One", "prime")
    two = await contact(shop, story, "Two", "Primes")
    both = await contact(shop, story, "Both", "prime", "primes")
    page = Page((await browser.get("/settings/tags")).text)
    assert page.problems() == []
    tags = {tag.name: tag for tag in await shop.tags.uses(actor=story.admin)}
    assert tags["prime"].uses == tags["Primes"].uses == {"contact": 2}

    taken = await browser.post(
        f"/settings/tags/{tags['Primes'].id}", data={"name": " Prime ", "tone": "teal"}
    )
    assert taken.status_code == 422
    assert "There is such a tag already." in Page(taken.text).shown
    assert Page(taken.text).problems() == []
    sent = {"name": "Very important", "tone": "teal", "version": tags["Primes"].version}
    assert (await browser.post(f"/settings/tags/{tags['Primes'].id}", data=sent)).status_code == 303
    stale = await browser.post(f"/settings/tags/{tags['Primes'].id}", data=sent)
    assert stale.status_code == 409
    found = ListQuery(filter={"field": "tags", "op": "eq", "value": "very important"})
    assert await shop.records.count("contact", found, actor=story.admin) == 2

    merged = await browser.post(
        f"/settings/tags/{tags['Primes'].id}/merge", data={"into": str(tags["prime"].id)}
    )
    assert await tags_of(shop, story, one, two, both) == [["prime"], ["prime"], ["prime"]]
    toast = Page((await browser.get(merged.headers["location"])).text)
    assert toast.problems() == []
    undo = next(a["action"] for t, a in toast.tags if t == "form" and "/undo" in a.get("action", ""))
    # By hand since: the undo leaves it alone.
    await shop.records.update("contact", two, {"tags": []}, actor=story.admin)
    assert (await browser.post(undo)).headers["location"].endswith("tag_restored")
    assert await tags_of(shop, story, one, two, both) == [["prime"], [], ["prime", "Very important"]]
    assert (await browser.post(undo)).status_code == 404

    gone = await browser.post(f"/settings/tags/{tags['prime'].id}/delete")
    assert await tags_of(shop, story, one, both) == [[], ["Very important"]]
    await contact(shop, story, "New", "PRIME")
    removal = gone.headers["location"].rpartition("undo=")[2]
    clash = await browser.post(f"/settings/tags/removed/{removal}/undo")
    assert clash.status_code == 409
    assert "There is a tag “prime” again" in Page(clash.text).shown
    again = next(tag for tag in await shop.tags.uses(actor=story.admin) if tag.name == "PRIME")
    await shop.records.delete("tag", again.id, actor=story.admin)
    assert (await browser.post(f"/settings/tags/removed/{removal}/undo")).status_code == 303
    assert await tags_of(shop, story, one, both) == [["prime"], ["prime", "Very important"]]


async def test_refusals(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    added = await browser.post("/settings/tags", data={"name": "Roastery", "tone": "violet"})
    assert added.status_code == 303
    for sent in ({"name": "roastery"}, {"name": " "}, {"name": "x" * 61}, {"name": "y", "tone": "plaid"}):
        answer = await browser.post("/settings/tags", data=sent)
        assert answer.status_code == 422, sent
        assert Page(answer.text).problems() == []
    tag = next(tag for tag in await shop.tags.uses(actor=story.admin) if tag.name == "Roastery")
    for into in ("", "nonsense", str(tag.id), str(UUID(int=7))):
        answer = await browser.post(f"/settings/tags/{tag.id}/merge", data={"into": into})
        assert answer.status_code == 422, into
        assert Page(answer.text).problems() == []
    other = await browse(VIEWER)
    assert 'name="tone"' not in (await other.get("/settings/tags")).text
    assert (await other.post(f"/settings/tags/{tag.id}/delete")).status_code == 403
