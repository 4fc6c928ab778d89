"""A channel account's own form: changed, its secret kept, its connection tried."""

from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.workspace import Crm

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5"


async def test_an_account_is_changed_and_tried(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    config = {"reply_url": "https://127.0.0.1:9/hook", "signing_secret": SECRET}
    id = await shop.channel_accounts.create("api", "Till", config, actor=story.admin, slug="till")
    here = f"/settings/channels/{id}"
    answer = await browser.get(here)
    page = Page(answer.text)
    assert page.problems() == []
    assert SECRET not in answer.text
    sent = {
        "account_name": "Till 2",
        "account_slug": "till",
        "reply_url": config["reply_url"],
        "version": "1",
    }
    tried = await browser.post(here, data={**sent, "then": "test"})
    page = Page(tried.text)
    assert tried.status_code == 200, page.shown
    assert page.problems() == []
    assert 'data-tone="bad" role="alert"' in tried.text
    found = await shop.channel_accounts.get("till")
    assert found.account.name == "Till 2"
    assert found.account.config.signing_secret == SECRET
    stale = await browser.post(here, data=sent)
    assert stale.status_code == 409
    wrong = await browser.post(
        here, data={**sent, "version": "2", "account_name": "", "reply_url": "ftp://x"}
    )
    assert wrong.status_code == 422
    assert Page(wrong.text).problems() == []
    assert (await browser.post(here, data={**sent, "version": "2"})).status_code == 303
    assert (await (await browse(AGENT)).get(here)).status_code == 403
