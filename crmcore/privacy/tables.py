"""What is remembered of exports and erasures, and how long each kind of data is kept."""

from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Erasure(Table, db=WORKSPACE_ENGINE, tablename="erasure"):
    """The erasure of one person: ``state`` is queued, running, stopped or done.

    ``subject`` is whom to look for, encrypted, and empty once everything is done: from then on nothing here names
    the person. ``entry`` is the entry of the audit that tells of it; ``task`` the task of whoever has to help.
    """

    id = UUID(primary_key=True, default=uuid7)
    contact = UUID(index=True)
    pseudonym = Varchar(length=60)
    subject = Text(default="")
    entry = UUID()
    state = Varchar(length=10, default="queued")
    task = UUID(null=True, default=None)
    started_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)


class ErasureStep(Table, db=WORKSPACE_ENGINE, tablename="erasure_step"):
    """One kind of data in an erasure: ``state`` is waiting, failed or done; ``erased`` how many things went."""

    id = UUID(primary_key=True, default=uuid7)
    erasure = UUID(index=True)
    position = Integer(default=0)
    plugin = Varchar(length=31)
    key = Varchar(length=60)
    state = Varchar(length=10, default="waiting")
    erased = Integer(default=0)
    error = Varchar(length=500, default="")
    finished_at = Timestamptz(null=True, default=None)


class ErasedMark(Table, db=WORKSPACE_ENGINE, tablename="erased_mark"):
    """That something was erased: the keyed hash of a contact point. Nobody can read back from it what it was."""

    hash = Varchar(length=64, primary_key=True, default="")
    erased_at = Timestamptz(default=utc_now)


class ErasurePepper(Table, db=WORKSPACE_ENGINE, tablename="erasure_pepper"):
    """The secret of the keyed hashes, encrypted; one row. Keys of the workspace rotate, this stays."""

    id = Integer(primary_key=True, default=1)
    secret = Varchar(length=400, secret=True)


class PersonalExport(Table, db=WORKSPACE_ENGINE, tablename="personal_export"):
    """An export of one person's data: ``state`` is queued, running, ready, failed or gone (fetched or too old)."""

    id = UUID(primary_key=True, default=uuid7)
    contact = UUID(index=True)
    state = Varchar(length=10, default="queued")
    language = Varchar(length=8, default="en")
    items = Integer(default=0)
    size = BigInt(default=0)
    error = Varchar(length=500, default="")
    started_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    fetched_at = Timestamptz(null=True, default=None)


class RetentionPeriod(Table, db=WORKSPACE_ENGINE, tablename="retention_period"):
    """How many days a kind of data is kept, where that is not the default; null keeps it for ever."""

    kind = Varchar(length=40, primary_key=True, default="")
    days = Integer(null=True, default=None)
    updated_at = Timestamptz(default=utc_now)
