"""One's own profile: language, time zone, theme."""

import zoneinfo
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse

from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.notifications.kinds import KINDS
from crmcore.notifications.reading import own_id
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import THEME_COOKIE, THEMES, Visit, local_path

YEAR_S = 31_536_000
LANGUAGES = (("en", "English"), ("ru", "Русский"))


async def show_settings(visit: Visit) -> ASGIResponse:
    """Lead to the settings everybody has."""
    return visit.redirect("/settings/profile")


async def show_profile(visit: Visit) -> ASGIResponse:
    """Show the profile form."""
    return await _page(visit)


async def save_profile(visit: Visit) -> ASGIResponse:
    """Save name, language and time zone."""
    form = await visit.form()
    values = {name: form.get(name) for name in ("name", "language", "time_zone")}
    try:
        await change_own(visit, values)
    except Invalid as error:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in error.problems}
        return await _page(visit, values, errors)
    return visit.redirect("/settings/profile", done="saved")


async def choose_theme(visit: Visit) -> ASGIResponse:
    """Keep the theme for this browser and for the next one."""
    form = await visit.form()
    theme = form.get("theme") if form.get("theme") in THEMES else "system"
    await change_own(visit, {"theme": theme})
    return visit.redirect(local_path(form.get("back") or "/"), (theme_cookie(visit, theme),))


async def choose_language(visit: Visit) -> ASGIResponse:
    """Change the language of the pages."""
    form = await visit.form()
    if form.get("language") in dict(LANGUAGES):
        await change_own(visit, {"language": form.get("language")})
    return visit.redirect(local_path(form.get("back") or "/"))


async def change_own(visit: Visit, changes: dict[str, Any]) -> None:
    """Change the visitor's own user record: these fields everybody may change of themselves."""
    actor = visit.actor
    allowed = actor.permissions | {"user.read", "user.write"}
    own = msgspec.structs.replace(actor, permissions=allowed)
    if "time_zone" in changes and changes["time_zone"] not in zoneinfo.available_timezones():
        raise Invalid(problems=(_no_such_zone(),))
    await visit.crm.records.update("user", UUID(actor.id), changes, actor=own)


def theme_cookie(visit: Visit, theme: str) -> Cookie:
    """Return the cookie that tells the server which theme to draw: no flash of the other one."""
    return Cookie(
        key=THEME_COOKIE,
        value=theme,
        path="/",
        max_age=YEAR_S,
        secure=visit.crm.settings.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def _no_such_zone() -> Problem:
    message = {"en": "There is no such time zone.", "ru": "Такого часового пояса нет."}
    return Problem(path="/time_zone", code="unknown_time_zone", message=message)


async def _page(
    visit: Visit, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> ASGIResponse:
    actor = visit.actor
    ways = await visit.crm.notifications.choices.of(own_id(actor))
    shown = values or {"name": actor.label, "language": actor.language, "time_zone": actor.time_zone}
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
    return await visit.page(
        "settings_profile.html",
        status=422 if errors else 200,
        area="settings",
        values=shown,
        errors=errors or {},
        languages=LANGUAGES,
        ways=[(key, visit.say(KINDS[key].title), way) for key, way in ways.items()],
        mail=visit.crm.post.configured,
        zones=[zone for zone in zones if not zone.startswith(("Etc/", "posix/", "right/"))],
    )


ROUTES = (
    Route("GET", "/settings", show_settings),
    Route("GET", "/settings/profile", show_profile),
    Route("POST", "/settings/profile", save_profile),
    Route("POST", "/settings/profile/theme", choose_theme),
    Route("POST", "/settings/profile/language", choose_language),
)
