"""What the answers about jobs and replays of events look like."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, OBJECT, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference


def job_shapes() -> dict[str, Schema]:
    """Return the component schemas of jobs."""
    refusal = shape({"text": TEXT, "count": NUMBER, "records": {"type": "array", "items": ID}})
    bulk_run = shape(
        {
            "id": ID,
            "record_type": TEXT,
            "state": {"enum": ["queued", "running", "done", "failed", "undoing", "undone"]},
            "work": OBJECT,
            "total": NUMBER,
            "done": {**NUMBER, "description": "How many were worked on, of `total`."},
            "changed": NUMBER,
            "unchanged": NUMBER,
            "refused": NUMBER,
            "undone": NUMBER,
            "kept": {**NUMBER, "description": "Left alone by the undo, because they were changed since."},
            "by": TEXT,
            "error": TEXT,
            "created_at": MOMENT,
            "finished_at": maybe(MOMENT),
            "refusals": {"type": "array", "items": refusal},
        }
    )
    job = shape(
        {
            "id": ID,
            "plugin": {"type": "string", "description": "Whose queue it is in."},
            "name": TEXT,
            "owner": {"type": "string", "description": "The plugin whose code it is."},
            "label": {"type": "string", "description": "What it does, for people."},
            "state": {"enum": ["queued", "running", "dead"]},
            "payload": OBJECT,
            "priority": {"enum": ["high", "normal", "low"]},
            "attempts": NUMBER,
            "max_attempts": maybe(NUMBER),
            "error": {"type": "string", "description": "Its last failure."},
            "done": maybe(NUMBER),
            "total": maybe(NUMBER),
            "run_at": {
                **MOMENT,
                "description": "When it is due; while it runs, until when its worker has it.",
            },
            "created_at": MOMENT,
            "began_at": maybe(MOMENT),
            "died_at": maybe(MOMENT),
            "periodic": FLAG,
            "cancellable": FLAG,
        }
    )
    counts = shape({"queued": NUMBER, "running": NUMBER, "dead": NUMBER})
    queue = shape(
        {
            "plugin": TEXT,
            "due": NUMBER,
            "later": NUMBER,
            "failing": NUMBER,
            "running": NUMBER,
            "dead": NUMBER,
            "oldest_wait_s": {"type": "number"},
        }
    )
    periodic = shape(
        {
            "id": maybe(ID),
            "plugin": TEXT,
            "name": TEXT,
            "label": TEXT,
            "every_s": maybe({"type": "number"}),
            "at": {"type": "string", "description": "Times, in the five fields of cron; or empty."},
            "time_zone": TEXT,
            "state": {"enum": ["new", "queued", "running"]},
            "next_at": maybe(MOMENT),
            "ran_at": maybe(MOMENT),
            "error": TEXT,
        }
    )
    jobs: Schema = {"type": "array", "items": reference("Job")}
    return {
        "BulkRun": bulk_run,
        "Job": job,
        "JobList": items_of(reference("Job"), paged=True, counts=counts),
        "JobQueues": items_of(queue, working=jobs),
        "PeriodicJobList": items_of(periodic),
        "JobQueued": shape({"id": ID, "state": TEXT}),
        "JobsRetried": shape({"retried": NUMBER}),
        **_replays(),
    }


def _replays() -> dict[str, Schema]:
    replay = shape(
        {
            "id": ID,
            "plugin": TEXT,
            "names": TEXTS,
            "since": maybe(MOMENT),
            "until": maybe(MOMENT),
            "state": {"enum": ["queued", "running", "done", "cancelled"]},
            "done": {"type": "integer", "description": "Events that were told."},
            "waiting": {"type": "integer", "description": "Events on their way."},
            "total": NUMBER,
            "started_by": TEXT,
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "finished_at": maybe(MOMENT),
        }
    )
    listeners: Schema = {"type": "object", "additionalProperties": TEXTS}
    return {
        "EventReplay": replay,
        "EventReplayList": items_of(reference("EventReplay"), listeners=listeners),
    }
