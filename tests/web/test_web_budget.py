"""What a page may cost: statements, whatever the list's length, and size."""

import gzip

from browsing import Browse
from story import ADMIN, Story, post

from crmcore.workspace import Crm

# Four of each are the frame’s counters, one is the session's; the rest is the page's own.
# One is spare: the definitions of custom fields are looked at again every two seconds.
BUDGET = {
    "/login": 1,
    "/inbox?view=all": 8,
    "conversation": 19,
    "fragment": 12,
    # Views, choices and the count are three; the counter of notifications is one.
    "/contacts": 10,
    "/companies": 10,
    # Seven of them look for duplicates, two count what is behind the tabs.
    "contact": 19,
    "/tasks": 7,
    "/settings/fields": 6,
    "/settings/plugins": 6,
}


async def test_pages_keep_to_their_statements(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for number in range(30):
        await post(
            shop, "shop", f"p{number}@example.com", f"Person {number}", "Hello", "Hello", key=f"p{number}"
        )
    await shop.worker.drain()
    spent = {}
    for name in BUDGET:
        conversation = f"/inbox/{story.conversations[0]}?view=all"
        addresses = {
            "conversation": conversation,
            "fragment": conversation,
            "contact": f"/contacts/{story.contacts[0]}",
        }
        headers = {"x-crm-fragment": "1"} if name == "fragment" else {}
        address = addresses.get(name, name)
        await browser.get(address, headers=headers)
        costs = []
        # The lesser of two: a session in use is looked up again from time to time.
        for _ in range(2):
            before = shop.database.statements
            answer = await browser.get(address, headers=headers)
            costs.append(shop.database.statements - before)
            assert answer.status_code == (303 if name == "/login" else 200)
        spent[name] = min(costs)
    assert {name: cost for name, cost in spent.items() if cost > BUDGET[name]} == {}, spent


async def test_pages_stay_light(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    address = f"/inbox/{story.conversations[0]}?view=all"
    whole = (await browser.get(address)).text
    part = (await browser.get(address, headers={"x-crm-fragment": "1"})).text
    assert len(gzip.compress(whole.encode())) < 12_000
    assert len(gzip.compress(part.encode())) < 9_000
    assert whole.count("<") / 2 < 1500
