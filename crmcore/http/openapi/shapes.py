"""What the API's fixed answers look like, as JSON Schema 2020-12."""

from typing import Any

from crmcore.accounts.keys import ACTIONS
from crmcore.conversations.reading import STATES
from crmcore.http.openapi.account_shapes import account_shapes
from crmcore.http.openapi.audit import audit_shapes
from crmcore.http.openapi.canned_shapes import canned_shapes
from crmcore.http.openapi.contributions import contribution_shapes
from crmcore.http.openapi.draft_shapes import draft_shapes
from crmcore.http.openapi.duplicate_shapes import duplicate_shapes
from crmcore.http.openapi.files import file_shapes
from crmcore.http.openapi.finding import finding_shapes
from crmcore.http.openapi.general_shapes import general_shapes
from crmcore.http.openapi.importing import import_shapes
from crmcore.http.openapi.job_shapes import job_shapes
from crmcore.http.openapi.notifications import notification_shapes
from crmcore.http.openapi.privacy_shapes import privacy_shapes
from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.openapi.tag_shapes import tag_shapes
from crmcore.http.openapi.webhooks import webhook_shapes
from crmcore.http.operation import Schema, reference


def fixed_shapes() -> dict[str, Any]:
    """Return the component schemas that do not depend on record types."""
    return (
        _problems()
        | import_shapes()
        | finding_shapes()
        | general_shapes()
        | duplicate_shapes()
        | file_shapes()
        | audit_shapes()
        | webhook_shapes()
        | tag_shapes()
        | draft_shapes()
        | canned_shapes()
        | notification_shapes()
        | job_shapes()
        | privacy_shapes()
        | contribution_shapes()
        | _records()
        | _fields()
        | _plugins()
        | _channels()
        | _access()
        | account_shapes()
    )


def _problems() -> dict[str, Schema]:
    entry = shape(
        {
            "path": {"type": "string", "description": "JSON Pointer (RFC 6901) into what was sent."},
            "code": {"type": "string", "description": "Stable, for programs."},
            "message": {"type": "string", "description": "For people, in their language."},
            "plugin": {"type": "string", "description": "The plugin that said so."},
        },
        optional=("plugin",),
    )
    problem = shape(
        {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": NUMBER,
            "detail": TEXT,
            "code": TEXT,
            "errors": {"type": "array", "items": reference("ProblemEntry")},
            "request_id": TEXT,
            "current": {"type": "object", "description": "With a 409: the record as it is stored now."},
        },
        "A refusal (RFC 9457).",
        optional=("errors", "request_id", "current"),
    )
    return {"Problem": problem, "ProblemEntry": entry}


def _records() -> dict[str, Schema]:
    change = shape(
        {
            "at": MOMENT,
            "action": TEXT,
            "version": NUMBER,
            "changes": {
                "type": "object",
                "additionalProperties": {"type": "array", "description": "[before, after]"},
            },
            "actor_kind": TEXT,
            "actor_id": TEXT,
            "actor_label": TEXT,
            "reason": TEXT,
        }
    )
    result = shape(
        {"id": ID, "status": NUMBER, "version": NUMBER, "problem": reference("Problem")},
        optional=("version", "problem"),
    )
    return {
        "History": items_of(change),
        "BulkResult": items_of(result, succeeded=NUMBER, failed=NUMBER),
        "Merge": shape({"id": ID, "contact": reference("Contact")}),
        "CompanyMerge": shape({"id": ID, "company": reference("Company")}),
        "MergeUndone": shape({"id": ID, "undone": FLAG}),
        "RevealedValue": shape({"field": TEXT, "value": {"description": "The value in the clear."}}),
    }


