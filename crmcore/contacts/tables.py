"""People, companies, the points where they can be reached, and merges."""

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import Team, User
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Company(Table, db=WORKSPACE_ENGINE, tablename="company"):
    """A company. ``name_key`` is the case-folded name by which contacts find it.

    ``merged_into`` is set on the tombstone that a merge leaves behind.
    """

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=200)
    name_key = Varchar(length=200, index=True)
    domain = Varchar(length=253, default="")
    phone = Varchar(length=40, default="")
    address = Varchar(length=500, default="")
    notes = Text(default="")
    search_text = Text(default="")
    merged_into = UUID(null=True, default=None)
    custom = JSONB(default="{}")
    owner = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(null=True, default=None)


class Contact(Table, db=WORKSPACE_ENGINE, tablename="contact"):
    """A person. ``points`` repeats the contact points for reading; ``contact_point`` is what is searched.

    ``search_text`` is case-folded: names, company name and contact points.
    ``merged_into`` is set on the tombstone that a merge leaves behind.
    """

    id = UUID(primary_key=True, default=uuid7)
    first_name = Varchar(length=120, default="")
    last_name = Varchar(length=120, default="")
    avatar = Varchar(length=500, default="")
    points = JSONB(default="[]")
    company = ForeignKey(references=Company, null=True, default=None, on_delete=OnDelete.set_null)
    job_title = Varchar(length=200, default="")
    language = Varchar(length=20, default="")
    time_zone = Varchar(length=64, default="")
    gender = Varchar(length=40, default="")
    ip_address = Varchar(length=45, default="")
    browser = Varchar(length=300, default="")
    notes = Text(default="")
    search_text = Text(default="")
    last_contact_at = Timestamptz(null=True, default=None)
    last_contact_channel = Varchar(length=60, default="")
    merged_into = UUID(null=True, default=None)
    custom = JSONB(default="{}")
    owner = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    team = ForeignKey(references=Team, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now, index=True)
    deleted_at = Timestamptz(null=True, default=None)


class ContactPoint(Table, db=WORKSPACE_ENGINE, tablename="contact_point"):
    """One way to reach a contact. Unique (kind, normalized): two contacts never share one."""

    id = UUID(primary_key=True, default=uuid7)
    contact = ForeignKey(references=Contact, on_delete=OnDelete.cascade)
    kind = Varchar(length=60)
    normalized = Varchar(length=320)
    raw = Varchar(length=320)  # type: ignore[assignment]  # takes the place of Table.raw, which is not used here
    position = Integer(default=0)
    is_primary = Boolean(default=False)
    verified = Boolean(default=False)
    opt_out = Boolean(default=False)
    bounced = Boolean(default=False)


class MergeLog(Table, db=WORKSPACE_ENGINE, tablename="merge_log"):
    """A merge of two records of one type: what moved, and how both looked before, to undo it exactly."""

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60, default="contact")
    kept = UUID(index=True)
    merged = UUID(index=True)
    moves = JSONB(default="[]")
    before = JSONB(default="{}")
    actor_kind = Varchar(length=20, default="system")
    actor_id = Varchar(length=64, default="")
    actor_label = Varchar(length=200, default="")
    at = Timestamptz(default=utc_now)
    undone_at = Timestamptz(null=True, default=None)
