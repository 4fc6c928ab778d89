"""Settings: roles."""

from typing import Any

from litestar.response.base import ASGIResponse

from crmcore.accounts.role import ALL, NewRole, RoleChanges, RoleEntry
from crmcore.conversions import converted
from crmcore.errors import Conflict, Invalid
from crmcore.web.form import Form
from crmcore.web.role_form import RoleForm
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/settings/roles"


async def show(visit: Visit) -> ASGIResponse:
    """List the roles."""
    return await _page(visit)


async def add(visit: Visit) -> ASGIResponse:
    """Make a role that may nothing yet, and lead to its page."""
    form = await visit.form()
    document = {
        "key": form.get("key")[:60],
        "label": {"en": form.get("label_en")[:200], "ru": form.get("label_ru")[:200]},
        "permissions": [],
    }
    try:
        role = await visit.crm.roles.create(converted(document, NewRole), actor=visit.actor)
    except Invalid as error:
        return await _page(visit, form=form, error=_sentences(visit, error))
    return visit.redirect(f"{HERE}/{role.key}", done="role_added")


async def show_role(visit: Visit) -> ASGIResponse:
    """Show one role as a form."""
    return await _role_page(visit, await visit.crm.roles.get(_key(visit), actor=visit.actor))


async def save_role(visit: Visit) -> ASGIResponse:
    """Change a role to what the form says; ``release`` gives a built-in one the permissions of the release."""
    form = await visit.form()
    role = await visit.crm.roles.get(_key(visit), actor=visit.actor)
    document: dict[str, Any] = RoleForm(visit).sent(form, role)
    if form.get("release"):
        document |= {"permissions": None, "rows": {}, "fields": {}}
    version = int(form.get("version")) if form.get("version").isdecimal() else None
    try:
        changes = converted(document, RoleChanges)
        await visit.crm.roles.update(role.key, changes, actor=visit.actor, version=version)
    except (Invalid, Conflict) as error:
        return await _role_page(visit, role, error=_sentences(visit, error), status=error.status)
    return visit.redirect(f"{HERE}/{role.key}", done="saved")


async def delete_role(visit: Visit) -> ASGIResponse:
    """Delete a role that nobody has."""
    key = _key(visit)
    try:
        await visit.crm.roles.delete(key, actor=visit.actor)
    except Conflict as error:
        role = await visit.crm.roles.get(key, actor=visit.actor)
        return await _role_page(visit, role, error=error.sentence(visit.language), status=409)
    return visit.redirect(HERE, done="role_deleted")


def _key(visit: Visit) -> str:
    return str(visit.request.path_params["key"])


def _sentences(visit: Visit, error: Invalid | Conflict) -> str:
    if not error.problems:
        return error.sentence(visit.language)
    lines = [f"{problem.path.strip('/')}: {problem.sentence(visit.language)}" for problem in error.problems]
    return " ".join(lines[:10])


async def _page(visit: Visit, *, form: Form | None = None, error: str = "") -> ASGIResponse:
    roles = await visit.crm.roles.list(actor=visit.actor)
    scopes = {key: visit.say(scope.label) for key, scope in visit.crm.roles.scopes().items()}
    scopes[ALL] = visit.texts.gettext("All records")
    typed = {name: form.get(name) if form else "" for name in ("key", "label_en", "label_ru")}
    return await visit.page(
        "settings_roles.html",
        status=422 if error else 200,
        area="settings",
        roles=roles,
        narrowed={
            role.key: ", ".join(scopes.get(scope, scope) for scope in dict.fromkeys(role.rows.values()))
            for role in roles
        },
        typed=typed,
        error=error,
    )


async def _role_page(visit: Visit, role: RoleEntry, *, error: str = "", status: int = 200) -> ASGIResponse:
    form = RoleForm(visit)
    return await visit.page(
        "settings_role.html",
        status=status,
        area="settings",
        role=role,
        lines=form.lines(role),
        others=form.others(role),
        fields_text=form.field_lines(role),
        error=error,
    )


ROUTES = (
    Route("GET", HERE, show, permission="role.read"),
    Route("POST", HERE, add, permission="role.write"),
    Route("GET", f"{HERE}/{{key:str}}", show_role, permission="role.read"),
    Route("POST", f"{HERE}/{{key:str}}", save_role, permission="role.write"),
    Route("POST", f"{HERE}/{{key:str}}/delete", delete_role, permission="role.write"),
)
