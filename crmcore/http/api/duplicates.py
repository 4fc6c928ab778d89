"""Contacts that may be one person, over HTTP."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct, field

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.duplicates.finder import Likeness
from crmcore.duplicates.score import LEAST, SUGGESTED, Comparison
from crmcore.duplicates.shown import summary, visible_findings
from crmcore.duplicates.suggestions import Suggestion
from crmcore.errors import Conflict, Invalid
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.listing import CURSOR, LIMIT, cursor_of, id_of, limit_of
from crmcore.http.operation import Operation, Parameter, Success, path_id, reference
from crmcore.http.request import CrmRequest

if TYPE_CHECKING:
    from crmcore.workspace import Crm

STATES = ("open", "dismissed")
ONE = "/api/duplicates/{id:str}"
_SCORE: Label = {
    "en": "A score is a whole number from {min} to 100.",
    "ru": "Оценка — целое число от {min} до 100.",
}
_STATE: Label = {"en": "Write open or dismissed.", "ru": "Напишите open или dismissed."}
_NEITHER: Label = {
    "en": "This contact is not one of the two.",
    "ru": "Этот контакт — не один из двух.",
}


class NotADuplicate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contact that is somebody else than the one in the address."""

    other: UUID


class MergeSuggestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the two stays; ``choices`` says for single fields whose value stays."""

    kept: UUID
    choices: dict[str, Literal["kept", "merged"]] = field(default_factory=dict)


class NewScan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``restart`` begins anew instead of going on with a scan under way."""

    restart: bool = False


