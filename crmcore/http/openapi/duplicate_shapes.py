"""What the answers about duplicates look like."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference


def duplicate_shapes() -> dict[str, Schema]:
    """Return the component schemas of duplicates."""
    reason = shape(
        {
            "code": {"type": "string", "description": "Stable, for programs."},
            "text": {"type": "string", "description": "For people, in their language."},
            "for": {**FLAG, "description": "Whether it speaks for one person, or against."},
            "plugin": {"type": "string", "description": "The plugin that found it."},
        },
        optional=("plugin",),
    )
    contact = shape(
        {
            "id": ID,
            "name": TEXT,
            "emails": TEXTS,
            "phones": TEXTS,
            "company": maybe(TEXT),
            "job_title": TEXT,
        }
    )
    score: Schema = {"type": "integer", "minimum": 0, "maximum": 100}
    reasons: Schema = {"type": "array", "items": reference("DuplicateReason")}
    suggestion = shape(
        {
            "id": ID,
            "score": score,
            "state": {"enum": ["open", "dismissed"]},
            "reasons": reasons,
            "contacts": {
                "type": "array",
                "items": reference("DuplicateContact"),
                "minItems": 2,
                "maxItems": 2,
            },
            "found_at": MOMENT,
        },
        "Two contacts that may be one person.",
    )
    scan = shape(
        {
            "id": maybe(ID),
            "phase": {"enum": ["none", "keys", "compare", "done"]},
            "done": NUMBER,
            "total": NUMBER,
            "compared": {**NUMBER, "description": "How many pairs were compared."},
            "found": {**NUMBER, "description": "How many of them may be one person."},
            "started_at": maybe(MOMENT),
            "finished_at": maybe(MOMENT),
        }
    )
    one = shape({"contact": reference("DuplicateContact"), "score": score, "reasons": reasons})
    return {
        "DuplicateReason": reason,
        "DuplicateContact": contact,
        "DuplicateSuggestion": suggestion,
        "DuplicateScan": scan,
        "DuplicateList": items_of(reference("DuplicateSuggestion"), paged=True),
        "ContactDuplicates": items_of(one),
    }
