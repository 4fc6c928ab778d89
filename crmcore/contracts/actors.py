"""Who does something."""

from typing import Literal

from msgspec import Struct

ActorKind = Literal["user", "token", "plugin", "contact", "import", "system"]


class Actor(Struct, frozen=True, kw_only=True):
    """Who asks for an operation: a user, a user's token, a plugin, a customer, an import or the system itself.

    ``permissions`` are patterns over ``<record type>.<action>``: ``"contact.read"``, ``"contact.*"``,
    ``"*.read"`` or ``"*"``. What no pattern names is denied. ``team_ids`` are the teams the user belongs
    to: what a row scope of ``team`` means for this actor.
    """

    kind: ActorKind
    id: str = ""
    label: str = ""
    permissions: frozenset[str] = frozenset()
    team_ids: frozenset[str] = frozenset()
    language: str = "en"
    time_zone: str = "UTC"

    def may(self, permission: str) -> bool:
        """Tell whether this actor holds ``permission``, for example ``"contact.write"``."""
        allowed = self.permissions
        if permission in allowed or "*" in allowed:
            return True
        subject, _, action = permission.rpartition(".")
        return f"{subject}.*" in allowed or f"*.{action}" in allowed


def plugin_actor(name: str) -> Actor:
    """Return the actor that stands for the plugin ``name``: trusted code, named in every history row."""
    return Actor(kind="plugin", id=name, label=name, permissions=frozenset({"*"}))


def system_actor(label: str = "system") -> Actor:
    """Return the actor for what the core does by itself: wakes a conversation, threads a message."""
    return Actor(kind="system", label=label, permissions=frozenset({"*"}))
