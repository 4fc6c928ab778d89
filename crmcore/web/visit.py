"""One visitor's request: who, in which language, and how to answer it."""

import gzip
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.http.auth import actor_of
from crmcore.http.request import CrmRequest
from crmcore.web.form import Form
from crmcore.web.formats import Formats, zone_of
from crmcore.web.frame import Frame, frame_of
from crmcore.web.own_keys import OwnKeys
from crmcore.web.site import Site

THEMES = ("light", "dark", "system")
THEME_COOKIE = "crm_theme"
FRAGMENT_HEADER = "x-crm-fragment"
HTML = "text/html"
# A page of 40 kB takes 0.4 ms at this level and becomes 7 kB; a packet's worth is sent as it is.
PACKED, WORTH_PACKING = 6, 1400


class Visit:
    """A request together with its site: pages read from it and answer through it."""

    def __init__(self, site: Site, request: CrmRequest) -> None:
        self.site = site
        self.crm = site.crm
        self.request = request
        found = request.scope["state"].get("actor")
        self._actor = found if isinstance(found, Actor) else None
        # Before anything is read for the page: what happens from now on its script is told.
        self.live_place = self.crm.live.read
        self.speak(request.language)

    @property
    def actor(self) -> Actor:
        """Who is signed in. Raises :class:`~crmcore.errors.NotSignedIn` on a public page when nobody is."""
        return self._actor or actor_of(self.request)

    def speak(self, language: str) -> None:
        """Answer in ``language``, English when there are no texts for it."""
        self.language = language if language in self.site.languages else "en"
        self.texts = self.site.languages[self.language]
        zone = zone_of(self._actor.time_zone if self._actor else "UTC")
        self.formats = Formats(self.texts, zone, self.crm.clock())

    def say(self, label: Label, **params: object) -> str:
        """Return ``label`` in the visitor's language."""
        return text_of(label, self.language, **params)

    @property
    def theme(self) -> str:
        """The theme chosen on this device."""
        chosen = self.request.cookies.get(THEME_COOKIE, "system")
        return chosen if chosen in THEMES else "system"

    @cached_property
    def keys(self) -> OwnKeys:
        """The visitor's own keys."""
        return OwnKeys(self._actor)

    @property
    def path(self) -> str:
        """The address without its query."""
        return str(self.request.scope["path"])

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last of each name counts, what cannot be read is left out."""
        text = self.request.scope["query_string"].decode("ascii", "replace")
        try:
            pairs = parse_qsl(text, errors="replace", max_num_fields=100)
        except ValueError:
            return {}
        return {name: value[:1000] for name, value in pairs if "\0" not in value}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's parameters in their order, those of one name all of them."""
        text = self.request.scope["query_string"].decode("ascii", "replace")
        try:
            pairs = parse_qsl(text, errors="replace", max_num_fields=100)
        except ValueError:
            return []
        return [(name, value[:1000]) for name, value in pairs if "\0" not in value]

    @property
    def long_query(self) -> dict[str, str]:
        """The query's parameters as a provider of single sign-on sends them: codes of a few kilobytes."""
        text = self.request.scope["query_string"].decode("ascii", "replace")
        try:
            pairs = parse_qsl(text, errors="replace", max_num_fields=30)
        except ValueError:
            return {}
        return {name: value for name, value in pairs if len(value) <= 8000 and "\0" not in value}

    @property
    def wants_fragment(self) -> bool:
        """Whether our own script asks for a part of the page."""
        return self.request.headers.get(FRAGMENT_HEADER) == "1"

    @property
    def live_part(self) -> str:
        """Which part of the page the script of live updates asks for: ``rows``, ``thread``, or none."""
        wanted = self.request.headers.get(FRAGMENT_HEADER, "")
        return wanted if wanted in ("rows", "thread") else ""

    @property
    def address(self) -> str:
        """The browser's network address, empty when it is not known."""
        client = self.request.client
        return client.host if client else ""

    @property
    def user_agent(self) -> str:
        """What the browser says it is."""
        return self.request.headers.get("user-agent", "")[:300]

    async def form(self) -> Form:
        """Return what the visitor's form sent."""
        return Form((await self.request.form()).multi_items())

    async def page(self, template: str, *, status: int = 200, area: str = "", **values: Any) -> ASGIResponse:
        """Return a page inside the frame with the navigation; ``area`` is the part of the program it belongs to."""
        return self.render(template, status=status, frame=await frame_of(self, area), **values)

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        cookies: tuple[Cookie, ...] = (),
        frame: Frame | None = None,
        **values: Any,
    ) -> ASGIResponse:
        """Return ``template`` filled with ``values``."""
        body = self.fill(template, frame=frame, **values).encode()
        sent = {"Vary": f"{FRAGMENT_HEADER}, Accept-Encoding"} | (headers or {})
        # Nothing in a page is secret to its own reader alone and repeats what another site sent: cookies of the
        # session do not travel with other sites' requests, so the length of a packed page tells nobody anything.
        if len(body) >= WORTH_PACKING and "gzip" in self.request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, PACKED, mtime=0)
            sent["Content-Encoding"] = "gzip"
        return ASGIResponse(
            body=body,
            status_code=status,
            headers=sent,
            cookies=cookies,
            media_type=HTML,
        )

    def fill(self, template: str, **values: Any) -> str:
        """Return ``template`` filled with ``values`` as text."""
        return self.site.templates.get_template(template).render(
            _=self.texts.gettext,
            ngettext=self.texts.ngettext,
            fmt=self.formats,
            say=self.say,
            lang=self.language,
            theme=self.theme,
            density=self._actor.density if self._actor else "comfortable",
            keys=self.keys,
            workspace=self.crm.settings.name,
            colour=self.crm.settings.colour,
            query=self.query,
            may=self._actor.may if self._actor else _nothing,
            me=self._actor.id if self._actor else "",
            live_place=self.live_place,
            **values,
        )

    def redirect(self, path: str, cookies: tuple[Cookie, ...] = (), /, **query: str) -> ASGIResponse:
        """Send the browser to ``path``, an address of ours, with GET."""
        kept = {name: value for name, value in query.items() if value}
        path, mark, place = path.partition("#")
        target = local_path(path) + (("&" if "?" in path else "?") + urlencode(kept) if kept else "")
        target += local_path(f"/{mark}{place}")[1:]
        return ASGIResponse(
            status_code=303,
            media_type=HTML,
            headers={"Location": target},
            cookies=cookies,
        )


def local_path(path: str) -> str:
    """Return ``path`` when it is an address of this site, else the front page: redirects never lead elsewhere."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(sign) < 33 for sign in path):
        return "/"
    # A header is ASCII; what is no text in UTF-8 leads nowhere.
    return quote(path, safe="/?#[]@!$&'()*+,;=:%~", errors="replace")


def _nothing(permission: str) -> bool:
    return False
