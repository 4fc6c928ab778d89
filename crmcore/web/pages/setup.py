"""First run: the first account, the workspace, the first channel, and the list of what is still to do."""

from urllib.parse import urlsplit
from zoneinfo import available_timezones

from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.accounts.pending import SecondStepNeeded
from crmcore.contributions.setup_steps import setup_steps
from crmcore.conversions import converted
from crmcore.errors import Invalid, NotFound
from crmcore.general.choices import CHOSEN, GeneralChoices
from crmcore.general.service import WRITE
from crmcore.http.auth import find_actor
from crmcore.records.query import ListQuery
from crmcore.web.entering import entered, second_step
from crmcore.web.pages.general import COLOUR_NAMES
from crmcore.web.record_form import field_name
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

WORKSPACE, CHANNEL, LIST = "/setup/workspace", "/setup/channel", "/setup"
FORM = "form"
LANGUAGES = ("en", "ru")


class StepView(Struct, frozen=True, kw_only=True):
    """One line of the list; ``href`` is where it is done."""

    title: str
    text: str
    href: str
    done: bool


async def show_account(visit: Visit) -> ASGIResponse:
    """Ask for the first account; who has no right link learns nothing, who is signed in goes on."""
    if await find_actor(visit.request) is not None:
        return visit.redirect(LIST)
    try:
        await visit.crm.first_run.check(_token(visit))
    except NotFound:
        return visit.redirect("/login")
    return _account(visit, {}, {})


async def make_account(visit: Visit) -> ASGIResponse:
    """Make the first account and let its owner in."""
    form = await visit.form()
    crm = visit.crm
    typed = {name: form.get(name).strip()[:300] for name in ("email", "name", "language", "time_zone")}
    try:
        id = await crm.first_run.begin(
            _token(visit),
            email=typed["email"],
            name=typed["name"],
            password=form.raw("password")[:1000],
            language=typed["language"] if typed["language"] in LANGUAGES else visit.language,
            time_zone=typed["time_zone"] or "UTC",
        )
    except NotFound:
        return visit.redirect("/login")
    except Invalid as refusal:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in refusal.problems}
        return _account(visit, typed, errors)
    try:
        secret = await crm.accounts.entrance.enter(id, address=visit.address, user_agent=visit.user_agent)
    except SecondStepNeeded as step:
        return second_step(visit, step, WORKSPACE)
    return await entered(visit, secret, WORKSPACE)


async def show_workspace(visit: Visit) -> ASGIResponse:
    """Ask what the workspace is called, and how it speaks; the first account's language and time zone are offered."""
    own = {"language": visit.language, "time_zone": visit.actor.time_zone}
    offered = {
        one.name: own[one.name]
        for one in await visit.crm.general.all(actor=visit.actor)
        if one.decided_by == "default" and own.get(one.name)
    }
    return await _workspace(visit, offered, {})


async def save_workspace(visit: Visit) -> ASGIResponse:
    """Keep the choices and go on to the channel."""
    form = await visit.form()
    asked = {name: form.get(name).strip()[:300] for name in CHOSEN if name in form}
    try:
        await visit.crm.general.change(converted(asked, GeneralChoices), actor=visit.actor)
    except Invalid as refusal:
        errors = {field_name(problem.path): problem.sentence(visit.language) for problem in refusal.problems}
        return await _workspace(visit, asked, errors)
    return visit.redirect(CHANNEL)


async def show_channel(visit: Visit) -> ASGIResponse:
    """Offer a form, which works at once, and the other channels."""
    return await _channel(visit, "", "")


async def make_channel(visit: Visit) -> ASGIResponse:
    """Make a form with the ordinary questions."""
    form = await visit.form()
    name = form.get("name").strip()[:200] or visit.texts.gettext("Contact form")
    try:
        config = {"language": visit.crm.settings.language}
        await visit.crm.channel_accounts.create(FORM, name, config, actor=visit.actor)
    except Invalid as refusal:
        return await _channel(visit, name, refusal.problems[0].sentence(visit.language))
    return visit.redirect(LIST, done="channel_ready")


