"""What happened with two mailings of the demo: sent to everybody, opened by many, clicked by some."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm_mailchimp.standin.members import KeptMember

_MAILINGS = (
    ("a1b2c3d4e5", "Autumn news", 21),
    ("f6a7b8c9d0", "Winter offers", 4),
)
_LINKS = ("https://www.example.com/news/lamps", "https://www.example.com/offers/winter")


def seed(member: KeptMember, now: datetime, random: Random) -> None:
    """Give ``member`` a past with the mailings, the newest first."""
    for (campaign, title, days), link in zip(_MAILINGS, _LINKS, strict=True):
        at = now - timedelta(days=days, minutes=random.randint(0, 240))
        member.activity.append(_happened("sent", campaign, title, at))
        if member.status == "cleaned":
            member.activity.append(_happened("bounce", campaign, title, at + timedelta(minutes=1)))
            continue
        if random.random() < 0.7:
            at += timedelta(minutes=random.randint(3, 900))
            member.activity.append(_happened("open", campaign, title, at))
            if random.random() < 0.5:
                at += timedelta(minutes=1)
                member.activity.append(_happened("click", campaign, title, at, link_clicked=link))
    if member.status == "unsubscribed":
        last = max(one["created_at_timestamp"] for one in member.activity)
        at = datetime.fromisoformat(last) + timedelta(minutes=2)
        member.activity.append(_happened("unsub", *_MAILINGS[-1][:2], at))
    member.activity.sort(key=lambda one: str(one["created_at_timestamp"]), reverse=True)


def _happened(kind: str, campaign: str, title: str, at: datetime, **more: str) -> dict[str, Any]:
    return {
        "activity_type": kind,
        "created_at_timestamp": at.isoformat(timespec="seconds"),
        "campaign_id": campaign,
        "campaign_title": title,
        **more,
    }
