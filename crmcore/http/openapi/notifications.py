"""What notifications look like, as JSON Schema 2020-12."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, NUMBER, TEXT, items_of, maybe, shape
from crmcore.http.operation import Schema, reference
from crmcore.notifications.kinds import KINDS


def notification_shapes() -> dict[str, Schema]:
    """Return the component schemas of notifications."""
    notification = shape(
        {
            "id": ID,
            "kind": {"enum": list(KINDS)},
            "text": {"type": "string", "description": "What happened, in your language."},
            "title": {"type": "string", "description": "What the record is called now."},
            "record_type": TEXT,
            "record_id": maybe(ID),
            "message_id": maybe(ID),
            "path": {"type": "string", "description": "The page of it, empty when there is none."},
            "times": {"type": "integer", "description": "How often it happened while this was unread."},
            "at": MOMENT,
            "read_at": maybe(MOMENT),
        }
    )
    ways = shape({"in_page": FLAG, "by_mail": FLAG}) | {"additionalProperties": False}
    choices: Schema = {
        "type": "object",
        "properties": {key: reference("NotificationWays") for key in KINDS},
        "additionalProperties": False,
    }
    return {
        "Notification": notification,
        "NotificationList": items_of(reference("Notification"), paged=True),
        "NotificationCount": shape({"unread": NUMBER}),
        "NotificationsRead": shape({"read": NUMBER}),
        "NotificationWays": ways,
        "NotificationChoices": choices,
    }
