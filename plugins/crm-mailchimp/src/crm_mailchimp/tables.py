"""Members of audiences as they were last agreed upon, and what happened to them."""

from pathlib import Path
from uuid import uuid4

from piccolo.columns import JSONB, UUID, Boolean, Float, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.tables import WORKSPACE_ENGINE, Contact


class MailchimpMember(Table, db=WORKSPACE_ENGINE, tablename="mailchimp_member"):
    """One address in one audience. Unique ``key``: the account's id and the member's hash.

    ``agreed`` maps each merge field to ``[here, there]``, its value on both sides when they were last brought in
    step, and ``tags`` are the shared tags of that moment: what differs from them has changed since. ``status`` is
    Mailchimp's, empty while it is not known. ``left_here`` says that the subscription was ended from here, ``marked``
    that the address carries marks because of Mailchimp, ``problem`` why Mailchimp last refused the member.
    """

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=80, unique=True)
    account = UUID(index=True)
    subscriber = Varchar(length=32)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    address = Varchar(length=320, default="")
    status = Varchar(length=40, default="")
    agreed = JSONB(default="{}")
    tags = JSONB(default="[]")
    left_here = Boolean(default=False)
    marked = Boolean(default=False)
    problem = Varchar(length=300, default="")
    rating = Integer(default=0)
    open_rate = Float(default=0.0)
    click_rate = Float(default=0.0)
    web_id = Integer(default=0)
    changed_at = Timestamptz(null=True, default=None)
    activity_at = Timestamptz(null=True, default=None)


class MailchimpActivity(Table, db=WORKSPACE_ENGINE, tablename="mailchimp_activity"):
    """Something that happened between a mailing and a member. Unique ``key``: reading it again adds nothing.

    ``kind`` is sent, open, click, bounce or unsub; ``title`` is the mailing's, ``url`` the link that was clicked.
    """

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=64, unique=True)
    member = ForeignKey(references=MailchimpMember, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20)
    campaign = Varchar(length=40, default="")
    title = Varchar(length=200, default="")
    url = Varchar(length=500, default="")
    at = Timestamptz(index=True)


class MailchimpTagged(Table, db=WORKSPACE_ENGINE, tablename="mailchimp_tagged"):
    """A segment's tag on a member, put there from here. Unique ``key``: segment and member's hash."""

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=80, unique=True)
    segment = UUID(index=True)
    address = Varchar(length=320)


def mailchimp_app() -> AppConfig:
    """Return the plugin's tables and where their migrations are."""
    return AppConfig(
        app_name="mailchimp",
        migrations_folder_path=Path(__file__).parent / "migrations",
        table_classes=[MailchimpMember, MailchimpActivity, MailchimpTagged],
    )
