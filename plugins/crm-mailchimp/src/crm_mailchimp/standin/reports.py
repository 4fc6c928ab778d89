"""Reports of the stand-in's mailings, made of what happened to its members."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_mailchimp.standin.members import KeptMember

Document = dict[str, Any]


def campaigns_of(members: Iterable[KeptMember], since: datetime) -> list[Document]:
    """Return the mailings that were sent after ``since``, the newest first."""
    found: dict[str, Document] = {}
    for member in members:
        for one in member.activity:
            if one["activity_type"] == "sent":
                known = found.setdefault(
                    one["campaign_id"],
                    {
                        "id": one["campaign_id"],
                        "status": "sent",
                        "send_time": one["created_at_timestamp"],
                        "settings": {"title": one["campaign_title"], "subject_line": one["campaign_title"]},
                    },
                )
                known["send_time"] = min(known["send_time"], one["created_at_timestamp"])
    sent = [one for one in found.values() if datetime.fromisoformat(one["send_time"]) >= since]
    return sorted(sent, key=lambda one: str(one["send_time"]), reverse=True)


def recipients_of(members: Iterable[KeptMember], campaign: str) -> list[Document]:
    """Return to whom a mailing went."""
    return [
        {
            "email_id": member.hash,
            "email_address": member.address,
            "status": "hard" if _kinds(member, campaign) & {"bounce"} else "sent",
        }
        for member in members
        if "sent" in _kinds(member, campaign)
    ]


def activity_of(members: Iterable[KeptMember], campaign: str, since: datetime | None) -> list[Document]:
    """Return who opened and clicked a mailing after ``since``, and whose came back."""
    found = []
    for member in members:
        events = [
            {
                "action": one["activity_type"],
                "timestamp": one["created_at_timestamp"],
                **({"url": one["link_clicked"]} if "link_clicked" in one else {}),
            }
            for one in member.activity
            if one["campaign_id"] == campaign and one["activity_type"] in ("open", "click", "bounce")
        ]
        events = [one for one in events if since is None or datetime.fromisoformat(one["timestamp"]) > since]
        if events:
            found.append({"email_id": member.hash, "email_address": member.address, "activity": events})
    return found


def page_of(name: str, found: Sequence[Document], query: Mapping[str, str]) -> Document:
    """Return one page."""
    start, count = int(query.get("offset", 0)), min(1000, int(query.get("count", 10)))
    return {name: list(found[start : start + count]), "total_items": len(found)}


def _kinds(member: KeptMember, campaign: str) -> set[str]:
    return {one["activity_type"] for one in member.activity if one["campaign_id"] == campaign}