def _fields() -> dict[str, Schema]:
    label: Schema = {"anyOf": [TEXT, {"type": "object", "additionalProperties": TEXT}]}
    field = shape(
        {
            "id": ID,
            "version": NUMBER,
            "owner": maybe({"type": "string", "description": "The plugin that owns it; null for our own."}),
            "record_type": TEXT,
            "key": TEXT,
            "label": label,
            "type": TEXT,
            "options": OBJECT,
            "format": TEXT,
            "description": label,
            "group": label,
            "order": NUMBER,
            "required": FLAG,
            "read_only": FLAG,
            "filterable": FLAG,
            "default": {"description": "What a new record gets that does not name the field."},
            "required_when": {"enum": ["", "closing"]},
            "required_before_leaving": maybe(
                shape(
                    {"field": TEXT, "choices": TEXTS},
                    "A value is needed before a record leaves one of the choices of a drop-down list, any when none"
                    " is named.",
                )
            ),
            "leaving_asleep": maybe(
                {
                    "type": "string",
                    "description": "Why that cannot hold at the moment: what it names is away.",
                }
            ),
            "rule": {"type": "object", "description": "A JSON Schema over the whole document."},
            "aliases": {**TEXTS, "description": "Further names under which documents may give the value."},
            "deleted_at": maybe(MOMENT),
            "schema": {"type": "object", "description": "The JSON Schema property that the field is."},
            "dormant": maybe(
                {"type": "string", "description": "Why the field cannot be written at the moment."}
            ),
        }
    )
    failing: Schema = {
        "type": "array",
        "items": shape({"id": ID, "title": TEXT, "problem": reference("ProblemEntry")}),
    }
    plan = shape(
        {
            "record_type": TEXT,
            "key": TEXT,
            "total": NUMBER,
            "with_value": NUMBER,
            "failing": NUMBER,
            "reasons": {"type": "object", "additionalProperties": NUMBER},
            "samples": failing,
            "stopped": {**NUMBER, "description": "How many could not leave the choice that they stand in."},
            "stopped_samples": failing,
        }
    )
    kind = {"key": TEXT, "plugin": TEXT, "label": TEXT, "options_schema": OBJECT, "sensitive": FLAG}
    field_type = shape({**kind, "widget": TEXT, "operators": TEXTS})
    format_ = shape({**kind, "description": TEXT, "examples": TEXTS})
    schema = shape(
        {
            "record_type": TEXT,
            "plural": TEXT,
            "label": TEXT,
            "label_plural": TEXT,
            "custom_fields": FLAG,
            "schema": {"type": "string", "format": "uri-reference"},
        }
    )
    return {
        "Field": field,
        "FieldList": items_of(reference("Field")),
        "FieldPlan": plan,
        "FieldValues": shape(
            {
                "items": {"type": "array", "items": shape({"id": ID, "title": TEXT, "value": {}})},
                "next": maybe(ID),
            }
        ),
        "ValueOrigins": {
            "type": "object",
            "additionalProperties": shape(
                {
                    "at": MOMENT,
                    "actor_kind": TEXT,
                    "actor_id": TEXT,
                    "actor_label": TEXT,
                    "plugin_version": TEXT,
                    "version": NUMBER,
                    "action": TEXT,
                    "reason": TEXT,
                }
            ),
        },
        "FieldTypes": shape(
            {"types": {"type": "array", "items": field_type}, "formats": {"type": "array", "items": format_}}
        ),
        "SchemaList": items_of(schema),
    }


def _plugins() -> dict[str, Schema]:
    health = shape(
        {
            "calls": NUMBER,
            "errors": NUMBER,
            "p95_ms": maybe({"type": "number"}),
            "paused": {
                **TEXTS,
                "description": "Extension points that are skipped for a while after failures.",
            },
            "last_error_at": maybe(MOMENT),
            "last_error_point": TEXT,
            "last_error": TEXT,
        }
    )
    plugin = shape(
        {
            "name": TEXT,
            "distribution": TEXT,
            "version": TEXT,
            "state": {"enum": ["loaded", "disabled", "incompatible", "failed", "absent"]},
            "reason": TEXT,
            "enabled": maybe(
                {"type": "boolean", "description": "What an administrator chose; null: no choice."}
            ),
            "restart_needed": FLAG,
            "provides": {"type": "object", "additionalProperties": TEXTS},
            "hooks": TEXTS,
            "has_settings": FLAG,
            "can_check": FLAG,
            "settings_problem": {
                "type": "string",
                "description": "Why its settings cannot be used; mostly empty.",
            },
            "health": maybe(health),
            "error": TEXT,
        }
    )
    settings = shape({"plugin": TEXT, "title": TEXT, "help": TEXT, "values": OBJECT, "schema": OBJECT})
    return {
        "Plugin": plugin,
        "PluginList": items_of(reference("Plugin")),
        "PluginSettings": settings,
        "CheckResult": shape({"ok": FLAG, "message": TEXT}),
    }


