"""What the audit's answers look like, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, items_of, maybe, shape
from crmcore.http.operation import Schema


def audit_shapes() -> dict[str, Schema]:
    """Return the component schemas of the audit."""
    entry = shape(
        {
            "id": ID,
            "at": MOMENT,
            "action": TEXT,
            "record_type": TEXT,
            "record_id": ID,
            "subject": {"type": "string", "description": "What it was about, where that is no record."},
            "version": NUMBER,
            "changes": {
                "type": "object",
                "additionalProperties": {"type": "array", "description": "[before, after]"},
            },
            "actor_kind": TEXT,
            "actor_id": TEXT,
            "actor_label": TEXT,
            "plugin_version": TEXT,
            "reason": TEXT,
            "address": {"type": "string", "description": "Where somebody signed in from."},
            "seal": maybe(NUMBER),
            "redacted_by": maybe(ID),
        }
    )
    fault = shape({"kind": TEXT, "seal": NUMBER, "entry": maybe(ID)})
    verdict = shape(
        {
            "sound": FLAG,
            "entries": NUMBER,
            "seals": NUMBER,
            "redacted": NUMBER,
            "unsealed": NUMBER,
            "head": {
                "type": "string",
                "description": "Keep it elsewhere, and send it as `expect` next time.",
            },
            "found_expected": maybe(FLAG),
            "faults": {"type": "array", "items": fault},
        }
    )
    return {"AuditList": items_of(entry, next=maybe(ID)), "AuditVerdict": verdict}
