"""Pages over a large base: a hundred thousand contacts with conversations, a long thread, many custom fields."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import People, settle, sign_in
from figures import FULL, within
from gates import cut_off, violations
from large_world import FIELDS, MESSAGES
from painting import least, queued_ms, until_news, until_opened
from served import served
from story import ADMIN

SIZE = int(os.environ.get("CRMCORE_UI_SIZE", "100000"))
pytestmark = [pytest.mark.quiet, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def large(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """The people of a large workspace; ``CRMCORE_UI_BASE`` names a folder where it stays for the next run."""
    kept = os.environ.get("CRMCORE_UI_BASE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("large")
    folder.mkdir(parents=True, exist_ok=True)
    for known in served(folder, str(SIZE)):
        yield People(browser, known)


def slowest_but_one(page: Any, address: str, pid: str) -> float:
    """Return how many milliseconds the answer takes, 95 of a hundred times at most, once it is warm.

    What the server waited for a processor, because others had it, is no part of it.
    """
    took = []
    for _ in range(21):
        queued, began = queued_ms(pid), time.perf_counter()
        answer = page.request.get(address)
        assert answer.ok, answer.text()
        took.append((time.perf_counter() - began) * 1000 - (queued_ms(pid) - queued))
    return sorted(took[1:])[-2]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ttfb", "/inbox?view=all"),
        ("large_list", "/contacts?view=all"),
        ("long_fields", "/settings/fields?type=company"),
        ("large_search", "/search?q=anna"),
        ("large_contact", "/contacts/{contact}"),
        ("large_calendar", "/tasks/calendar"),
    ],
)
def test_how_long_a_large_page_takes(
    name: str, address: str, large: People, record_property: Callable[[str, object], None]
) -> None:
    page = large.page("en").page
    value = least([name], lambda: [slowest_but_one(page, address.format(**large.known), large.known["pid"])])[
        name
    ]
    record_property(name, value)
    assert within(name, value, full=FULL), f"{name}: {value:.0f} ms"


@pytest.mark.parametrize("name", ["large_swap", "large_swap_slow", "large_live"])
def test_how_fast_a_large_page_is_painted(
    name: str, large: People, record_property: Callable[[str, object], None]
) -> None:
    context = large.context()
    page = context.new_page()
    sign_in(page, ADMIN)
    slower = 4 if name == "large_swap_slow" else 1
    measure = until_news(page, large.known) if name == "large_live" else until_opened(page, slower)
    value = least([name], measure)[name]
    context.close()
    record_property(name, value)
    assert within(name, value, full=FULL), f"{name}: {value:.0f} ms"


@pytest.mark.parametrize("name", ["inbox", "contacts", "thread", "fields", "company"])
def test_a_large_page_is_as_fit_as_a_small_one(
    name: str, large: People, record_property: Callable[[str, object], None]
) -> None:
    addresses = {
        "inbox": "/inbox?view=all",
        "contacts": "/contacts?view=all",
        "thread": "/inbox/{conversation}?view=all",
        "fields": "/settings/fields?type=company",
        "company": "/companies/new",
    }
    watched = large.page("en")
    page = watched.page
    page.goto(addresses[name].format(**large.known))
    settle(page)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    if name == "thread":
        record_property("long_thread", nodes)
        assert page.get_by_text("Show earlier messages").count() == 1
        assert f"Note {MESSAGES - 1} of many" in page.inner_text("#thread")
    if name == "fields":
        assert page.locator("tbody tr").count() == FIELDS
    assert violations(page) + cut_off(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert cut_off(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    console, policy = watched.take()
    record_property("console", len(console))
    record_property("policy", len(policy))
    assert (console, policy) == ([], [])
    # A list of sixty fields shows all of them; everything else is in pages, with a twentieth to spare.
    assert nodes <= (3000 if name == "fields" else 1500 * 0.95), nodes
