"""What drafts look like, as JSON Schema 2020-12."""

from crmcore.conversations.drafts import KINDS
from crmcore.http.openapi.shape import FLAG, ID, MOMENT, TEXT, items_of, shape
from crmcore.http.operation import Schema, reference


def draft_shapes() -> dict[str, Schema]:
    """Return the component schemas of drafts and undone changes."""
    return {
        "Draft": shape(
            {
                "kind": {"enum": list(KINDS)},
                "text": TEXT,
                "updated_at": MOMENT,
                "attachments": {"type": "array", "items": ID},
            }
        ),
        "DraftList": items_of(reference("Draft")),
        "ChangeUndone": shape({"undone": FLAG, "conversation": reference("Conversation")}),
    }
