"""Pages of jobs: the queue, one job, events told again."""

from uuid import UUID

from browsing import Browse
from markup import Page
from story import ADMIN, VIEWER, Story

from crmcore.jobs.host import LONG
from crmcore.jobs.tables import JobRow
from crmcore.workspace import Crm


async def dead_job(crm: Crm, n: int) -> UUID:
    id = await crm.jobs.enqueue("core", "forget_sessions", {"n": n})
    assert id is not None
    await JobRow.update({JobRow.state: "dead", JobRow.attempts: 8, JobRow.error: f"broke <{n}>"}).where(
        JobRow.id == id
    )
    return id


async def test_what_was_given_up_is_seen_tried_again_and_discarded(
    shop: Crm, story: Story, browse: Browse
) -> None:
    await shop.worker.drain()
    ids = [await dead_job(shop, n) for n in range(4)]
    browser = await browse(ADMIN)
    page = Page((await browser.get("/settings/jobs")).text)
    assert page.problems() == []
    assert "broke <3>" in page.shown and "Delete ended sessions" in page.shown
    assert "every day at 03:30 (UTC)" in page.shown
    assert "every 10 s" in page.shown and "every 1 min" in page.shown
    one = Page((await browser.get(f"/settings/jobs/{ids[0]}")).text)
    assert one.problems() == []
    assert "8 / 8" in one.shown
    assert (await browser.post(f"/settings/jobs/{ids[0]}/retry")).status_code == 303
    assert (await browser.post(f"/settings/jobs/{ids[1]}/discard")).status_code == 303
    ticked = {"chosen": "1", "id": str(ids[2]), "plugin": ""}
    assert (await browser.post("/settings/jobs/retry", data=ticked)).status_code == 303
    assert (await shop.jobs.counts())["dead"] == 1
    assert (await browser.post("/settings/jobs/retry", data={"plugin": "core"})).status_code == 303
    assert (await shop.jobs.counts())["dead"] == 0
    russian = Page((await browser.get("/settings/jobs?state=queued", headers={"accept-language": "ru"})).text)
    assert russian.problems() == []
    assert (await (await browse(VIEWER)).get("/settings/jobs")).status_code == 403


async def test_long_work_shows_a_bar(shop: Crm, story: Story, browse: Browse) -> None:
    id = await shop.jobs.enqueue(LONG, "core.run_import", {"import_id": "x"})
    await JobRow.update({JobRow.state: "running", JobRow.done: 1200, JobRow.total: 5000}).where(
        JobRow.id == id
    )
    browser = await browse(ADMIN)
    page = (await browser.get("/settings/jobs?state=running")).text
    assert '<progress class="c-progress" value="1200" max="5000"' in page
    assert "1,200 of 5,000" in Page(page).shown
    assert 'http-equiv="refresh"' in page
    part = (await browser.get("/settings/jobs", headers={"x-crm-fragment": "1"})).text
    assert "data-poll" in part
    refused = await browser.post(f"/settings/jobs/{id}/cancel")
    assert refused.status_code == 409
    assert "cancel what it works on" in Page(refused.text).shown
