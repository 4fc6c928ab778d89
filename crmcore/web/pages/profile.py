"""One's own profile: language, time zone, theme, density, keys."""

import zoneinfo
from typing import Any

from litestar.datastructures import Cookie
from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.accounts.keys import ACTIONS
from crmcore.accounts.preferences import PreferenceChanges
from crmcore.conversions import converted
from crmcore.errors import Invalid
from crmcore.notifications.kinds import KINDS
from crmcore.notifications.reading import own_id
from crmcore.web.own_keys import OwnKeys
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.visit import THEME_COOKIE, THEMES, Visit, local_path

YEAR_S = 31_536_000
LANGUAGES = (("en", "English"), ("ru", "Русский"))
DENSITIES = ("comfortable", "compact")


class KeyLine(Struct, frozen=True, kw_only=True):
    """One line of the table of keys. ``before`` is what is pressed first, ``default`` all keys of the default."""

    name: str
    label: str
    key: str
    before: list[str]
    default: list[str]


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


async def choose_density(visit: Visit) -> ASGIResponse:
    """Change how close rows stand."""
    form = await visit.form()
    if form.get("density") in DENSITIES:
        await change_own(visit, {"density": form.get("density")})
    return visit.redirect(local_path(form.get("back") or "/"))


async def choose_keys(visit: Visit) -> ASGIResponse:
    """Keep the keys of the table, or all defaults again."""
    form = await visit.form()
    asked = {name: form.get(f"key.{name}") for name in ACTIONS if f"key.{name}" in form}
    try:
        if form.get("do") == "reset":
            asked = {}
        await visit.crm.preferences.change(visit.actor, converted({"keys": asked}, PreferenceChanges))
    except Invalid as error:
        said = {
            problem.path.rpartition("/")[2]: problem.sentence(visit.language) for problem in error.problems
        }
        return await _page(visit, key_errors=said, asked_keys=asked)
    return visit.redirect("/settings/profile#keys", done="saved")


async def change_own(visit: Visit, changes: dict[str, Any]) -> None:
    """Change the visitor's own user record: these fields everybody may change of themselves."""
    await visit.crm.preferences.change_user(visit.actor, changes)


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


async def _page(
    visit: Visit,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    *,
    key_errors: dict[str, str] | None = None,
    asked_keys: dict[str, str] | None = None,
) -> ASGIResponse:
    actor = visit.actor
    ways = await visit.crm.notifications.choices.of(own_id(actor))
    shown = values or {"name": actor.label, "language": actor.language, "time_zone": actor.time_zone}
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
    return await visit.page(
        "settings_profile.html",
        status=422 if errors or key_errors else 200,
        area="settings",
        values=shown,
        errors=errors or {},
        languages=LANGUAGES,
        actions=[_key_line(visit, name, asked_keys) for name in ACTIONS],
        key_errors=key_errors or {},
        ways=[(key, visit.say(KINDS[key].title), way) for key, way in ways.items()],
        mail=visit.crm.post.configured,
        zones=[zone for zone in zones if not zone.startswith(("Etc/", "posix/", "right/"))],
    )


def _key_line(visit: Visit, name: str, asked: dict[str, str] | None) -> KeyLine:
    action = ACTIONS[name]
    key = (asked or {}).get(name) or visit.keys.map[name]
    before = visit.keys.parts("go") if action.after_go else []
    label = visit.say(action.label)
    default = OwnKeys(None).parts(name)
    return KeyLine(name=name, label=label, key=key, before=before, default=default)


ROUTES = (
    Route("GET", "/settings", show_settings),
    Route("GET", "/settings/profile", show_profile),
    Route("POST", "/settings/profile", save_profile),
    Route("POST", "/settings/profile/theme", choose_theme),
    Route("POST", "/settings/profile/language", choose_language),
    Route("POST", "/settings/profile/density", choose_density),
    Route("POST", "/settings/profile/keys", choose_keys),
)
