"""A stored file as documents show it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor

ADDRESS = "/api/files/"


def described(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record, a message or an answer says of the stored file ``row``."""
    document: dict[str, Any] = {
        "id": str(row["id"]),
        "name": row["name"],
        "size": row["size"],
        "media_type": row["media_type"],
        "url": f"{ADDRESS}{row['id']}",
    }
    if row["thumbnail"]:
        document["thumbnail_url"] = f"{ADDRESS}{row['id']}/thumbnail"
    return document


def id_in(value: Any) -> UUID | None:
    """Return the id in what names a file: the id itself, or a document with one; None when there is none."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def ids_in(value: Any) -> list[UUID]:
    """Return the ids in the value of a file field, one or several."""
    values = value if isinstance(value, list) else [value]
    return [id for item in values if (id := id_in(item)) is not None]


def owner_of(actor: Actor) -> tuple[str, str]:
    """Return under what an upload of ``actor`` is kept: a person's is theirs with every token of theirs."""
    return ("user" if actor.kind == "token" else actor.kind, actor.id[:64])
