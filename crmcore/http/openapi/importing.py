"""What the API says of imports, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference

STATES = ["uploaded", "queued", "running", "checked", "done", "failed", "cancelled", "undoing", "undone"]


def import_shapes() -> dict[str, Schema]:
    """Return the component schemas of imports; their settings are described by their struct."""
    counts = ("total", "done", "created", "updated", "unchanged", "skipped", "refused", "undone", "kept")
    run = shape(
        {
            "id": ID,
            "record_type": TEXT,
            "file_name": TEXT,
            "size": {**NUMBER, "description": "Of the file, in bytes."},
            "state": {"enum": STATES, "description": "“checked” is the end of a dry run."},
            "settings": reference("ImportSettings"),
            "header": TEXTS,
            **dict.fromkeys(counts, NUMBER),
            "error": {**TEXT, "description": "Why it failed."},
            "by": {**TEXT, "description": "Who started it."},
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "finished_at": maybe(MOMENT),
        }
    )
    problem = shape({"path": TEXT, "code": TEXT, "message": TEXT})
    preview = shape(
        {
            "facts": {"type": "object", "additionalProperties": TEXT, "description": "How the file is read."},
            "total": {**NUMBER, "description": "How many rows it has."},
            "columns": {
                "type": "array",
                "items": shape({"column": TEXT, "field": TEXT, "samples": TEXTS}),
            },
            "remembered": {**FLAG, "description": "The mapping is that of the last file with this header."},
            "fields": {**TEXTS, "description": "Where columns may go."},
            "rows": {
                "type": "array",
                "items": shape(
                    {
                        "row": NUMBER,
                        "document": OBJECT,
                        "outcome": {"enum": ["created", "updated", "unchanged", "skipped", "refused"]},
                        "problems": {"type": "array", "items": problem},
                    }
                ),
            },
        }
    )
    export = shape(
        {
            "id": ID,
            "record_type": TEXT,
            "state": {"enum": ["queued", "running", "done", "failed"]},
            "settings": reference("ExportSettings"),
            "done": {**NUMBER, "description": "How many records are in the file."},
            "total": NUMBER,
            "size": {**NUMBER, "description": "Of the file, in bytes."},
            "error": {**TEXT, "description": "Why it failed."},
            "by": {**TEXT, "description": "Who asked for it."},
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "finished_at": maybe(MOMENT),
        }
    )
    return {
        "Export": export,
        "ExportList": items_of(reference("Export")),
        "Import": run,
        "ImportList": items_of(reference("Import")),
        "ImportPreview": preview,
    }
