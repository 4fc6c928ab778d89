"""Settings: the workspace in general — its name and look, what it was started with, how long data is kept."""

from typing import Any
from zoneinfo import available_timezones

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.conversions import converted
from crmcore.errors import Invalid
from crmcore.general.choices import CHOSEN, GeneralChoices
from crmcore.privacy.periods import MOST_DAYS, READ, WRITE
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/general"
COLOUR_NAMES = {
    "blue": N_("Blue"),
    "teal": N_("Teal"),
    "green": N_("Green"),
    "violet": N_("Violet"),
    "pink": N_("Pink"),
}
FACTS = (
    ("default_country", N_("Country of phone numbers without a code")),
    ("mail_from", N_("Sender of mails")),
    ("max_file_mb", N_("Largest upload, MB")),
    ("second_factor_roles", N_("Roles that need a second factor")),
)
_NO_PERIOD: Label = {
    "en": "This must be a whole number of days from 1 to {most}.",
    "ru": "Здесь должно быть целое число дней от 1 до {most}.",
}


async def show(visit: Visit) -> ASGIResponse:
    """Show the settings with their sources, and the periods."""
    return await _page(visit)


async def choose(visit: Visit) -> ASGIResponse:
    """Change name, language, time zone, address and colour; what the settings decide is not in the form."""
    form = await visit.form()
    asked = {name: form.get(name).strip()[:300] for name in CHOSEN if name in form}
    if "base_url" in asked:
        asked["base_url"] = asked["base_url"].rstrip("/")
    try:
        changed = await visit.crm.general.change(converted(asked, GeneralChoices), actor=visit.actor)
    except Invalid as error:
        wrong = {field_name(problem.path): problem.sentence(visit.language) for problem in error.problems}
        return await _page(visit, wrong=wrong, asked=asked, status=422)
    return visit.redirect(HERE, done="saved" if changed else "unchanged")


async def save(visit: Visit) -> ASGIResponse:
    """Keep each kind of data as long as the form says; an empty place is for ever where that is possible."""
    form = await visit.form()
    problems: dict[str, str] = {}
    asked: dict[str, int | None] = {}
    for period in await visit.crm.privacy.periods.all(actor=visit.actor):
        if period.kind not in form:
            continue
        text, days = form.get(period.kind), form.number(period.kind)
        if (text or period.needed) and not (days and 1 <= days <= MOST_DAYS):
            problem = Problem(code="days", message=_NO_PERIOD, params={"most": MOST_DAYS})
            problems[period.kind] = problem.sentence(visit.language)
        elif days != period.days:
            asked[period.kind] = days
    if problems:
        typed = {name: form.get(name)[:20] for name in visit.crm.privacy.periods.kinds}
        return await _page(visit, problems=problems, typed=typed, status=422)
    try:
        async with visit.crm.database.transaction():
            for kind, days in asked.items():
                await visit.crm.privacy.periods.set(kind, days, actor=visit.actor)
    except Invalid as error:
        return await _page(visit, problems={"": error.sentence(visit.language)}, status=422)
    return visit.redirect(HERE, done="saved" if asked else "unchanged")


async def _page(
    visit: Visit,
    *,
    problems: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    asked: dict[str, str] | None = None,
    status: int = 200,
) -> ASGIResponse:
    settings = visit.crm.settings
    facts = [
        {
            "label": visit.texts.gettext(label),
            "value": _said(visit, name, getattr(settings, name)),
            "variable": f"CRMCORE_{name.upper()}",
        }
        for name, label in FACTS
    ]
    return await visit.page(
        "settings_general.html",
        status=status,
        area="settings",
        facts=facts,
        general=await visit.crm.general.all(actor=visit.actor),
        wrong=wrong or {},
        asked=asked or {},
        colours=[(key, visit.texts.gettext(name)) for key, name in COLOUR_NAMES.items()],
        zones=sorted(available_timezones()),
        periods=await visit.crm.privacy.periods.all(actor=visit.actor),
        typed=typed or {},
        problems=problems or {},
        most=MOST_DAYS,
    )


def _said(visit: Visit, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if name == "default_country":
        return f"{visit.formats.code_name(str(value))} ({value})"
    return str(value)


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, save, permission=WRITE),
    Route("POST", f"{HERE}/choices", choose, permission=WRITE),
)
