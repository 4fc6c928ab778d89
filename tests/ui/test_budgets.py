"""What pages weigh and how fast they are; sizes always, times on a quiet machine in the full form."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from browsers import People, settle, sign_in
from figures import FULL, within
from painting import least, until_news, until_opened
from story import ADMIN

Told = Callable[[str, float], None]
_SHIFTS = """() => { window.shifts = 0
  new PerformanceObserver(list => list.getEntries().filter(one => !one.hadRecentInput)
    .forEach(one => window.shifts += one.value)).observe({type: 'layout-shift', buffered: true}) }"""
_PAINTS = """() => { window.lcp = 0; window.blocked = 0
  new PerformanceObserver(list => list.getEntries().forEach(one => window.lcp = one.startTime))
    .observe({type: 'largest-contentful-paint', buffered: true})
  new PerformanceObserver(list => list.getEntries().forEach(one => window.blocked += Math.max(0, one.duration - 50)))
    .observe({type: 'longtask', buffered: true}) }"""


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Told:
    """Tell a figure; it must keep to its budget."""

    def tell(name: str, value: float) -> None:
        record_property(name, value)
        assert within(name, value, full=FULL), f"{name}: {value}"

    return tell


@pytest.fixture
def page(people: People, known: dict[str, str]) -> Any:
    """A fresh browser of the administrator."""
    context = people.context()
    page = context.new_page()
    sign_in(page, ADMIN)
    yield page
    context.close()


def inbox(known: dict[str, str]) -> str:
    """Return the address of a conversation beside its list."""
    return f"/inbox/{known['conversation']}?view=all"


def test_what_is_loaded(page: Any, known: dict[str, str], told: Told) -> None:
    markup = page.request.get(inbox(known)).text()
    loaded = {name: page.request.get(name).body() for name in set(re.findall(r'/static/[^"#]+', markup))}
    packed = {name: len(gzip.compress(body)) for name, body in loaded.items()}
    told("css", sum(size for name, size in packed.items() if name.endswith(".css")))
    told("js", sum(size for name, size in packed.items() if name.endswith(".js")))
    icons = sum(size for name, size in packed.items() if name.endswith("icons.svg"))
    fonts = re.findall(rb'url\("([^"]+woff2)"\)', b"".join(loaded.values()))
    assert len(set(fonts)) == 2
    place = next(name for name in loaded if name.endswith(".css")).rpartition("/")[0]
    told(
        "fonts", icons + sum(len(page.request.get(f"{place}/{font.decode()}").body()) for font in set(fonts))
    )
    part = page.request.get(inbox(known), headers={"x-crm-fragment": "1"}).body()
    told("partial", len(gzip.compress(part)))


def test_what_goes_over_the_wire(people: People, known: dict[str, str], told: Told) -> None:
    context = people.context()
    signed_in = context.new_page()
    sign_in(signed_in, ADMIN)
    cookies = context.cookies()
    context.close()
    fresh = people.context()
    fresh.add_cookies(cookies)
    page = fresh.new_page()
    wire = fresh.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: dict[str, float] = {}
    asked: dict[str, str] = {}
    wire.on(
        "Network.requestWillBeSent", lambda sent: asked.update({sent["requestId"]: sent["request"]["url"]})
    )
    wire.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(inbox(known))
    settle(page)
    # Panels and timelines are asked for afterwards; how much they say is their plugins' affair.
    told("first_load", sum(size for id, size in sizes.items() if "/ui/" not in asked[id]))
    page.wait_for_timeout(1200)
    sizes.clear()
    page.goto(inbox(known))
    # What it asks for afterwards are the plugins' panels, and news.
    told("warm_load", sum(sizes.values()))
    fresh.close()


def test_nothing_jumps(page: Any, known: dict[str, str], told: Told) -> None:
    worst = 0.0
    for address in (
        inbox(known),
        "/contacts",
        f"/contacts/{known['contact']}",
        "/tasks",
        "/settings/plugins",
    ):
        page.goto(address)
        page.evaluate(_SHIFTS)
        settle(page)
        page.wait_for_timeout(150)
        worst = max(worst, page.evaluate("window.shifts"))
    told("cls", worst)


@pytest.mark.quiet
def test_how_fast_a_page_is_painted(page: Any, known: dict[str, str], told: Told) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def measure() -> list[float]:
        page.goto(inbox(known))
        page.evaluate(_PAINTS)
        settle(page)
        page.wait_for_timeout(300)
        first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        return [first, page.evaluate("window.lcp"), page.evaluate("window.blocked")]

    for name, value in least(["fcp", "lcp", "tbt"], measure).items():
        told(name, value)


@pytest.mark.quiet
@pytest.mark.parametrize(("name", "slower"), [("swap", 1), ("swap_slow", 4)])
def test_how_fast_a_conversation_opens(name: str, slower: int, page: Any, told: Told) -> None:
    told(name, least([name], until_opened(page, slower))[name])


@pytest.mark.quiet
def test_how_fast_news_are_painted(page: Any, known: dict[str, str], told: Told) -> None:
    told("live", least(["live"], until_news(page, known))["live"])
