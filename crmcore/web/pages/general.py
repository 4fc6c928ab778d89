"""Settings: the workspace in general — what it was started with, and how long data is kept."""

from typing import Any

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.privacy.periods import MOST_DAYS, READ, WRITE
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/general"
FACTS = (
    ("name", N_("Name of the workspace")),
    ("base_url", N_("Public address")),
    ("language", N_("Language of new people and of messages")),
    ("time_zone", N_("Time zone")),
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
        periods=await visit.crm.privacy.periods.all(actor=visit.actor),
        typed=typed or {},
        problems=problems or {},
        most=MOST_DAYS,
    )


def _said(visit: Visit, name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if name == "language":
        return visit.formats.language_name(str(value))
    if name == "default_country":
        return f"{visit.formats.code_name(str(value))} ({value})"
    return str(value)


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, save, permission=WRITE),
)
