"""Mailchimp's answers: only what is used, bounded."""

from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(max_length=5000)]


class NamedTag(Struct, frozen=True, kw_only=True):
    """A tag on a member."""

    name: Annotated[str, Meta(max_length=200)]


class MemberStats(Struct, frozen=True, kw_only=True):
    """How much of what was sent a member opened and clicked, from 0 to 1."""

    avg_open_rate: float = 0.0
    avg_click_rate: float = 0.0


class Member(Struct, frozen=True, kw_only=True):
    """A member of the audience; ``status`` may be one that we do not keep (archived, transactional).

    ``merge_fields`` are keyed by their tags; addresses among them are objects, the others texts or numbers.
    """

    email_address: Annotated[str, Meta(max_length=320)] = ""
    status: Annotated[str, Meta(max_length=40)] = ""
    merge_fields: dict[str, Any] = field(default_factory=dict)
    tags: Annotated[list[NamedTag], Meta(max_length=1000)] = field(default_factory=list)
    interests: dict[str, bool] = field(default_factory=dict)
    stats: MemberStats = field(default_factory=MemberStats)
    member_rating: int = 0
    web_id: int = 0
    last_changed: Annotated[str, Meta(max_length=40)] = ""

    @property
    def values(self) -> dict[str, Any]:
        """The merge fields, and the groups under ``interest:ID``: ``yes`` where the member is in one."""
        return self.merge_fields | {
            f"interest:{id}": "yes" if on else "" for id, on in self.interests.items()
        }

    @property
    def changed_at(self) -> datetime | None:
        """When it changed last, None when Mailchimp does not say."""
        return moment(self.last_changed)


class Members(Struct, frozen=True, kw_only=True):
    """One page of members; ``total_items`` counts those of all pages."""

    members: Annotated[list[Member], Meta(max_length=1000)] = field(default_factory=list)
    total_items: int = 0


class Audience(Struct, frozen=True, kw_only=True):
    """The audience's name."""

    name: Text = ""


class MergeField(Struct, frozen=True, kw_only=True):
    """A field that the audience has for every member."""

    tag: Annotated[str, Meta(max_length=60)]
    name: Text = ""
    type: Annotated[str, Meta(max_length=40)] = "text"


class MergeFields(Struct, frozen=True, kw_only=True):
    """The audience's fields."""

    merge_fields: Annotated[list[MergeField], Meta(max_length=1000)] = field(default_factory=list)


class Named(Struct, frozen=True, kw_only=True):
    """A category of groups, or a group."""

    id: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[0-9A-Za-z]+$")]
    title: Text = ""
    name: Text = ""


class Categories(Struct, frozen=True, kw_only=True):
    """The audience's categories of groups."""

    categories: Annotated[list[Named], Meta(max_length=1000)] = field(default_factory=list)


class Interests(Struct, frozen=True, kw_only=True):
    """The groups of a category."""

    interests: Annotated[list[Named], Meta(max_length=1000)] = field(default_factory=list)


class Batch(Struct, frozen=True, kw_only=True):
    """A batch of operations that Mailchimp works through; its results are a ``.tar.gz`` when it is finished."""

    id: Annotated[str, Meta(min_length=1, max_length=60, pattern="^[0-9A-Za-z]+$")]
    status: Annotated[str, Meta(max_length=40)] = "pending"
    total_operations: int = 0
    finished_operations: int = 0
    errored_operations: int = 0
    response_body_url: Annotated[str, Meta(max_length=4000)] = ""
    submitted_at: Annotated[str, Meta(max_length=40)] = ""


class Batches(Struct, frozen=True, kw_only=True):
    """The batches of an account."""

    batches: Annotated[list[Batch], Meta(max_length=1000)] = field(default_factory=list)


class BatchResult(Struct, frozen=True, kw_only=True):
    """What became of one operation; ``response`` is the answer's body as text."""

    status_code: int
    operation_id: Annotated[str, Meta(max_length=200)] = ""
    response: Annotated[str, Meta(max_length=100_000)] = ""


class NewWebhook(Struct, frozen=True, kw_only=True):
    """A webhook that was made. Its signing secret is told this once, and not for every account."""

    id: Annotated[str, Meta(max_length=60)]
    signing_secret: Annotated[str, Meta(max_length=200)] = ""


class Webhook(Struct, frozen=True, kw_only=True):
    """A webhook of the audience. Its address may hold a key, so it is written nowhere."""

    id: Annotated[str, Meta(max_length=60)]
    url: Annotated[str, Meta(max_length=2000)] = ""


