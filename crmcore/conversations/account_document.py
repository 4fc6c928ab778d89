"""A channel account as people and programs read it."""

from typing import Any

import msgspec

from crmcore.contracts.channels import Channel
from crmcore.contracts.connections import Connection
from crmcore.conversations.account_config import ConfigCodec
from crmcore.conversations.found import Found, kind_of
from crmcore.plugins.names import CORE
from crmcore.plugins.registry import Registry


def document_of(found: Found, registry: Registry, codec: ConfigCodec) -> dict[str, Any]:
    """Return the account as a document, its secrets masked.

    ``receives`` says that it has an address for deliveries, ``checks`` that its connection can be tested,
    ``authorizes`` that it is connected by consent, and ``listens`` that a task listens for it.
    """
    row = found.row
    known = kind_of(registry, row["channel"])
    service: Channel | Connection | None = known[1].item if known is not None else None
    channel = service if isinstance(service, Channel) else None
    connection = service if isinstance(service, Connection) else None
    return {
        "id": row["id"],
        "version": row["version"],
        "name": row["name"],
        "kind": row["kind"],
        "channel": row["channel"],
        "channel_label": service.label if service else row["channel"],
        "plugin": row["plugin"],
        "slug": row["slug"],
        "public_form": bool(channel and channel.public_form),
        "receives": row["plugin"] != CORE and service is not None and service.verify is not None,
        "checks": service is not None and service.check is not None,
        "authorizes": connection is not None and connection.authorize is not None,
        "listens": service is not None and service.listen is not None,
        "state": row["state"] if found.service is not None else "paused",
        "state_reason": row["state_reason"] or found.trouble,
        "config": codec.masked(service.config if service else None, row["config"]),
        "policy": msgspec.to_builtins(found.policy),
        "capabilities": msgspec.to_builtins(channel.capabilities) if channel else None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
