"""What the contributions of plugins look like, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference

_KINDS = "key_values, stats, items, table, note, media (with its `url`), timeline, meter, spark, chart, named in `k`"


def contribution_shapes() -> dict[str, Schema]:
    """Return the component schemas of what plugins show and offer."""
    block: Schema = {
        "type": "object",
        "properties": {"k": TEXT},
        "required": ["k"],
        "description": f"One of {_KINDS}.",
    }
    ref = shape({"action": TEXT, "label": TEXT, "item": TEXT}, "A button: an action of the same plugin.")
    blocks: Schema = {"type": "array", "items": reference("Block")}
    refs: Schema = {"type": "array", "items": reference("ActionRef")}
    about: dict[str, Schema] = {"key": TEXT, "plugin": TEXT, "title": TEXT, "icon": TEXT}
    panel = shape(
        {
            **about,
            "state": {"enum": ["ok", "empty", "setup", "stale", "error", "disabled"]},
            "message": TEXT,
            "blocks": blocks,
            "badge": maybe(OBJECT),
            "link": maybe(OBJECT),
            "actions": refs,
            "fetched_at": maybe(MOMENT),
        }
    )
    filters = shape({"schema": OBJECT, "values": OBJECT})
    page = shape(
        {
            "key": TEXT,
            "plugin": TEXT,
            "title": TEXT,
            "blocks": blocks,
            "actions": refs,
            "filters": maybe(filters),
            "more": maybe(OBJECT),
        }
    )
    entry = shape(
        {
            "plugin": TEXT,
            "source": TEXT,
            "at": MOMENT,
            "title": TEXT,
            "text": TEXT,
            "icon": TEXT,
            "tone": TEXT,
            "href": TEXT,
            "badge": maybe(OBJECT),
            "actions": refs,
        }
    )
    action: dict[str, Schema] = {
        "key": TEXT,
        "plugin": TEXT,
        "label": TEXT,
        "icon": TEXT,
        "on": TEXTS,
        "bulk": FLAG,
        "confirm": TEXT,
        "tone": TEXT,
        "form": maybe(OBJECT),
    }
    outcome = shape(
        {"id": ID, "state": {"const": "done"}, "message": TEXT, "tone": TEXT, "open": TEXT, "refresh": FLAG}
    )
    command = shape({"label": TEXT, "keywords": TEXT, "open": TEXT, "icon": TEXT, "plugin": TEXT})
    step = shape({"key": TEXT, "plugin": TEXT, "title": TEXT, "text": TEXT, "open": TEXT, "done": FLAG})
    health = shape({"key": TEXT, "plugin": TEXT, "label": TEXT, "ok": FLAG, "message": TEXT, "at": MOMENT})
    failure = shape({"plugin": TEXT, "message": TEXT})
    return {
        "Block": block,
        "ActionRef": ref,
        "Panel": panel,
        "ContributionList": items_of(shape(about)),
        "PageList": items_of(shape({**about, "path": TEXT, "menu": FLAG, "count": NUMBER})),
        "PluginPage": page,
        "Timeline": items_of(entry, failures={"type": "array", "items": failure}),
        "MessageBlocks": items_of(shape({"plugin": TEXT, "blocks": blocks})),
        "ActionList": items_of(shape(action)),
        "ActionForm": shape({**action, "values": OBJECT}),
        "ActionOutcome": outcome,
        "CommandList": items_of(command),
        "SetupStepList": items_of(step),
        "HealthCheckList": items_of(health),
    }
