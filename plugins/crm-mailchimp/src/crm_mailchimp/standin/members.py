"""The members of the stand-in's audience, as Mailchimp keeps and shows them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field


class KeptMember(Struct, kw_only=True):
    """One member."""

    address: str
    status: str
    changed_at: datetime
    merge_fields: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    interests: dict[str, bool] = field(default_factory=dict)
    activity: list[dict[str, Any]] = field(default_factory=list)
    web_id: int = 0

    @property
    def hash(self) -> str:
        """The member's id."""
        return hash_of(self.address)


def hash_of(address: str) -> str:
    """Return the id of the member with this address."""
    return hashlib.md5(address.lower().encode(), usedforsecurity=False).hexdigest()


def document(member: KeptMember, audience: str) -> dict[str, Any]:
    """Return the member as the API answers it."""
    opened = sum(one["activity_type"] == "open" for one in member.activity)
    clicked = sum(one["activity_type"] == "click" for one in member.activity)
    sent = max(1, sum(one["activity_type"] == "sent" for one in member.activity))
    return {
        "id": member.hash,
        "email_address": member.address,
        "unique_email_id": member.hash[:10],
        "contact_id": member.hash,
        "full_name": " ".join(str(member.merge_fields.get(name, "")) for name in ("FNAME", "LNAME")).strip(),
        "web_id": member.web_id,
        "email_type": "html",
        "status": member.status,
        "merge_fields": dict(member.merge_fields),
        "stats": {"avg_open_rate": min(1.0, opened / sent), "avg_click_rate": min(1.0, clicked / sent)},
        "member_rating": 2 + (opened > 0) + (clicked > 0),
        "last_changed": member.changed_at.isoformat(timespec="seconds"),
        "interests": dict(member.interests),
        "tags_count": len(member.tags),
        "tags": [{"id": id, "name": name} for name, id in member.tags.items()],
        "list_id": audience,
    }


def problem(status: int, title: str, detail: str = "", **more: Any) -> dict[str, Any]:
    """Return an error as the API answers it, which has no ``type`` in reality."""
    return {"title": title, "status": status, "detail": detail or title, "instance": "", **more}


def only(found: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """Return what the query parameter ``fields`` leaves of an answer, one level deep and inside lists."""
    names = [name for name in fields.split(",") if name]
    if not names:
        return dict(found)
    kept: dict[str, Any] = {}
    for name in names:
        first, _, rest = name.partition(".")
        if first not in found:
            continue
        value = found[first]
        if not rest:
            kept[first] = value
        elif isinstance(value, list):
            kept.setdefault(first, [{} for _ in value])
            for target, part in zip(kept[first], value, strict=True):
                _add(target, _nested(part, rest))
        elif isinstance(value, Mapping):
            _add(kept.setdefault(first, {}), _nested(value, rest))
    return kept


def _add(target: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add ``more`` to ``target``; several fields of one part stand beside each other."""
    for name, value in more.items():
        if isinstance(value, Mapping) and name in target:
            target[name] = {**target[name], **value}
        else:
            target[name] = value


def _nested(part: Mapping[str, Any], name: str) -> dict[str, Any]:
    first, _, rest = name.partition(".")
    if first not in part:
        return {}
    return {first: {rest: part[first].get(rest)} if rest else part[first]}
