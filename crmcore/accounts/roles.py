"""What each role may do."""

from collections.abc import Iterable

ROLES: dict[str, frozenset[str]] = {
    "admin": frozenset({"*"}),
    "agent": frozenset(
        {
            "contact.read",
            "contact.write",
            "company.read",
            "company.write",
            "conversation.read",
            "conversation.write",
            "message.read",
            "message.write",
            "task.*",
            "tag.read",
            "tag.write",
            "team.read",
            "user.read",
            "field.read",
            "plugin.read",
            "channel.read",
            "schema.read",
            "event.read",
            "view.write",
            "import.read",
            "import.write",
            "export.read",
        }
    ),
    "viewer": frozenset(
        {
            "contact.read",
            "company.read",
            "conversation.read",
            "message.read",
            "task.read",
            "tag.read",
            "team.read",
            "user.read",
            "field.read",
            "plugin.read",
            "channel.read",
            "schema.read",
        }
    ),
}
"""Permission patterns by role. Nobody but an administrator deletes what customers said, or sees secrets' places."""

_ON_OTHER_RECORDS = {"agent": ("read", "write"), "viewer": ("read",)}


def permissions_of(role: str, record_types: Iterable[str] = ()) -> frozenset[str]:
    """Return the permissions of ``role``; nothing for a role that does not exist.

    ``record_types`` are those of plugins, which agents may read and write and viewers may read.
    """
    own = ROLES.get(role, frozenset())
    actions = _ON_OTHER_RECORDS.get(role, ())
    return own | {f"{record_type}.{action}" for record_type in record_types for action in actions}
