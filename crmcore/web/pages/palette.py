"""The command palette's lines, and the sheet of keys: parts of a page that a script asks for."""

from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.contributions.commands import commands
from crmcore.records.query import ListQuery
from crmcore.web.frame import saved_views
from crmcore.web.lists.places import listed_kinds, page_of, place_of
from crmcore.web.route import Route
from crmcore.web.shortcuts import shortcuts
from crmcore.web.texts import N_
from crmcore.web.views import VIEWS
from crmcore.web.visit import Visit

FOUND, MOST_TALKS = 14, 6
MAX_WORDS = 200
SHOWN = {
    "conversation": "message-square",
    "contact": "circle-user-round",
    "company": "building-2",
    "task": "square-check-big",
}
"""What the palette finds, of everything that is searched, with its icon; messages lead to their conversations."""


class Line(Struct, frozen=True, kw_only=True):
    """One line: where it leads, or what it presses on the page. ``keys`` are those that do the same."""

    label: str
    icon: str
    href: str = ""
    keys: str = ""
    words: str = ""
    press: str = ""
    sheet: bool = False
    more: str = ""
    conversation: str = ""


class Place(Struct, frozen=True):
    """A page that is always there, for who holds ``permission``; ``keys`` is the action whose keys lead to it."""

    href: str
    label: str
    icon: str
    permission: str = ""
    keys: str = ""


GO = (
    Place("/contacts", N_("Contacts"), "users", "contact.read", "go_contacts"),
    Place("/companies", N_("Companies"), "building-2", "company.read", "go_companies"),
    Place("/tasks", N_("Tasks"), "square-check-big", "task.read", "go_tasks"),
    Place("/tasks/calendar", N_("Calendar of tasks"), "calendar", "task.read"),
    Place("/notifications", N_("Notifications"), "bell"),
    Place("/search", N_("Search"), "search"),
)
CREATE = (
    Place("/contacts/new", N_("Create a contact"), "user-plus", "contact.write"),
    Place("/companies/new", N_("Create a company"), "building-2", "company.write"),
    Place("/tasks/new", N_("Create a task"), "square-check-big", "task.write"),
)
SETTINGS = (
    Place("/settings/profile", N_("Profile"), "circle-user-round", "", "go_settings"),
    Place("/settings/security", N_("Signing in"), "shield-check"),
    Place("/settings/general", N_("General"), "settings", "settings.read"),
    Place("/settings/people", N_("People"), "users", "user.read"),
    Place("/settings/teams", N_("Teams"), "users", "user.read"),
    Place("/settings/roles", N_("Roles"), "shield-check", "role.read"),
    Place("/settings/fields", N_("Custom fields"), "text-cursor-input", "field.read"),
    Place("/settings/import", N_("Import"), "database", "import.read"),
    Place("/settings/export", N_("Export"), "database", "export.read"),
    Place("/settings/tags", N_("Tags"), "tags", "tag.read"),
    Place("/settings/canned", N_("Canned replies"), "messages-square", "message.write"),
    Place("/settings/channels", N_("Channels"), "plug", "channel.read"),
    Place("/settings/audit", N_("Audit"), "history", "audit.read"),
    Place("/settings/plugins", N_("Plugins"), "puzzle", "plugin.read"),
    Place("/settings/tokens", N_("API tokens"), "key", "token.write"),
    Place("/settings/webhooks", N_("Webhooks"), "webhook", "webhook.read"),
    Place("/settings/jobs", N_("Jobs"), "list-checks", "job.read"),
)


async def show(visit: Visit) -> ASGIResponse:
    """Return the lines of the palette: what is found by ``q``, or everything that is always there."""
    q = visit.query.get("q", "").strip()[:MAX_WORDS]
    lines = await _found(visit, q) if q else await _places(visit)
    return visit.render("palette_lines.html", lines=lines)