def _channels() -> dict[str, Schema]:
    channel = shape(
        {
            "key": TEXT,
            "plugin": TEXT,
            "label": TEXT,
            "icon": TEXT,
            "public_form": FLAG,
            "capabilities": OBJECT,
            "config_schema": maybe(OBJECT),
        }
    )
    connection = shape(
        {
            "key": TEXT,
            "plugin": TEXT,
            "label": TEXT,
            "help": TEXT,
            "icon": TEXT,
            "receives": FLAG,
            "checks": FLAG,
            "authorizes": FLAG,
            "listens": FLAG,
            "config_schema": OBJECT,
        }
    )
    listening = shape(
        {
            "state": {"enum": ["listening", "waiting", "stopped"]},
            "since": maybe(MOMENT),
            "error": TEXT,
            "error_at": maybe(MOMENT),
            "again_at": maybe(MOMENT),
            "failures": NUMBER,
            "place": TEXT,
        }
    )
    account = shape(
        {
            "id": ID,
            "version": NUMBER,
            "name": TEXT,
            "channel": TEXT,
            "channel_label": TEXT,
            "plugin": TEXT,
            "slug": TEXT,
            "kind": {"enum": ["channel", "connection"]},
            "public_form": FLAG,
            "receives": FLAG,
            "checks": FLAG,
            "authorizes": FLAG,
            "listens": FLAG,
            "listening": maybe(listening),
            "state": {"enum": ["active", "paused"]},
            "state_reason": TEXT,
            "config": OBJECT,
            "policy": OBJECT,
            "capabilities": maybe(OBJECT),
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    )
    delivery = {
        "id": ID,
        "account": shape({"id": ID, "name": TEXT}),
        "delivery_key": TEXT,
        "state": {"enum": list(STATES)},
        "error": TEXT,
        "conversation_id": maybe(ID),
        "attempts": NUMBER,
        "received_at": MOMENT,
        "processed_at": maybe(MOMENT),
    }
    raw = {
        "headers": {"type": "object", "additionalProperties": TEXT},
        "url": TEXT,
        "size": {"type": "integer", "description": "Bytes of the whole body; long ones are shown in part."},
        "body": TEXT,
        "body_encoding": {"enum": ["utf-8", "base64"]},
    }
    return {
        "ChannelList": items_of(channel),
        "ConnectionList": items_of(connection),
        "ChannelAccount": account,
        "ChannelAccountList": items_of(reference("ChannelAccount"), paged=True),
        "InboundAccepted": shape({"id": ID, "state": {"const": "accepted"}}),
        "Delivery": shape(delivery | raw),
        "DeliveryPage": items_of(shape(delivery), paged=True),
        "DeliveryQueued": shape({"id": ID, "state": TEXT}),
    }


def _access() -> dict[str, Schema]:
    token = {
        "id": ID,
        "user_id": ID,
        "user_name": TEXT,
        "name": TEXT,
        "scopes": TEXTS,
        "created_at": MOMENT,
        "expires_at": maybe(MOMENT),
        "revoked_at": maybe(MOMENT),
        "last_used_at": {**maybe(MOMENT), "description": "To about ten minutes."},
    }
    me = {
        "kind": TEXT,
        "id": TEXT,
        "label": TEXT,
        "permissions": TEXTS,
        "language": TEXT,
        "time_zone": TEXT,
        "density": TEXT,
        "workspace": TEXT,
    }
    preferences: dict[str, Schema] = {
        "language": {"enum": ["en", "ru"]},
        "time_zone": TEXT,
        "theme": {"enum": ["system", "light", "dark"]},
        "density": {"enum": ["comfortable", "compact"]},
        "keys": {
            "type": "object",
            "properties": dict.fromkeys(ACTIONS, TEXT),
            "additionalProperties": False,
            "description": "The key by action; a capital letter is the letter with Shift.",
        },
    }
    texts: Schema = {"type": "object", "additionalProperties": TEXT}
    role = {
        "id": ID,
        "key": TEXT,
        "version": NUMBER,
        "label": texts,
        "built_in": FLAG,
        "released": {"type": "boolean", "description": "Whether `permissions` are those of the release."},
        "permissions": TEXTS,
        "rows": texts,
        "fields": {"type": "object", "additionalProperties": texts},
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    scope = shape({"key": TEXT, "label": TEXT, "record_types": TEXTS})
    checks = shape(
        {
            "database": {"enum": ["ok", "unavailable"]},
            "migrations": {"enum": ["ok", "pending", "unknown"]},
            "plugins": shape({"loaded": NUMBER, "failed": NUMBER, "paused": NUMBER, "unwell": NUMBER}),
            "listening": shape({"working": NUMBER, "failing": NUMBER}),
            "queue": maybe(shape({"queued": NUMBER, "running": NUMBER, "dead": NUMBER})),
        }
    )
    return {
        "Token": shape(token),
        "TokenList": items_of(reference("Token")),
        "TokenMade": shape({**token, "token": {"type": "string", "description": "Shown this once."}}),
        "Me": shape(me),
        "Preferences": shape(preferences),
        "PreferenceChanges": {"type": "object", "properties": preferences, "additionalProperties": False},
        "Role": shape(role),
        "RoleList": items_of(reference("Role"), row_scopes={"type": "array", "items": scope}),
        "Live": shape({"status": {"const": "ok"}, "version": TEXT}),
        "Ready": shape({"status": {"enum": ["ok", "degraded", "unavailable"]}, "checks": checks}),
    }
