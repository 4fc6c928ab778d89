"""What invitations, sessions and teams of users look like, as JSON Schema."""

from crmcore.http.openapi.shape import FLAG, ID, MOMENT, TEXT, items_of, maybe, shape
from crmcore.http.operation import Schema

LINK: Schema = maybe({"type": "string", "format": "uri", "description": "Shown this once."})


def account_shapes() -> dict[str, Schema]:
    """Return the component schemas of accounts."""
    invitation = {
        "id": ID,
        "email": TEXT,
        "name": TEXT,
        "role": TEXT,
        "team_id": maybe(ID),
        "language": TEXT,
        "state": {"enum": ["open", "expired", "accepted", "revoked"]},
        "invited_by": TEXT,
        "created_at": MOMENT,
        "expires_at": MOMENT,
    }
    session = {
        "id": ID,
        "user_agent": TEXT,
        "address": TEXT,
        "method": {"type": "string", "description": "`password`, or the plugin of single sign-on."},
        "created_at": MOMENT,
        "last_seen_at": MOMENT,
        "current": FLAG,
    }
    return {
        "InvitationList": items_of(shape(invitation)),
        "InvitationMade": shape({**invitation, "link": LINK}),
        "SessionList": items_of(shape(session)),
        "ResetLink": shape({"link": LINK}),
        "SecondFactor": shape({"since": maybe(MOMENT), "codes_left": {"type": "integer", "minimum": 0}}),
        "Enrolment": shape({"uri": TEXT, "secret": TEXT}),
        "RecoveryCodes": shape({"recovery_codes": {"type": "array", "items": TEXT}}),
        "UserTeams": items_of(shape({"team_id": ID, "team_name": TEXT, "lead": FLAG})),
    }