class Webhooks(Struct, frozen=True, kw_only=True):
    """All webhooks of the audience, other programs' among them."""

    webhooks: Annotated[list[Webhook], Meta(max_length=1000)] = field(default_factory=list)


class Segment(Struct, frozen=True, kw_only=True):
    """A tag, as the API has it: a static segment."""

    id: int
    name: Text = ""


class Segments(Struct, frozen=True, kw_only=True):
    """Tags of the audience."""

    segments: Annotated[list[Segment], Meta(max_length=1000)] = field(default_factory=list)


class SegmentError(Struct, frozen=True, kw_only=True):
    """Addresses that were not put into a segment, and why."""

    email_addresses: list[Text] = field(default_factory=list)
    error: Text = ""


class SegmentChange(Struct, frozen=True, kw_only=True):
    """What became of adding members to a tag."""

    total_added: int = 0
    total_removed: int = 0
    errors: list[SegmentError] = field(default_factory=list)


class Activity(Struct, frozen=True, kw_only=True):
    """Something that happened between a mailing and a member. Older endpoints call the same by other names."""

    activity_type: Annotated[str, Meta(max_length=40)] = ""
    created_at_timestamp: Annotated[str, Meta(max_length=40)] = ""
    campaign_id: Annotated[str, Meta(max_length=40)] = ""
    campaign_title: Text = ""
    link_clicked: Text = ""
    bounce_type: Annotated[str, Meta(max_length=40)] = ""

    @property
    def at(self) -> datetime | None:
        """When it happened, None when that cannot be read."""
        return moment(self.created_at_timestamp)


class ActivityFeed(Struct, frozen=True, kw_only=True):
    """What happened to a member, newest first."""

    activity: Annotated[list[Activity], Meta(max_length=1000)] = field(default_factory=list)


class _CampaignSettings(Struct, frozen=True, kw_only=True):
    title: Text = ""
    subject_line: Text = ""


class Campaign(Struct, frozen=True, kw_only=True):
    """A mailing."""

    id: Annotated[str, Meta(min_length=1, max_length=40, pattern="^[0-9A-Za-z]+$")]
    send_time: Annotated[str, Meta(max_length=40)] = ""
    settings: _CampaignSettings = field(default_factory=_CampaignSettings)


class Campaigns(Struct, frozen=True, kw_only=True):
    """Mailings of the account."""

    campaigns: Annotated[list[Campaign], Meta(max_length=1000)] = field(default_factory=list)


class Recipient(Struct, frozen=True, kw_only=True):
    """To whom a mailing went; ``status`` is sent, hard or soft (it came back)."""

    email_id: Annotated[str, Meta(max_length=60)]
    status: Annotated[str, Meta(max_length=40)] = "sent"


class SentTo(Struct, frozen=True, kw_only=True):
    """A page of a mailing's recipients."""

    sent_to: Annotated[list[Recipient], Meta(max_length=1000)] = field(default_factory=list)
    total_items: int = 0


class _Event(Struct, frozen=True, kw_only=True):
    action: Annotated[str, Meta(max_length=40)] = ""
    timestamp: Annotated[str, Meta(max_length=40)] = ""
    url: Text = ""


class _EmailEvents(Struct, frozen=True, kw_only=True):
    email_id: Annotated[str, Meta(max_length=60)]
    activity: Annotated[list[_Event], Meta(max_length=1000)] = field(default_factory=list)


class EmailActivity(Struct, frozen=True, kw_only=True):
    """A page of who opened and clicked a mailing."""

    emails: Annotated[list[_EmailEvents], Meta(max_length=1000)] = field(default_factory=list)
    total_items: int = 0


class FieldError(Struct, frozen=True, kw_only=True):
    """What is wrong with one field."""

    field: Text = ""
    message: Text = ""


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """An error (RFC 7807). In reality ``type`` is often left out, and ``errors`` nearly always."""

    title: Text = ""
    detail: Text = ""
    errors: list[FieldError] = field(default_factory=list)

    def reason(self) -> str:
        """Return what Mailchimp says, in one line."""
        fields = "; ".join(f"{error.field}: {error.message}" for error in self.errors[:5])
        told = " ".join(part for part in (self.detail or self.title, fields) if part)
        return " ".join(told.split())[:300]


def moment(text: str) -> datetime | None:
    """Return the moment in ``text`` (ISO 8601), in UTC where it names no zone; None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
