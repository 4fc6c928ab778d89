"""The general page: what the workspace was started with, and how long data is kept."""

from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.workspace import Crm


async def test_periods_are_kept_and_nonsense_is_refused(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    page = Page((await browser.get("/settings/general")).text)
    assert page.problems() == []
    assert "Polar Coffee" in page.shown
    saved = await browser.post("/settings/general", data={"conversations": "400", "imports": "10"})
    assert saved.headers["location"].endswith("done=saved")
    kept = {period.kind: period.days for period in await shop.privacy.periods.all(actor=story.admin)}
    assert (kept["conversations"], kept["imports"]) == (400, 10)
    for sent in ({"conversations": "0"}, {"conversations": "soon"}, {"imports": ""}, {"imports": "99999"}):
        answer = await browser.post("/settings/general", data=sent)
        assert answer.status_code == 422, sent
        assert Page(answer.text).problems() == []
    assert (await browser.post("/settings/general", data={"conversations": ""})).status_code == 303
    kept = {period.kind: period.days for period in await shop.privacy.periods.all(actor=story.admin)}
    assert kept["conversations"] is None
    assert (await (await browse(AGENT)).get("/settings/general")).status_code == 403