async def show_list(visit: Visit) -> ASGIResponse:
    """Show what is done and what is still to do, and the address of the form."""
    return await visit.page(
        "setup.html", area="settings", steps=await _steps(visit), form=await _form_address(visit)
    )


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])


def _account(visit: Visit, typed: dict[str, str], errors: dict[str, str]) -> ASGIResponse:
    return visit.render(
        "setup_account.html",
        status=422 if errors else 200,
        typed=typed,
        errors=errors,
        languages=LANGUAGES,
        zones=sorted(available_timezones()),
        zone=visit.crm.settings.time_zone,
    )


async def _workspace(visit: Visit, asked: dict[str, str], wrong: dict[str, str]) -> ASGIResponse:
    return visit.render(
        "setup_workspace.html",
        status=422 if wrong else 200,
        general=await visit.crm.general.all(actor=visit.actor),
        asked=asked,
        wrong=wrong,
        colours=[(key, visit.texts.gettext(name)) for key, name in COLOUR_NAMES.items()],
        zones=sorted(available_timezones()),
    )


async def _channel(visit: Visit, name: str, error: str) -> ASGIResponse:
    return visit.render(
        "setup_channel.html",
        status=422 if error else 200,
        name=name or visit.texts.gettext("Contact form"),
        error=error,
        form=await _form_address(visit),
        others=[
            (key, visit.say(owned.item.label), owned.item.icon)
            for key, owned in visit.crm.registry.channels.items()
            if key != FORM
        ],
    )


async def _form_address(visit: Visit) -> str:
    """Return where the first working form is, empty without one."""
    accounts = await visit.crm.channel_accounts.list(actor=visit.actor)
    return next(
        (f"/f/{one['slug']}" for one in accounts if one["channel"] == FORM and one["state"] == "active"), ""
    )


async def _steps(visit: Visit) -> list[StepView]:
    crm, actor, _ = visit.crm, visit.actor, visit.texts.gettext
    general = await crm.general.all(actor=actor)
    channels = await crm.channel_accounts.list(actor=actor, kind="channel")
    conversations = await crm.records.count("conversation", ListQuery(), actor=actor)
    people = await crm.records.count("user", ListQuery(), actor=actor)
    form = await _form_address(visit)
    own = (
        (N_("Make an account"), N_("The first one is an administrator’s."), "/settings/profile", True),
        (
            N_("Name the workspace"),
            N_("Its name, language, time zone and colour."),
            WORKSPACE,
            any(one.decided_by != "default" for one in general),
        ),
        (
            N_("Connect a channel"),
            N_("A form works at once; mail and messengers come with plugins."),
            CHANNEL,
            any(one["state"] == "active" for one in channels),
        ),
        (
            N_("Receive the first message"),
            N_("Write one into your own form and see it arrive. Answering needs a channel that sends."),
            form or CHANNEL,
            conversations > 0,
        ),
        (N_("Invite colleagues"), N_("Each with a role of their own."), "/settings/people", people > 1),
    )
    told = [StepView(title=_(title), text=_(text), href=href, done=done) for title, text, href, done in own]
    for step in await setup_steps(crm, actor):
        href = step.open if urlsplit(step.open).scheme in ("", "https") else ""
        told.append(
            StepView(title=visit.say(step.title), text=visit.say(step.text), href=href, done=step.done)
        )
    return told


ROUTES = (
    Route("GET", LIST, show_list, permission=WRITE),
    Route("GET", WORKSPACE, show_workspace, permission=WRITE),
    Route("POST", WORKSPACE, save_workspace, permission=WRITE),
    Route("GET", CHANNEL, show_channel, permission="channel.write"),
    Route("POST", CHANNEL, make_channel, permission="channel.write"),
    Route("GET", "/setup/{token:str}", show_account, public=True),
    Route("POST", "/setup/{token:str}", make_account, public=True),
)
