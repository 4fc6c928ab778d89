"""What filters, searches and saved views look like, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference
from crmcore.records.filters import MAX_DEPTH, MAX_LEAVES, OPERATORS
from crmcore.records.moments import MAX_COUNT, UNITS, WORDS


def finding_shapes() -> dict[str, Schema]:
    """Return the component schemas of what finds records."""
    return _filters() | _search() | _views()


def _filters() -> dict[str, Schema]:
    several = {"type": "array", "items": reference("Filter"), "minItems": 1}
    comparison = shape(
        {
            "field": TEXT,
            "op": {"enum": list(OPERATORS)},
            "value": {
                "description": (
                    "As the field has it; a list for `in`; true or false for `empty`. Moments and dates take a "
                    "`RelativeMoment` with `within`, and may with `lt`, `lte`, `gt` and `gte`."
                ),
                "anyOf": [{}, reference("RelativeMoment")],
            },
        },
        optional=("value",),
    )
    return {
        "Filter": {
            "description": (
                f"All of, any of, not, or one comparison of a field. At most {MAX_DEPTH} deep with {MAX_LEAVES} "
                "comparisons."
            ),
            "oneOf": [
                shape({"all": several}),
                shape({"any": several}),
                shape({"not": reference("Filter")}),
                reference("Comparison"),
            ],
            "examples": [{"field": "custom.tier", "op": "eq", "value": "gold"}],
        },
        "Comparison": comparison,
        "RelativeMoment": {
            "description": (
                "A span in the time zone of who asks: a word, or so many whole days, weeks, months or years up to "
                "today's end or from today's beginning, or so many minutes or hours from now."
            ),
            "oneOf": [{"enum": list(WORDS)}, _counted("last"), _counted("next")],
            "examples": ["today", {"last": 30, "unit": "day"}],
        },
    }


def _counted(direction: str) -> Schema:
    count = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
    return shape({direction: count, "unit": {"enum": list(UNITS)}})


def _search() -> dict[str, Schema]:
    find = shape(
        {
            "type": TEXT,
            "id": ID,
            "title": TEXT,
            "excerpt": {"type": "string", "description": "Of a message: the place where the words are."},
            "conversation_id": maybe(ID),
            "created_at": MOMENT,
        }
    )
    finds = items_of(
        reference("Find"),
        paged=True,
        best={"type": "array", "items": reference("Find"), "description": "Records that fit best."},
        meant={
            "type": "object",
            "description": "Misspelt words, and the names they were taken for.",
            "additionalProperties": TEXTS,
        },
    )
    return {"Find": find, "Finds": finds}


def _views() -> dict[str, Schema]:
    question = shape(
        {
            "q": TEXT,
            "filter": maybe(reference("Filter")),
            "sort": TEXT,
            "limit": NUMBER,
            "fields": maybe(TEXTS),
        },
        "What a list is asked, as its parameters say it.",
    )
    view = shape(
        {
            "id": ID,
            "version": NUMBER,
            "record_type": TEXT,
            "name": TEXT,
            "shared": FLAG,
            "mine": {"type": "boolean", "description": "Whether it was made by who asks."},
            "order": NUMBER,
            "query": reference("ViewQuery"),
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    )
    found = items_of({"type": "object", "description": "Records of the view's type."}, paged=True)
    return {
        "ViewQuery": question,
        "View": view,
        "ViewList": items_of(reference("View")),
        "ViewRecords": found,
    }
