"""Public forms: anybody may open one and write to us."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.builtin.channels.forms import FormDefinition, FormInput
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid, NotSignedIn, TooMany
from crmcore.files.spool import Spooled
from crmcore.http.languages import LANGUAGES, preferred
from crmcore.http.multipart import MULTIPART, read_parts
from crmcore.web.form import Form
from crmcore.web.form_fields import Field, filled
from crmcore.web.record_form import Complaint
from crmcore.web.route import Route
from crmcore.web.visit import Visit

WIDGETS = {
    "text": "text",
    "multiline": "textarea",
    "email": "email",
    "phone": "tel",
    "number": "text",
    "date": "date",
    "choice": "select",
    "checkbox": "checkbox",
    "file": "file",
}
NAMES = {"en": "English", "ru": "Русский"}
# The form's own inputs are named after its fields; this one cannot be, because field names have no hyphen.
TOKEN = "form-token"  # noqa: S105 - a name, not a secret


async def show_form(visit: Visit) -> ASGIResponse:
    """Show the form in the visitor's language; after it was sent, say thank you."""
    form = await _form(visit)
    return _page(visit, form, _fields(form), sent=visit.query.get("sent") == "1")


async def send_form(visit: Visit) -> ASGIResponse:
    """Take the answers, or show the form again with what is wrong beside each."""
    form = await _form(visit)
    visit.speak(form.language)
    if not _takes_files(form) or visit.request.content_type[0] != MULTIPART:
        return await _sent(visit, form, await visit.form(), {})
    with await read_parts(visit.request, visit.crm.files) as parts:
        sent = Form(parts.texts)
        if parts.refused:
            answers = {
                question.name: sent.raw(question.name) for question in form.inputs if question.name in sent
            }
            return _again(visit, form, answers, 422, tuple(parts.refused.values()), token=sent.get(TOKEN))
        return await _sent(visit, form, sent, dict(parts.files))


def _takes_files(form: FormDefinition) -> bool:
    return any(question.type == "file" for question in form.inputs)


async def _sent(visit: Visit, form: FormDefinition, sent: Form, files: dict[str, Spooled]) -> ASGIResponse:
    answers = {question.name: sent.raw(question.name) for question in form.inputs if question.name in sent}
    token = sent.get(TOKEN)
    request = visit.request
    try:
        await visit.crm.forms.submit(
            form.slug,
            answers,
            token=token,
            trap=sent.raw(form.trap),
            url=str(request.url),
            remote_address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent", ""),
            language=form.language,
            files=files,
        )
    except Invalid as error:
        return _again(visit, form, answers, 422, error.problems, token=token)
    except NotSignedIn:
        text = visit.texts.gettext("This form was open for too long. Please send it once more.")
        return _again(visit, form, answers, 422, error=text)
    except TooMany as refusal:
        return _again(visit, form, answers, 429, error=refusal.sentence(visit.language), token=token)
    return visit.redirect(_here(visit, form), sent="1")


async def _form(visit: Visit) -> FormDefinition:
    """Return the form in the language that the address names, that the browser asks for, or in its own."""
    forms, slug = visit.crm.forms, str(visit.request.path_params["slug"])
    named = visit.query.get("lang", "")
    if named in LANGUAGES:
        return await forms.definition(slug, named)
    form = await forms.definition(slug)
    wanted = preferred(visit.request.headers.get("accept-language", ""), form.language)
    return form if wanted == form.language else await forms.definition(slug, wanted)


def _here(visit: Visit, form: FormDefinition) -> str:
    """Return the form's address, with the language when the visitor named one."""
    return f"/f/{form.slug}" + (f"?lang={form.language}" if visit.query.get("lang") in LANGUAGES else "")


def _fields(form: FormDefinition) -> list[Field]:
    return [_field(question) for question in form.inputs]


def _field(question: FormInput) -> Field:
    return Field(
        name=question.name,
        label=question.label,
        widget=WIDGETS[question.type],
        required=question.required,
        hint=question.help,
        choices=tuple((choice, choice) for choice in question.choices),
        max_length=question.max_length,
        rows=6,
        autocomplete=question.autocomplete,
    )


def _again(
    visit: Visit,
    form: FormDefinition,
    answers: Mapping[str, str],
    status: int,
    problems: tuple[Problem, ...] = (),
    *,
    error: str = "",
    token: str = "",
) -> ASGIResponse:
    fields = [filled(field, answers.get(field.name, "")) for field in _fields(form)]
    texts = {problem.path.strip("/"): problem.sentence(visit.language) for problem in problems}
    fields = [msgspec.structs.replace(field, error=texts.pop(field.name, "")) for field in fields]
    complaints = [Complaint(f"f-{field.name}", field.label, field.error) for field in fields if field.error]
    # The token stays: the time a person took to fill the form goes on counting. A refused one is made anew.
    expired = bool(texts)
    if token and not expired:
        form = msgspec.structs.replace(form, token=token)
    return _page(
        visit, form, fields, status=status, error=error or " ".join(texts.values()), complaints=complaints
    )


def _page(
    visit: Visit,
    form: FormDefinition,
    fields: list[Field],
    *,
    status: int = 200,
    sent: bool = False,
    error: str = "",
    complaints: list[Complaint] | None = None,
) -> ASGIResponse:
    visit.speak(form.language)
    values: dict[str, Any] = {
        "here": _here(visit, form),
        "others": [
            (f"/f/{form.slug}?lang={language}", language, name)
            for language, name in NAMES.items()
            if language != form.language
        ],
        "form": form,
        "form_fields": fields,
        "multipart": _takes_files(form),
        "token_name": TOKEN,
        "sent": sent,
        "error": error,
        "complaints": complaints or [],
    }
    # Caches in between keep one page for each language.
    headers = {"Vary": "Accept-Language, Accept-Encoding"}
    return visit.render("public_form.html", status=status, headers=headers, **values)


ROUTES = (
    Route("GET", "/f/{slug:str}", show_form, public=True),
    Route("POST", "/f/{slug:str}", send_form, public=True),
)
