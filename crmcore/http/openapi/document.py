"""The OpenAPI 3.1 document of one workspace."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from crmcore import __version__
from crmcore.accounts.new_token import NewToken
from crmcore.accounts.role import NewRole, RoleChanges
from crmcore.builtin.channels.api import PostedMessage
from crmcore.bulk.run import NewBulkRun
from crmcore.canned.reply import CannedReplyChanges, NewCannedReply
from crmcore.contracts.actors import Actor
from crmcore.events.replay import NewReplay
from crmcore.exporting.run import NewExport
from crmcore.exporting.service import ExportSettings
from crmcore.http.api.actions import ActionPress
from crmcore.http.api.canned import FillReply
from crmcore.http.api.channel_accounts import AccountChanges, NewAccount
from crmcore.http.api.drafts import NewDraft, UndoChange
from crmcore.http.api.duplicates import MergeSuggestion, NewScan, NotADuplicate
from crmcore.http.api.field_life import FieldName
from crmcore.http.api.fields import FieldChanges, NewField
from crmcore.http.api.inbound import Replay
from crmcore.http.api.invitations import NewInvitation
from crmcore.http.api.jobs import WhichJobs
from crmcore.http.api.merges import MergeCompanies, MergeContacts
from crmcore.http.api.messages import NewMessage
from crmcore.http.api.plugins import PluginWish
from crmcore.http.api.reveals import RevealValue
from crmcore.http.api.second_factor import FirstCode, OwnPassword
from crmcore.http.api.tags import MergeTags
from crmcore.http.api.user_access import TeamsOfUser
from crmcore.http.api.users import NewPassword
from crmcore.http.cookies import session_cookie_name
from crmcore.http.openapi.record_shapes import record_shapes
from crmcore.http.openapi.refusals import refusals_of, shared_refusals
from crmcore.http.openapi.shapes import fixed_shapes
from crmcore.http.operation import Operation, Parameter, Schema, Success
from crmcore.importing.run import ImportSettings
from crmcore.views.service import NewView, ViewChanges
from crmcore.webhooks.endpoint import EndpointChanges, NewEndpoint

if TYPE_CHECKING:
    from crmcore.workspace import Crm

BODIES = {
    "NewMessage": NewMessage,
    "NewDraft": NewDraft,
    "UndoChange": UndoChange,
    "MergeCompanies": MergeCompanies,
    "MergeContacts": MergeContacts,
    "MergeSuggestion": MergeSuggestion,
    "NewScan": NewScan,
    "NotADuplicate": NotADuplicate,
    "RevealValue": RevealValue,
    "NewField": NewField,
    "FieldChanges": FieldChanges,
    "FieldName": FieldName,
    "NewChannelAccount": NewAccount,
    "ChannelAccountChanges": AccountChanges,
    "InboundMessage": PostedMessage,
    "Replay": Replay,
    "ExportSettings": ExportSettings,
    "ImportSettings": ImportSettings,
    "NewBulkRun": NewBulkRun,
    "NewExport": NewExport,
    "NewToken": NewToken,
    "NewCannedReply": NewCannedReply,
    "CannedReplyChanges": CannedReplyChanges,
    "FillReply": FillReply,
    "MergeTags": MergeTags,
    "PluginWish": PluginWish,
    "NewPassword": NewPassword,
    "NewInvitation": NewInvitation,
    "TeamsOfUser": TeamsOfUser,
    "OwnPassword": OwnPassword,
    "FirstCode": FirstCode,
    "NewView": NewView,
    "ViewChanges": ViewChanges,
    "NewRole": NewRole,
    "RoleChanges": RoleChanges,
    "NewReplay": NewReplay,
    "NewWebhook": NewEndpoint,
    "WebhookChanges": EndpointChanges,
    "WhichJobs": WhichJobs,
    "ActionPress": ActionPress,
}
HEADERS: dict[str, tuple[str, Schema]] = {
    "ETag": ("The record's version.", {"type": "string"}),
    "Location": ("The address of what was made.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("Seconds to wait before trying again.", {"type": "integer"}),
    "WWW-Authenticate": ("How to sign in.", {"type": "string"}),
    "X-Request-ID": ("The id under which this request is logged.", {"type": "string"}),
}
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    description=(
        "A key of your own for this request. Repeated within 72 hours it gets the same answer and nothing happens "
        "twice; with another body it is refused (422), while the first is at work too (409)."
    ),
    schema={"type": "string", "minLength": 1, "maxLength": 255},
    example="6b3f0a52-0c1d-4a55-9f58-2f1f6f0f7c11",
)
ACCEPT_LANGUAGE = Parameter(
    name="Accept-Language",
    where="header",
    description="The language of sentences and titles: `en` or `ru`. Without it, the user's.",
    schema={"type": "string", "default": "en"},
)
ABOUT = """\
Everything that a person can do in crmcore, for programs.

