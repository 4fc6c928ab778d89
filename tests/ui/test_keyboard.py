"""Work without a mouse: every stop is seen, none is a trap, and the main tasks are done by keys alone."""

from typing import Any

import pytest
from browsers import People, settle, show_panels

# What has the focus: whether it is seen, and where it is in the document.
_STOP = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const one = document.activeElement
  if (!one || one === document.body) return null
  window.order ||= [...document.querySelectorAll('*')]
  const style = getComputedStyle(one), box = one.getBoundingClientRect()
  const near = one.closest('label, .c-search, .c-composer') || one.nextElementSibling
  const outlined = what => what.outlineStyle !== 'none' && parseFloat(what.outlineWidth) > 0
  const ring = what => what && (outlined(what) || what.boxShadow !== 'none')
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
  return {place: window.order.indexOf(one), what: one.outerHTML.slice(0, 120), inside,
    ring: Boolean(ring(style) || near && (ring(getComputedStyle(near)) || ring(getComputedStyle(one, '::after'))))}
}"""


@pytest.mark.parametrize(
    "path",
    [
        "/inbox/{conversation}?view=all",
        "/contacts",
        "/contacts/{contact}",
        "/tasks?view=all",
        "/settings/general",
    ],
)
def test_every_stop_is_seen_and_none_is_a_trap(path: str, people: People) -> None:
    page = people.page("en").page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(path.format(**people.known))
    settle(page)
    show_panels(page)
    page.evaluate("document.activeElement.blur()")
    stops: list[Any] = []
    for _ in range(250):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None or (stops and stop["place"] == stops[0]["place"]):
            break
        # A field for a date is several stops, which the browser itself marks.
        if not stops or stop["place"] != stops[-1]["place"]:
            stops.append(stop)
    else:
        pytest.fail(f"no way out after 250 stops, the last: {stops[-3:]}")
    assert len(stops) > 10
    assert "c-skip" in stops[0]["what"]
    assert [stop["what"] for stop in stops if not stop["ring"]] == [], "the focus is not seen"
    assert [stop["what"] for stop in stops if not stop["inside"]] == [], (
        "what has the focus is not in the window"
    )
    places = [stop["place"] for stop in stops]
    assert places == sorted(places), "the order of the stops is not the order of the page"


def test_a_conversation_is_answered_and_closed_by_keys(people: People) -> None:
    page = people.page("en").page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/inbox?view=all")
    settle(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane-thread[data-conversation]")
    id = page.get_attribute("#pane-thread", "data-conversation")
    page.keyboard.press("r")
    page.keyboard.type("We look into it today.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#thread >> text=We look into it today.")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.wait_for_selector(".c-toast:has-text('Conversation closed')")
    page.goto(f"/inbox/{id}?view=closed")
    assert page.locator("#pane-thread .c-badge:has-text('Closed')").count() == 1


def test_a_contact_is_made_by_keys(people: People) -> None:
    page = people.page("ru").page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/contacts/new")
    page.locator("[name=first_name]").focus()
    page.keyboard.type("Вера")
    page.keyboard.press("Tab")
    page.keyboard.type("Ключникова")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h1:has-text('Вера Ключникова')")