def duplicate_operations(crm: "Crm") -> list[Operation]:
    """Return the duplicates of a contact, the list of suggestions, what is decided about one, and the scan."""

    async def shown(request: CrmRequest, suggestion: Suggestion) -> Answer:
        hidden = await crm.duplicates.hidden(actor_of(request))
        return Answer(body=_suggestion(suggestion, request.language, hidden))

    async def of_contact(request: CrmRequest) -> Answer:
        values = request.query("limit", "minimum_score")
        found = await crm.duplicates.of_contact(
            id_of(request), actor=actor_of(request), minimum=_score(values), limit=limit_of(values)
        )
        hidden = await crm.duplicates.hidden(actor_of(request))
        return Answer(body={"items": [_likeness(one, request.language, hidden) for one in found]})

    async def dismiss_of_contact(request: CrmRequest) -> Answer:
        # Whoever does not see the contact learns nothing of what a body should be.
        contact = await crm.records.get("contact", id_of(request), actor=actor_of(request))
        asked = converted(await request.document(), NotADuplicate)
        suggestion = await crm.duplicates.suggestions.dismiss_pair(
            contact.id, asked.other, actor=actor_of(request)
        )
        return await shown(request, suggestion)

    async def list_duplicates(request: CrmRequest) -> Answer:
        values = request.query("limit", "cursor", "minimum_score", "state")
        state = values.get("state", "open")
        if state not in STATES:
            raise Invalid(problems=(Problem(path="/state", code="bad_state", message=_STATE),))
        found, following = await crm.duplicates.suggestions.page(
            actor=actor_of(request),
            state=state,
            minimum=_score(values) if "minimum_score" in values else 0,
            limit=limit_of(values),
            cursor=cursor_of(values),
        )
        hidden = await crm.duplicates.hidden(actor_of(request))
        items = [_suggestion(one, request.language, hidden) for one in found]
        return Answer(body={"items": items, "next": following})

    async def get_duplicate(request: CrmRequest) -> Answer:
        suggestion = await crm.duplicates.suggestions.get(id_of(request), actor=actor_of(request))
        return await shown(request, suggestion)

    async def dismiss(request: CrmRequest) -> Answer:
        suggestion = await crm.duplicates.suggestions.decide(
            id_of(request), "dismissed", actor=actor_of(request)
        )
        return await shown(request, suggestion)

    async def reopen(request: CrmRequest) -> Answer:
        suggestion = await crm.duplicates.suggestions.decide(id_of(request), "open", actor=actor_of(request))
        return await shown(request, suggestion)

    async def merge(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), MergeSuggestion)
        actor = actor_of(request)
        suggestion = await crm.duplicates.suggestions.get(id_of(request), actor=actor)
        both = [suggestion.one["id"], suggestion.other["id"]]
        if asked.kept not in both:
            raise Conflict(_NEITHER, code="not_of_the_two")
        both.remove(asked.kept)
        merge_id = await crm.contacts.merge(asked.kept, both[0], actor=actor, choices=asked.choices)
        contact = await crm.records.get("contact", asked.kept, actor=actor)
        return Answer(body={"id": merge_id, "contact": contact.document})

    async def begin_scan(request: CrmRequest) -> Answer:
        asked = converted(await request.document(), NewScan)
        state = await crm.duplicates.begin_scan(actor=actor_of(request), restart=asked.restart)
        return Answer(status=202, body=_scan(state))

    async def get_scan(request: CrmRequest) -> Answer:
        return Answer(body=_scan(await crm.duplicates.scan.state()))

    minimum = Parameter(
        name="minimum_score",
        where="query",
        description="Only those that score at least so much.",
        schema={"type": "integer", "minimum": LEAST, "maximum": 100},
        example=SUGGESTED,
    )
    the_one = (path_id(description="The suggestion's id."),)
    suggestion = Success(schema=reference("DuplicateSuggestion"), description="The suggestion.")
    return [
        Operation(
            id="contact_duplicates",
            method="GET",
            path="/api/contacts/{id:str}/duplicates",
            tag="duplicates",
            summary="List who may be the same person as a contact",
            description=(
                "Compared at this moment with the contacts that you may see and that have something in common "
                "with it, the likeliest first. `score` is the chance in percent; without `minimum_score` from "
                f"{SUGGESTED} on. `reasons` say what speaks for it and what against."
            ),
            permission="contact.read",
            parameters=(path_id(description="The contact's id."), LIMIT, minimum),
            success=Success(schema=reference("ContactDuplicates"), description="The likeliest first."),
            refusals=(404, 422),
            handler=of_contact,
        ),
        Operation(
            id="not_a_duplicate",
            method="POST",
            path="/api/contacts/{id:str}/duplicates/dismiss",
            tag="duplicates",
            summary="Say that two contacts are two people",
            description="They are never suggested again, unless the suggestion is opened again.",
            permission="contact.write",
            parameters=(path_id(description="One contact's id."),),
            body=reference("NotADuplicate"),
            example={"other": "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80"},
            success=suggestion,
            refusals=(404, 409, 422),
            handler=dismiss_of_contact,
        ),
        Operation(
            id="list_duplicates",
            method="GET",
            path="/api/duplicates",
            tag="duplicates",
            summary="List pairs of contacts that may be one person",
            description=(
                "What the last scans found and nobody has decided, of contacts that you may see, the likeliest "
                "first; with `state=dismissed` those that are two people."
            ),
            permission="contact.read",
            parameters=(
                Parameter(
                    name="state",
                    where="query",
                    description="Undecided pairs, or those that were dismissed.",
                    schema={"type": "string", "enum": list(STATES), "default": "open"},
                ),
                minimum,
                LIMIT,
                CURSOR,
            ),
            success=Success(schema=reference("DuplicateList"), description="One page."),
            refusals=(400, 422),
            handler=list_duplicates,
        ),
        Operation(
            id="get_duplicate",
            method="GET",
            path=ONE,
            tag="duplicates",
            summary="Read one pair",
            permission="contact.read",
            parameters=the_one,
            success=suggestion,
            refusals=(404,),
            handler=get_duplicate,
        ),
        Operation(
            id="dismiss_duplicate",
            method="POST",
            path=f"{ONE}/dismiss",
            tag="duplicates",
            summary="Dismiss a pair for good",
            description="These are two people: no later scan suggests them again.",
            permission="contact.write",
            parameters=the_one,
            success=suggestion,
            refusals=(404,),
            handler=dismiss,
        ),
        Operation(
            id="reopen_duplicate",
            method="POST",
            path=f"{ONE}/reopen",
            tag="duplicates",
            summary="Open a dismissed pair again",
            permission="contact.write",
            parameters=the_one,
            success=suggestion,
            refusals=(404,),
            handler=reopen,
        ),
        Operation(
            id="merge_duplicate",
            method="POST",
            path=f"{ONE}/merge",
            tag="duplicates",
            summary="Merge a pair",
            description="As merging contacts does; the answer's `id` undoes it, and then the pair is listed again.",
            permission="contact.write",
            parameters=the_one,
            body=reference("MergeSuggestion"),
            example={"kept": "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80", "choices": {"job_title": "merged"}},
            success=Success(schema=reference("Merge"), description="The contacts are one."),
            refusals=(404, 409, 422),
            idempotency="after",
            handler=merge,
        ),
        Operation(
            id="begin_duplicate_scan",
            method="POST",
            path="/api/duplicates/scan",
            tag="duplicates",
            summary="Search the whole base for duplicates",
            description="A job does it in steps; a scan that is under way goes on.",
            permission="job.write",
            body=reference("NewScan"),
            example={},
            success=Success(
                status=202, schema=reference("DuplicateScan"), description="The scan that is under way."
            ),
            refusals=(422,),
            handler=begin_scan,
        ),
        Operation(
            id="duplicate_scan",
            method="GET",
            path="/api/duplicates/scan",
            tag="duplicates",
            summary="Read how far the scan has come",
            permission="contact.read",
            success=Success(
                schema=reference("DuplicateScan"), description="The scan under way, else the last one."
            ),
            handler=get_scan,
        ),
    ]


def _score(values: dict[str, str]) -> int:
    text = values.get("minimum_score")
    if text is None:
        return SUGGESTED
    if text.isascii() and text.isdecimal() and len(text) <= 3 and LEAST <= int(text) <= 100:
        return int(text)
    problem = Problem(path="/minimum_score", code="bad_score", message=_SCORE, params={"min": LEAST})
    raise Invalid(problems=(problem,))


def _likeness(likeness: Likeness, language: str, hidden: Collection[str]) -> dict[str, Any]:
    comparison = likeness.comparison
    return {
        "contact": summary(likeness.row, hidden),
        "score": comparison.score,
        "reasons": comparison.reasons(language),
    }


def _suggestion(suggestion: Suggestion, language: str, hidden: Collection[str]) -> dict[str, Any]:
    findings = visible_findings(suggestion.findings, hidden)
    comparison = Comparison(score=suggestion.score, findings=findings)
    return {
        "id": suggestion.id,
        "score": suggestion.score,
        "state": suggestion.state,
        "reasons": comparison.reasons(language),
        "contacts": [summary(suggestion.one, hidden), summary(suggestion.other, hidden)],
        "found_at": suggestion.found_at,
    }


def _scan(state: dict[str, Any] | None) -> dict[str, Any]:
    names = ("id", "phase", "done", "total", "compared", "found", "started_at", "finished_at")
    state = state or {"phase": "none", "done": 0, "total": 0, "compared": 0, "found": 0}
    return {name: state.get(name) for name in names}
