"""Pairs of contacts that may be one person: the list, and the search that fills it."""

from typing import Any

from litestar.response.base import ASGIResponse

from crmcore.duplicates.shown import summary, visible_findings
from crmcore.duplicates.suggestions import Suggestion
from crmcore.records.query import BadCursor
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/contacts/duplicates"
STATES = {"open": N_("To decide"), "dismissed": N_("Two people")}
MOST_REASONS = 4


async def show(visit: Visit) -> ASGIResponse:
    """List the pairs, the likeliest first, with reasons, and tell how far the search is."""
    state = visit.query.get("state", "")
    state = state if state in STATES else "open"
    suggestions = visit.crm.duplicates.suggestions
    cursor = visit.query.get("cursor", "")[:500]
    try:
        found, following = await suggestions.page(actor=visit.actor, state=state, limit=30, cursor=cursor)
    except BadCursor:
        found, following = await suggestions.page(actor=visit.actor, state=state, limit=30)
    hidden = await visit.crm.duplicates.hidden(visit.actor)
    return await visit.page(
        "duplicates.html",
        area="contacts",
        pairs=[_pair(visit, one, hidden) for one in found],
        following=following,
        first="cursor" not in visit.query,
        state=state,
        states=[(name, visit.texts.gettext(label)) for name, label in STATES.items()],
        scan=await visit.crm.duplicates.scan.state(),
    )


async def scan(visit: Visit) -> ASGIResponse:
    """Let a job search the whole base."""
    await visit.crm.duplicates.begin_scan(actor=visit.actor)
    return visit.redirect(HERE, done="scan_begun")


async def reopen(visit: Visit) -> ASGIResponse:
    """Take back that the two are two people."""
    await visit.crm.duplicates.suggestions.decide(visit.request.path_params["id"], "open", actor=visit.actor)
    return visit.redirect(HERE, done="pair_reopened")


def _pair(visit: Visit, suggestion: Suggestion, hidden: Any) -> dict[str, Any]:
    findings = visible_findings(suggestion.findings, hidden)
    ordered = sorted(findings, key=lambda finding: -abs(finding.bits))[:MOST_REASONS]
    return {
        "id": suggestion.id,
        "score": suggestion.score,
        "both": [_person(summary(row, hidden)) for row in (suggestion.one, suggestion.other)],
        "reasons": [(finding.text(visit.language), finding.bits > 0) for finding in ordered],
    }


def _person(person: dict[str, Any]) -> dict[str, Any]:
    known = (person["job_title"], person["company"], *person["emails"][:1], *person["phones"][:1])
    return {"id": person["id"], "name": person["name"], "line": ", ".join(part for part in known if part)}


ROUTES = (
    Route("GET", HERE, show, permission="contact.read"),
    Route("POST", f"{HERE}/scan", scan, permission="job.write"),
    Route("POST", f"{HERE}/{{id:uuid}}/reopen", reopen, permission="contact.write"),
)
