"""A forgotten password: asking for a link, and following it."""

from litestar.response.base import ASGIResponse

from crmcore.accounts.pending import SecondStepNeeded
from crmcore.errors import Invalid, NotFound, TooMany
from crmcore.web.entering import entered, second_step
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show_question(visit: Visit) -> ASGIResponse:
    """Ask for the e-mail address."""
    return _question(visit)


async def ask(visit: Visit) -> ASGIResponse:
    """Send the link, and say the same whether anybody has this address or not."""
    form = await visit.form()
    email = form.get("email")[:254]
    try:
        await visit.crm.password_resets.ask(email, address=visit.address)
    except TooMany as refusal:
        return _question(visit, email, refusal)
    return visit.render("password_asked.html", email=email)


async def show_choice(visit: Visit) -> ASGIResponse:
    """Show the form behind the link."""
    try:
        found = await visit.crm.password_resets.find(_token(visit))
    except NotFound as refusal:
        return dead(visit, refusal)
    return _choice(visit, found["email"])


async def choose(visit: Visit) -> ASGIResponse:
    """Set the password and let the person in; a second factor is asked for all the same."""
    form = await visit.form()
    token = _token(visit)
    try:
        user_id = await visit.crm.password_resets.redeem(token, form.raw("password")[:1000])
    except NotFound as refusal:
        return dead(visit, refusal)
    except Invalid as refusal:
        found = await visit.crm.password_resets.find(token)
        return _choice(visit, found["email"], refusal.problems[0].sentence(visit.language))
    try:
        secret = await visit.crm.accounts.entrance.enter(
            user_id, address=visit.address, user_agent=visit.user_agent
        )
    except SecondStepNeeded as step:
        return second_step(visit, step, "/inbox")
    return await entered(visit, secret, "/inbox", "password")


def dead(visit: Visit, refusal: NotFound) -> ASGIResponse:
    """Say that a link is over, and what to do."""
    return visit.render("link_dead.html", status=404, sentence=refusal.sentence(visit.language))


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])


def _question(visit: Visit, email: str = "", refusal: TooMany | None = None) -> ASGIResponse:
    return visit.render(
        "password_forgotten.html",
        status=refusal.status if refusal else 200,
        headers=refusal.headers if refusal else None,
        email=email,
        error=refusal.sentence(visit.language) if refusal else "",
        mails=visit.crm.post.configured,
    )


def _choice(visit: Visit, email: str, error: str = "") -> ASGIResponse:
    return visit.render("password_new.html", status=422 if error else 200, email=email, error=error)


ROUTES = (
    Route("GET", "/password", show_question, public=True),
    Route("POST", "/password", ask, public=True),
    Route("GET", "/password/{token:str}", show_choice, public=True),
    Route("POST", "/password/{token:str}", choose, public=True),
)