Send a token: `Authorization: Bearer crm_…` (made with `crmcore token add` or at `/api/tokens`). Bodies are JSON in \
UTF-8, at most 1 MB. Moments are ISO 8601 in UTC, ids are UUIDs. Lists come in pages: give `next` back as `cursor`. \
Refusals are problem documents (RFC 9457) with a stable `code`, a sentence in your language, and in `errors` a JSON \
Pointer to what was wrong. Records have a `version`: send the one you have read, and nobody's change is lost.\
"""


async def openapi_document(
    crm: "Crm", operations: list[Operation], language: str, actor: Actor | None = None
) -> dict[str, Any]:
    """Return the description of ``operations`` with the record types and custom fields of this moment."""
    records = await record_shapes(crm, language, actor)
    # A quarter of a second of work, which other requests need not wait for.
    return await asyncio.to_thread(_described, crm, operations, records)


def _described(crm: "Crm", operations: list[Operation], records: dict[str, Schema]) -> dict[str, Any]:
    documented = [operation for operation in operations if operation.documented]
    paths: dict[str, dict[str, Any]] = {}
    for operation in documented:
        address = operation.path.replace(":str}", "}")
        paths.setdefault(address, {})[operation.method.lower()] = _operation(operation)
    schemas = fixed_shapes() | _body_shapes() | records
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{crm.settings.name} API",
            "version": __version__,
            "summary": "Contacts, conversations, custom fields, channels and plugins.",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": crm.settings.base_url.rstrip("/")}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in documented)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": shared_refusals(),
            "headers": {
                name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()
            },
            "parameters": {
                "AcceptLanguage": _parameter(ACCEPT_LANGUAGE),
                "IdempotencyKey": _parameter(IDEMPOTENCY_KEY),
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token, `crm_…`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": session_cookie_name(crm.settings),
                    "description": "A signed-in browser; unsafe methods must come from a page of this site.",
                },
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    needs = f"Needs `{operation.permission}`." if operation.permission else ""
    parameters = [_parameter(parameter) for parameter in operation.parameters]
    if operation.idempotency:
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    parameters.append({"$ref": "#/components/parameters/AcceptLanguage"})
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": " ".join(part for part in (operation.description, needs) if part)
        or operation.summary + ".",
        "parameters": parameters,
        "responses": {
            **{str(answer.status): _answer(answer) for answer in (operation.success, *operation.others)},
            **refusals_of(operation),
        },
    }
    if operation.public or operation.signed:
        described["security"] = []
    if operation.permission:
        described["x-permission"] = operation.permission
    if operation.body is not None:
        content: dict[str, Any] = {"schema": operation.body}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {operation.body_media_type: content},
        }
    return described


def _answer(success: Success) -> dict[str, Any]:
    response: dict[str, Any] = {"description": success.description}
    names = (*success.headers, "X-Request-ID")
    response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if success.schema is not None:
        content: dict[str, Any] = {"schema": success.schema}
        if success.example is not None:
            content["example"] = success.example
        response["content"] = {success.media_type: content}
    return response


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    if parameter.example is not None:
        described["example"] = parameter.example
    return described


def _body_shapes() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for name, kind in BODIES.items():
        schemas, components = msgspec.json.schema_components(
            [kind], ref_template="#/components/schemas/{name}"
        )
        own = components.pop(schemas[0]["$ref"].rpartition("/")[2])
        found |= components | {name: own | {"title": name}}
    return found