async def _found(visit: Visit, q: str) -> list[Line]:
    finds = await visit.crm.search.find(q, actor=visit.actor, limit=FOUND * 2)
    lines: dict[str, Line] = {}
    for find in (*finds.best, *finds.items):
        kind = "conversation" if find.conversation_id else find.type
        id = find.conversation_id or find.id
        href = f"/tasks/{id}" if kind == "task" else page_of(visit, kind, id)
        if not href or href in lines:
            continue
        found = visit.crm.records.types.get(kind)
        lines[href] = Line(
            label=find.title or find.excerpt or "–",
            icon=SHOWN.get(kind, "puzzle"),
            href=f"{href}?view=all" if kind == "conversation" else href,
            more=visit.say(found.label) if found else "",
            conversation=str(id) if kind == "conversation" else "",
        )
    return [*list(lines.values())[: FOUND - MOST_TALKS], *(await _talks(visit, q, set(lines)))]


async def _talks(visit: Visit, q: str, known: set[str]) -> list[Line]:
    """Return the newest conversations with the words, or with somebody who is called so."""
    if not visit.actor.may("conversation.read"):
        return []
    query = ListQuery(q=q, sort="-last_activity_at", limit=MOST_TALKS)
    page = await visit.crm.records.list("conversation", query, actor=visit.actor)
    kind = visit.crm.records.record_type("conversation")
    return [
        Line(
            label=kind.title(record.document),
            icon=SHOWN["conversation"],
            href=f"/inbox/{record.id}?view=all",
            more=(record.document.get("contact") or {}).get("name", ""),
            conversation=str(record.id),
        )
        for record in page.items
        if f"/inbox/{record.id}" not in known
    ]


async def _places(visit: Visit) -> list[Line]:
    say, may = visit.texts.gettext, visit.actor.may
    lines: list[Line] = []
    if may("conversation.read"):
        inbox = say("Inbox")
        for view, title in VIEWS.items():
            keys = visit.keys.shown("go_inbox") if view == "mine" else ""
            lines.append(
                Line(label=f"{inbox}: {say(title)}", icon="inbox", href=f"/inbox?view={view}", keys=keys)
            )
        lines += [
            Line(label=f"{inbox}: {view.name}", icon="inbox", href=f"/inbox?view={view.id}")
            for view in await saved_views(visit)
        ]
    lines += [_line(visit, place) for place in GO if not place.permission or may(place.permission)]
    lines += [
        Line(label=visit.say(kind.label_plural), icon="puzzle", href=place_of(kind))
        for kind in listed_kinds(visit.crm)
        if may(f"{kind.key}.read")
    ]
    lines += [
        Line(label=command.label, icon=command.icon, href=command.open, words=command.keywords)
        for command in commands(visit.crm, actor=visit.actor, language=visit.language)
    ]
    lines += [_line(visit, place) for place in CREATE if may(place.permission)]
    settings = say("Settings")
    lines += [
        Line(
            label=f"{settings}: {say(place.label)}",
            icon=place.icon,
            href=place.href,
            keys=_keys(visit, place),
        )
        for place in SETTINGS
        if not place.permission or may(place.permission)
    ]
    lines += [
        Line(
            label=say("Theme: light"),
            icon="sun",
            press="button[name=theme][value=light]",
            keys=visit.keys.shown("theme"),
        ),
        Line(
            label=say("Theme: dark"),
            icon="moon",
            press="button[name=theme][value=dark]",
            keys=visit.keys.shown("theme"),
        ),
        Line(
            label="English", icon="languages", press="button[name=language][value=en]", words="language язык"
        ),
        Line(
            label="Русский",
            icon="languages",
            press="button[name=language][value=ru]",
            words="language язык russian",
        ),
        Line(label=say("Keys for everything"), icon="keyboard", sheet=True, keys=visit.keys.shown("sheet")),
        Line(label=say("Sign out"), icon="log-out", press="form[action='/logout'] button"),
    ]
    return lines


def _line(visit: Visit, place: Place) -> Line:
    label = visit.texts.gettext(place.label)
    return Line(label=label, icon=place.icon, href=place.href, keys=_keys(visit, place))


def _keys(visit: Visit, place: Place) -> str:
    return visit.keys.shown(place.keys) if place.keys else ""


async def show_shortcuts(visit: Visit) -> ASGIResponse:
    """Return the sheet of keys: a page, or what our script puts into a dialog."""
    if visit.wants_fragment:
        return visit.render("shortcuts_sheet.html", groups=shortcuts(visit.texts, visit.keys))
    return await visit.page("shortcuts.html", area="", groups=shortcuts(visit.texts, visit.keys))


ROUTES = (Route("GET", "/palette", show), Route("GET", "/shortcuts", show_shortcuts))
