"""What the API says of canned replies, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, TEXTS, items_of, shape
from crmcore.http.operation import Schema, reference


def canned_shapes() -> dict[str, Schema]:
    """Return the component schemas of canned replies; what is sent is described by its structs."""
    files: Schema = {
        "type": "array",
        "items": reference("File"),
        "description": "The files that go with it. Their ids can be sent with a message, as a copy each.",
    }
    reply = shape(
        {
            "id": ID,
            "version": NUMBER,
            "shortcut": {**TEXT, "description": "What is typed behind `/`."},
            "title": TEXT,
            "text": TEXT,
            "folder": TEXT,
            "shared": FLAG,
            "attachments": files,
            "mine": {**FLAG, "description": "Whether you made it."},
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    )
    return {
        "CannedReply": reply,
        "CannedReplyList": items_of(reference("CannedReply")),
        "FilledReply": shape({"text": TEXT, "missing": TEXTS, "attachments": files}),
    }
