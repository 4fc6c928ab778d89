"""What the API says of files, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import ID, NUMBER, TEXT, shape
from crmcore.http.operation import Schema


def file_shapes() -> dict[str, Schema]:
    """Return the component schemas of files."""
    file = shape(
        {
            "id": ID,
            "name": TEXT,
            "size": {**NUMBER, "description": "In bytes."},
            "media_type": {**TEXT, "description": "What the content is."},
            "url": {"type": "string", "format": "uri-reference"},
            "thumbnail_url": {
                "type": "string",
                "format": "uri-reference",
                "description": "Of a picture: a small one.",
            },
        },
        optional=("thumbnail_url",),
    )
    return {"File": file}
