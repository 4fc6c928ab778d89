"""Settings: API tokens — one's own, and everybody's for who manages users."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.accounts.new_token import MANAGE, WRITE, NewToken, make_token, revoke_token, tokens_seen_by
from crmcore.accounts.scopes import ACTIONS, patterns_in
from crmcore.accounts.tokens import TokenEntry
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.conversions import converted
from crmcore.errors import Invalid
from crmcore.web.form import Form
from crmcore.web.role_form import OTHERS
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/tokens"
SETS = {
    "read": (N_("Read everything"), N_("What your role lets you see")),
    "write": (N_("Read and change records"), N_("Without settings")),
    "admin": (N_("Everything that your role may"), N_("Settings as well")),
}
RECORD_ACTIONS = {"read": N_("read"), "write": N_("change"), "delete": N_("delete")}
USUAL_DAYS = 90
_NO_DATE: Label = {"en": "This is not a date.", "ru": "Это не дата."}


async def show(visit: Visit) -> ASGIResponse:
    """List the tokens, with a form for another one."""
    return await _page(visit, Form(()))


async def add(visit: Visit) -> ASGIResponse:
    """Make a token and show it, this once."""
    form = await visit.form()
    try:
        entry, secret = await make_token(visit.crm, _asked(visit, form), actor=visit.actor)
    except Invalid as error:
        problems = {
            problem.path.strip("/").partition("/")[0]: problem.sentence(visit.language)
            for problem in error.problems
        }
        return await _page(visit, form, problems=problems, status=422)
    return await _page(visit, Form(()), made=(entry.name, secret))


async def revoke(visit: Visit) -> ASGIResponse:
    """End a token at once."""
    id: UUID = visit.request.path_params["id"]
    await revoke_token(visit.crm, id, actor=visit.actor)
    everybody = (await visit.form()).get("all")
    return visit.redirect(HERE, done="token_revoked", all=everybody)


def _asked(visit: Visit, form: Form) -> NewToken:
    chosen = form.get("set")
    document: dict[str, Any] = {
        "name": form.get("name"),
        "scopes": [chosen] if chosen in SETS else form.all("scopes"),
    }
    if text := form.get("until"):
        document["expires_at"] = _end_of(visit, text).isoformat()
    return converted(document, NewToken)


def _end_of(visit: Visit, text: str) -> datetime:
    """Return the end of the day ``text`` in the visitor's zone."""
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time(), visit.formats.zone)
    except (ValueError, OverflowError):
        raise Invalid(problems=(Problem(code="date", message=_NO_DATE, path="/expires_at"),)) from None


async def _page(
    visit: Visit,
    form: Form,
    *,
    made: tuple[str, str] | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> ASGIResponse:
    everybody = bool(visit.query.get("all")) and visit.actor.may(MANAGE)
    entries = await tokens_seen_by(visit.crm, visit.actor, everybody=everybody)
    now = visit.crm.clock()
    usual = (visit.formats.now.date() + timedelta(days=USUAL_DAYS)).isoformat()
    return await visit.page(
        "settings_tokens.html",
        status=status,
        area="settings",
        tokens=[_shown(visit, entry, now) for entry in entries if entry.revoked_at is None],
        revoked=[_shown(visit, entry, now) for entry in entries if entry.revoked_at is not None][:20],
        everybody=everybody,
        sets=[
            (key, visit.texts.gettext(label), visit.texts.gettext(hint))
            for key, (label, hint) in SETS.items()
        ],
        scopes=[(pattern, label, pattern in form.all("scopes")) for pattern, label in _patterns(visit)],
        typed={"name": form.get("name"), "set": form.get("set", "read"), "until": form.get("until", usual)},
        problems=problems or {},
        made=made,
    )


def _shown(visit: Visit, entry: TokenEntry, now: datetime) -> dict[str, Any]:
    ended = entry.expires_at is not None and entry.expires_at <= now
    words = dict(_patterns(visit))
    said = [
        visit.texts.gettext(SETS[scope][0]) if scope in SETS else words.get(scope, scope)
        for scope in entry.scopes
    ]
    return {"t": entry, "ended": ended, "scopes": said, "patterns": sorted(patterns_in(entry.scopes))}


def _patterns(visit: Visit) -> Iterable[tuple[str, str]]:
    """Yield the permissions that a token may be made for, with what each means: no more than the visitor may."""
    types = visit.crm.records.types
    for subject, actions in (
        *ACTIONS.items(),
        *((key, tuple(RECORD_ACTIONS)) for key in types if key not in ACTIONS),
    ):
        for action in actions:
            pattern = f"{subject}.{action}"
            if not visit.actor.may(pattern):
                continue
            if pattern in OTHERS:
                yield pattern, visit.texts.gettext(OTHERS[pattern])
            elif subject in types and action in RECORD_ACTIONS:
                many = visit.say(types[subject].label_plural)
                yield pattern, f"{many}: {visit.texts.gettext(RECORD_ACTIONS[action])}"
            else:
                yield pattern, pattern


ROUTES = (
    Route("GET", HERE, show, permission=WRITE),
    Route("POST", HERE, add, permission=WRITE),
    Route("POST", f"{HERE}/{{id:uuid}}/revoke", revoke, permission=WRITE),
)
