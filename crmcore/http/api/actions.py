"""Actions of plugins over HTTP, and what else plugins offer: commands, steps of setting up, health."""

import hashlib
import secrets
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from crmcore.contracts.actions import Action
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.contributions.actions import MAX_ITEM, Outcome, Place
from crmcore.contributions.commands import commands
from crmcore.contributions.documents import outcome_document
from crmcore.contributions.setup_steps import setup_steps
from crmcore.errors import CrmError, Invalid
from crmcore.http.answers import Answer
from crmcore.http.api.contributions import PLUGIN, key_in
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.refusals import BadKey, PluginFault
from crmcore.http.request import CrmRequest
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAX_KEY = 255
_ON = Parameter(
    name="record_type",
    where="query",
    description="Only those that such records offer by themselves; `phone` for those beside phone numbers.",
    schema={"type": "string", "maxLength": 60},
)
_WORDS = Parameter(
    name="q",
    where="query",
    description="Beginnings of words in the command's texts.",
    schema={"type": "string", "maxLength": 200},
)
_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    description="A key of your own for this press: the same again gets what the first came to, and runs nothing.",
    schema={"type": "string", "minLength": 1, "maxLength": MAX_KEY},
)


class ActionPress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One press: the record it is about (or none), one of many there, and the filled-in form."""

    record_type: Annotated[str, Meta(max_length=60)] = ""
    id: UUID | None = None
    item: Annotated[str, Meta(max_length=MAX_ITEM)] = ""
    data: dict[str, Any] = {}


class StillRunning(CrmError):
    status = 409
    code = "action_running"
    message: Label = {"en": "It is still being done.", "ru": "Действие ещё выполняется."}


def action_operations(crm: "Crm") -> list[Operation]:
    """Return the list of actions, the press, and the short lists beside."""

    async def list_actions(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        on = request.query("record_type").get("record_type", "")
        found = (
            crm.contributions.actions.offered(actor, on)
            if on
            else [
                (key, owned)
                for key, owned in sorted(crm.registry.actions.items())
                if crm.contributions.actions.find(key, actor) is not None
            ]
        )
        return Answer(body={"items": [_document(key, owned, request.language) for key, owned in found]})

    async def get_action(request: CrmRequest) -> Answer:
        actor, names = actor_of(request), request.path_params
        owned = crm.contributions.actions.get(f"{names['plugin']}.{names['action']}", actor)
        place = converted(request.query("record_type", "id", "item"), ActionPress, strict=False)
        about = Place(record_type=place.record_type if place.id else "", id=place.id, item=place.item)
        values = await crm.contributions.actions.first_values(
            owned, about, actor=actor, language=request.language
        )
        return Answer(
            body=_document(f"{owned.plugin}.{owned.item.key}", owned, request.language) | {"values": values}
        )

    async def run_action(request: CrmRequest) -> Answer:
        actor, names = actor_of(request), request.path_params
        owned = crm.contributions.actions.get(f"{names['plugin']}.{names['action']}", actor)
        press = converted(await request.document(), ActionPress)
        place = Place(record_type=press.record_type if press.id else "", id=press.id, item=press.item)
        try:
            outcome = await crm.contributions.actions.run(
                owned,
                place,
                press.data,
                token=_token(request),
                actor=actor,
                language=request.language,
            )
        except Invalid as invalid:
            raise Invalid(problems=tuple(_under(problem) for problem in invalid.problems)) from None
        return Answer(body=_answered(outcome, request.language))

    async def list_commands(request: CrmRequest) -> Answer:
        words = request.query("q").get("q", "")[:200]
        found = commands(crm, actor=actor_of(request), language=request.language, words=words)
        return Answer(body={"items": msgspec.to_builtins(found)})

    async def list_steps(request: CrmRequest) -> Answer:
        items = [
            {
                "key": step.key,
                "plugin": step.plugin,
                "title": text_of(step.title, request.language),
                "text": text_of(step.text, request.language),
                "open": step.open,
                "done": step.done,
            }
            for step in await setup_steps(crm, actor_of(request))
        ]
        return Answer(body={"items": items})

    async def list_health(request: CrmRequest) -> Answer:
        items = [
            {
                "key": found.key,
                "plugin": found.plugin,
                "label": text_of(found.label, request.language),
                "ok": found.ok,
                "message": text_of(found.message, request.language),
                "at": found.at,
            }
            for found in await crm.contributions.health.all()
        ]
        return Answer(body={"items": items})

    return [
        Operation(
            id="list_actions",
            method="GET",
            path="/api/actions",
            tag="contributions",
            summary="List actions of plugins",
            description="Those that you may use. `form` is the JSON Schema of what is asked before, or null.",
            anyone=True,
            parameters=(_ON,),
            success=Success(schema=reference("ActionList"), description="All of them."),
            refusals=(422,),
            handler=list_actions,
        ),
        Operation(
            id="get_action",
            method="GET",
            path="/api/x/{plugin:str}/actions/{action:str}",
            tag="contributions",
            summary="Read what an action asks for",
            description="`values` are what stands in the form at first, made by the plugin for this record and item.",
            anyone=True,
            parameters=(
                PLUGIN,
                key_in("action", "The action's key."),
                _ON,
                Parameter(
                    name="id",
                    where="query",
                    description="The record's id.",
                    schema={"type": "string", "format": "uuid"},
                ),
                Parameter(
                    name="item",
                    where="query",
                    description="Which of many.",
                    schema={"type": "string", "maxLength": MAX_ITEM},
                ),
            ),
            success=Success(schema=reference("ActionForm"), description="The action, and the values."),
            refusals=(404, 422),
            handler=get_action,
        ),
        Operation(
            id="run_action",
            method="POST",
            path="/api/x/{plugin:str}/actions/{action:str}",
            tag="contributions",
            summary="Set an action of a plugin off",
            description=(
                "What the button does: runs once for each `Idempotency-Key`, and stands in the audit. What is "
                "refused has its place in `errors`, below `/data` for the form. 502 when the plugin fails: then look "
                "whether anything was done before you try again."
            ),
            anyone=True,
            parameters=(PLUGIN, key_in("action", "The action's key."), _KEY),
            body=reference("ActionPress"),
            example={"record_type": "", "item": "10482", "data": {}},
            success=Success(schema=reference("ActionOutcome"), description="What came of it."),
            refusals=(404, 409, 422),
            handler=run_action,
        ),
        Operation(
            id="list_commands",
            method="GET",
            path="/api/commands",
            tag="contributions",
            summary="List the commands of plugins",
            description="At most 50 lines of the command palette that you may use, each with the path it opens.",
            anyone=True,
            parameters=(_WORDS,),
            success=Success(schema=reference("CommandList"), description="Those that have the words."),
            refusals=(422,),
            handler=list_commands,
        ),
        Operation(
            id="list_setup_steps",
            method="GET",
            path="/api/setup-steps",
            tag="contributions",
            summary="List what is to be set up",
            description="The steps of all plugins, done and to be done. One that cannot be asked counts as open.",
            permission="plugin.write",
            success=Success(schema=reference("SetupStepList"), description="All of them."),
            handler=list_steps,
        ),
        Operation(
            id="list_health_checks",
            method="GET",
            path="/api/health-checks",
            tag="contributions",
            summary="List the health checks of plugins",
            description="What each found when it was asked last, at most a short while ago.",
            permission="plugin.read",
            success=Success(schema=reference("HealthCheckList"), description="All of them."),
            handler=list_health,
        ),
    ]


def _document(key: str, owned: Registered[Action], language: str) -> dict[str, Any]:
    action = owned.item
    return {
        "key": key,
        "plugin": owned.plugin,
        "label": text_of(action.label, language),
        "icon": action.icon,
        "on": list(action.on),
        "bulk": action.bulk,
        "confirm": text_of(action.confirm, language),
        "tone": action.tone,
        "form": msgspec.json.schema(action.form) if action.form else None,
    }


def _token(request: CrmRequest) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        return secrets.token_urlsafe(18)
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise BadKey
    return f"key.{hashlib.sha256(key.encode()).hexdigest()[:48]}"


def _under(problem: Problem) -> Problem:
    return msgspec.structs.replace(problem, path=f"/data{problem.path}")


def _answered(outcome: Outcome, language: str) -> dict[str, Any]:
    if outcome.state == "refused":
        raise Invalid(problems=tuple(_under(problem) for problem in outcome.problems))
    if outcome.state == "running":
        raise StillRunning(headers={"Retry-After": "1"})
    if outcome.state == "failed":
        raise PluginFault({key: text_of(outcome.message, key) for key in ("en", "ru")})
    return outcome_document(outcome, text_of(outcome.message, language))
