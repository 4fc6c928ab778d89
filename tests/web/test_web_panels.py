"""Panels of plugins, in every state, about records one may see."""

from browsing import Browse
from markup import Page
from shop_plugin import HOSTILE
from story import ADMIN, AGENT, Story

from crmcore.contracts.panels import PanelContent
from crmcore.contributions.panel_cache import Kept, PanelCache
from crmcore.testing.clock import TurnableClock

PART = {"x-crm-fragment": "1"}


async def test_panel_is_rendered_from_its_struct(story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    answer = await browser.get(f"/ui/panels/shop.orders?ref=contact:{story.contacts[0]}", headers=PART)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    shown = Page(answer.text).shown
    assert "Заказы в магазине" in shown
    assert "1\xa0284,50" in answer.text
    assert "Оплачен" in shown
    assert 'href="https://shop.example/orders/10482" rel="noreferrer noopener" target="_blank"' in answer.text


async def test_failing_panel_names_its_plugin_in_its_own_place(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.get(f"/ui/panels/shop.erp?ref=contact:{story.contacts[0]}", headers=PART)
    assert answer.status_code == 200
    assert 'data-state="error"' in answer.text
    assert "shop" in Page(answer.text).shown
    assert "Try again" in answer.text
    assert "RuntimeError" not in answer.text
    assert 'icons.svg#puzzle"' not in answer.text or "no-such-icon" not in answer.text


async def test_what_needs_setting_up_is_shown_to_administrators_alone(story: Story, browse: Browse) -> None:
    address = f"/ui/panels/shop.newsletter?ref=contact:{story.contacts[0]}"
    to_admin = await (await browse(ADMIN)).get(address, headers=PART)
    assert "Enter the newsletter’s key." in to_admin.text
    assert "/settings/plugins/shop" in to_admin.text
    assert "Set up Newsletter" in to_admin.text
    to_agent = await (await browse(AGENT)).get(address, headers=PART)
    assert to_agent.status_code == 204
    assert (await (await browse(AGENT)).get(address)).status_code == 404


async def test_stale_answer_is_shown_with_its_age(story: Story, browse: Browse, clock: TurnableClock) -> None:
    browser = await browse(ADMIN)
    address = f"/ui/panels/shop.calls?ref=contact:{story.contacts[0]}"
    assert 'data-state="ok"' in (await browser.get(address, headers=PART)).text
    clock.advance(7200)
    stale = await browser.get(address, headers=PART)
    assert 'data-state="stale"' in stale.text
    assert "Missed call" in stale.text
    assert "2 hours ago" in Page(stale.text).shown
    clock.advance(2 * 86_400)
    browser = await browse(ADMIN)
    assert 'data-state="error"' in (await browser.get(address, headers=PART)).text


async def test_empty_panel_says_why(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.get(f"/ui/panels/shop.nothing?ref=contact:{story.contacts[0]}", headers=PART)
    assert "Nobody with this e-mail has an account there." in answer.text


async def test_hostile_panel_stays_text(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.get(f"/ui/panels/shop.hostile?ref=contact:{story.contacts[0]}")
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.problems() == []
    assert "<script>alert" not in answer.text
    assert HOSTILE.split(" ")[0] in page.shown
    assert "javascript:" not in answer.text
    assert "data:text" not in answer.text


async def test_panels_of_what_is_not_there_are_not_found(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    contact = story.contacts[0]
    for address in (
        f"/ui/panels/shop.none?ref=contact:{contact}",
        f"/ui/panels/shop.orders?ref=company:{contact}",
        f"/ui/panels/shop.orders?ref=contact:{story.conversations[0]}",
        "/ui/panels/shop.orders?ref=contact:nonsense",
        "/ui/panels/shop.orders?ref=user:1",
        "/ui/panels/shop.orders",
    ):
        assert (await browser.get(address)).status_code == 404, address


async def test_answer_is_kept_and_asked_anew_on_demand(
    story: Story, browse: Browse, clock: TurnableClock
) -> None:
    browser = await browse(ADMIN)
    address = f"/ui/panels/shop.orders?ref=contact:{story.contacts[0]}"
    await browser.get(address, headers=PART)
    clock.advance(120)
    assert "2 minutes ago" in (await browser.get(address, headers=PART)).text
    assert "just now" in (await browser.get(address + "&again=1", headers=PART)).text


def test_cache_forgets_what_was_not_used_for_longest(clock: TurnableClock) -> None:
    cache = PanelCache(limit=2)
    for key in ("a", "b"):
        cache.put((key,), Kept(PanelContent(), clock()))
    assert cache.get(("a",)) is not None
    cache.put(("c",), Kept(PanelContent(), clock()))
    assert cache.get(("b",)) is None
    assert cache.get(("a",)) is not None
