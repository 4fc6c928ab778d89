"""What the answers about personal data look like."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference


def privacy_shapes() -> dict[str, Schema]:
    """Return the component schemas of privacy."""
    export = shape(
        {
            "id": ID,
            "state": {"enum": ["queued", "running", "ready", "failed", "gone"]},
            "items": NUMBER,
            "size": NUMBER,
            "error": TEXT,
            "created_at": MOMENT,
            "finished_at": maybe(MOMENT),
            "expires_at": maybe(MOMENT),
        },
        "An export of one person's data; `gone` when it was fetched or is too old.",
    )
    held = shape({"plugin": TEXT, "key": TEXT, "label": TEXT, "count": NUMBER, "error": TEXT})
    preview = shape(
        {
            "contact": ID,
            "merged": {"type": "array", "items": ID},
            "confirm": {"type": "string", "description": "To be sent to erase."},
            "held": {"type": "array", "items": held},
            "silent": TEXTS,
        }
    )
    step = shape(
        {
            "plugin": TEXT,
            "key": TEXT,
            "state": {"enum": ["waiting", "failed", "skipped", "done"]},
            "erased": NUMBER,
            "error": TEXT,
        }
    )
    erasure = shape(
        {
            "id": ID,
            "pseudonym": TEXT,
            "state": {"enum": ["queued", "running", "stopped", "done"]},
            "created_at": MOMENT,
            "finished_at": maybe(MOMENT),
            "task_id": maybe(ID),
            "steps": {"type": "array", "items": step},
        }
    )
    days: Schema = maybe({"type": "integer", "minimum": 1, "maximum": 36500})
    retention = shape(
        {
            "kind": TEXT,
            "label": TEXT,
            "days": maybe(NUMBER),
            "default_days": maybe(NUMBER),
            "needed": {**FLAG, "description": "Whether it cannot be kept for ever."},
            "due": NUMBER,
        }
    )
    return {
        "PersonalExport": export,
        "PersonalExportList": items_of(reference("PersonalExport")),
        "ErasurePreview": preview,
        "Erasure": erasure,
        "NewErasure": _asked({"confirm": {"type": "string", "minLength": 1, "maxLength": 500}}),
        "ErasureResumption": _asked({"skip": {"type": "string", "maxLength": 100}}, optional=("skip",)),
        "Retention": retention,
        "RetentionList": items_of(reference("Retention")),
        "NewRetention": _asked({"days": days}),
    }


def _asked(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return shape(properties, optional=optional) | {"additionalProperties": False}
