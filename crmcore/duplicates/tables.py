"""Which pairs of contacts may be one person, and how far the search for them has come.

Two more tables hold the blocking keys; the migration makes them, because Piccolo's classes cannot describe them.
``duplicate_entry`` has one row a contact: a small number in place of its id, the versions of the contact and of the
rules that its keys are of, and the keys (six bytes each, in one value). ``duplicate_key`` has (key, number) alone;
on SQLite it is its own index: about 20 bytes a key, 300 a contact.
"""

from piccolo.columns import JSONB, UUID, BigInt, ForeignKey, Integer, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.contacts.tables import Contact
from crmcore.database.current import WORKSPACE_ENGINE


class DuplicateSuggestion(Table, db=WORKSPACE_ENGINE, tablename="duplicate_suggestion"):
    """Two contacts that may be one person; unique (one, other), ``one`` being the smaller id.

    ``findings`` are why. ``state`` is open, or dismissed, which no later scan changes. ``scan`` is the last scan that
    found it. A merge changes nothing here: what is merged is not seen, and is there again when the merge is undone.
    """

    id = UUID(primary_key=True, default=uuid7)
    one = ForeignKey(references=Contact, on_delete=OnDelete.cascade)
    other = ForeignKey(references=Contact, on_delete=OnDelete.cascade, index=True)
    score = SmallInt(default=0)
    findings = JSONB(default="[]")
    state = Varchar(length=20, default="open")
    scan = UUID(null=True, default=None)
    found_at = Timestamptz(default=utc_now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Varchar(length=200, default="")


class DuplicateScan(Table, db=WORKSPACE_ENGINE, tablename="duplicate_scan"):
    """One search of the whole base: ``phase`` is keys, compare or done; ``last`` says where it goes on."""

    id = UUID(primary_key=True, default=uuid7)
    phase = Varchar(length=20, default="keys")
    last = Varchar(length=40, default="")
    done = Integer(default=0)
    total = Integer(default=0)
    compared = BigInt(default=0)
    found = Integer(default=0)
    started_by = Varchar(length=200, default="")
    started_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)
