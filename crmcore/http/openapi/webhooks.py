"""What the answers about webhooks look like, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import ID, MOMENT, NUMBER, TEXT, TEXTS, items_of, maybe, shape
from crmcore.http.operation import Schema, reference
from crmcore.webhooks.log import STATES


def webhook_shapes() -> dict[str, Schema]:
    """Return the component schemas of webhooks."""
    endpoint: dict[str, Schema] = {
        "id": ID,
        "version": NUMBER,
        "url": TEXT,
        "description": TEXT,
        "events": TEXTS,
        "state": {"enum": ["enabled", "paused", "disabled"]},
        "reason": {
            "type": "string",
            "description": "Why nobody's hand stopped it: `gone` (it answered 410) or `failing` (for five days).",
        },
        "owner_id": {**ID, "description": "Whose sight decides what it is told."},
        "owner_name": TEXT,
        "two_secrets": {"type": "boolean", "description": "The secret from before a rotation signs too."},
        "failing_since": maybe(MOMENT),
        "last_at": maybe(MOMENT),
        "last_status": maybe(NUMBER),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    secret: Schema = {"type": "string", "description": "`whsec_` and 256 bits in base64; shown this once."}
    delivery = shape(
        {
            "id": ID,
            "event_id": maybe({**ID, "description": "Null for a test."}),
            "name": TEXT,
            "record_type": TEXT,
            "record_id": maybe(ID),
            "state": {"enum": list(STATES)},
            "attempts": NUMBER,
            "next_at": maybe(MOMENT),
            "status": maybe({"type": "integer", "description": "The HTTP status of the last answer."}),
            "answer": {"type": "string", "description": "The beginning of the last answer."},
            "error": {"type": "string", "description": "Stable, for programs; empty when all is well."},
            "detail": {"type": "string", "description": "The same for people, in their language."},
            "duration_ms": maybe(NUMBER),
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
    )
    return {
        "Webhook": shape(endpoint),
        "WebhookWithSecret": shape({**endpoint, "secret": secret}),
        "WebhookList": items_of(reference("Webhook"), events=TEXTS),
        "WebhookDelivery": delivery,
        "WebhookDeliveryList": items_of(reference("WebhookDelivery"), paged=True),
    }
