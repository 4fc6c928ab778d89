"""What the API says of tags as a whole, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import ID, MOMENT, NUMBER, TEXT, items_of, maybe, shape
from crmcore.http.operation import Schema, reference


def tag_shapes() -> dict[str, Schema]:
    """Return the component schemas of tags apart from the record type itself."""
    uses = {"type": "object", "additionalProperties": NUMBER, "description": "Counts by record type."}
    return {
        "TagUse": shape({"id": ID, "version": NUMBER, "name": TEXT, "tone": TEXT, "uses": uses}),
        "TagUseList": items_of(reference("TagUse")),
        "TagRemoved": shape({"removal": {**ID, "description": "By which it is undone."}}),
        "RemovedTag": shape(
            {
                "id": ID,
                "tag": ID,
                "name": TEXT,
                "tone": TEXT,
                "merged_into": {**maybe(ID), "description": "The tag that took its place."},
                "uses": {**NUMBER, "description": "On how many records it was."},
                "removed_by": TEXT,
                "created_at": MOMENT,
            }
        ),
        "RemovedTagList": items_of(reference("RemovedTag")),
    }
