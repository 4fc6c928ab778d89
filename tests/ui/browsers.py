"""A Chromium whose pages are watched: what a script breaks or the content policy refuses is never missed."""

import shutil
from typing import Any
from urllib.parse import urlsplit

from screens import PARAMETER, Screen
from story import ADMIN, PASSWORD
from world import RUSSIAN_ADMIN

CHROMIUM = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), "")
SIZES = {"d": (1440, 900), "t": (820, 1180), "m": (390, 844)}
THEMES = ("light", "dark")
PEOPLE = {"en": ADMIN, "ru": RUSSIAN_ADMIN}
FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--hide-scrollbars"]


class Watched:
    """A page and what went wrong in it. ``take`` returns the faults since it was asked before."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._console: list[str] = []
        self._policy: list[str] = []
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda fault: self._console.append(f"script error: {fault}"))
        page.on("console", self._said)

    def _said(self, message: Any) -> None:
        if message.type not in ("error", "warning"):
            return
        refused = "Content Security Policy" in message.text or "Content-Security-Policy" in message.text
        (self._policy if refused else self._console).append(message.text)

    def take(self) -> tuple[list[str], list[str]]:
        """Return what the console and the content policy complained about, and forget it."""
        found = self._console[:], self._policy[:]
        self._console.clear()
        self._policy.clear()
        return found


class People:
    """Pages of somebody signed in, by language; ``""`` is nobody. Signing in is done once for each."""

    def __init__(self, browser: Any, known: dict[str, str]) -> None:
        self.known, self._browser = known, browser
        self._pages: dict[str, Watched] = {}

    def page(self, language: str, *, anybody: bool = False) -> Watched:
        """Return the page of the administrator who speaks ``language``, or of a stranger."""
        key = f"{language}-{anybody}"
        if key not in self._pages:
            context = self.context(language)
            self._pages[key] = Watched(context.new_page())
            if not anybody:
                sign_in(self._pages[key].page, PEOPLE[language])
        return self._pages[key]

    def context(self, language: str = "en", **options: Any) -> Any:
        """Return a fresh browser without cookies."""
        return self._browser.new_context(
            base_url=self.known["address"],
            locale=language,
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
            **options,
        )


def sign_in(page: Any, email: str) -> None:
    """Sign in through the form."""
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("form[action='/login'] button[type=submit]")
    page.wait_for_load_state("load")


def settle(page: Any) -> None:
    """Wait until the panels that are seen are there and nothing moves: those far below are asked for when near."""
    page.wait_for_function(
        """() => document.fonts.status === 'loaded'
          && ![...document.querySelectorAll('[data-panel] [aria-busy=true]')].some(panel => {
            const box = panel.getBoundingClientRect()
            return box.top < innerHeight && box.left < innerWidth && panel.checkVisibility()
          })"""
    )


def show_panels(page: Any) -> None:
    """Go down to every panel, so that all of them are on the page, and back."""
    for _ in range(10):
        panel = page.query_selector("[data-panel]")
        if panel is None or not panel.is_visible():
            break
        panel.scroll_into_view_if_needed()
        settle(page)
    page.evaluate("document.querySelectorAll('.c-scroll').forEach(one => { one.scrollTop = 0 })")


def show(people: People, screen: Screen, language: str) -> Watched:
    """Open ``screen`` and return its page."""
    how, _, rest = screen.where.partition(" ")
    if how == "enters":
        watched = people.page(f"{language}", anybody=True)
        watched.page.context.clear_cookies()
        sign_in(watched.page, rest)
        assert urlsplit(watched.page.url).path == screen.path, watched.page.url
    else:
        watched = people.page(language, anybody=how == "anybody")
        if how == "anybody":
            watched.page.context.clear_cookies()
        answer = watched.page.goto(address_of(people, screen, watched.page))
        assert answer.ok, f"{watched.page.url}: {answer.status}"
    settle(watched.page)
    show_panels(watched.page)
    return watched


def address_of(people: People, screen: Screen, page: Any) -> str:
    """Return where ``screen`` is found, by its row."""
    words = [word for word in screen.where.split() if word != "anybody"]
    if words[:1] == ["on"]:
        page.goto(words[1].format(**people.known))
        settle(page)
        links = page.eval_on_selector_all(
            "a[href], [data-panel]", "all => all.map(one => one.getAttribute('href') || one.dataset.panel)"
        )
        return next(link for link in links if screen.pattern.match(link))
    if words[:1] == ["at"]:
        return words[1].format(**people.known)
    if words[:1] == ["known"] and people.known[words[1]].startswith("/"):
        return people.known[words[1]]
    if words and words[0].startswith("?"):
        return screen.path + words[0]
    said = dict(word.split("=") for word in words if "=" in word)
    if words[:1] == ["known"]:
        said["id"] = people.known[words[1]]
    return PARAMETER.sub(lambda part: said[part[1]], screen.path)
