"""Import runs, what became of their rows, and the mappings that were used before."""

from piccolo.columns import UUID, BigInt, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class ImportRun(Table, db=WORKSPACE_ENGINE, tablename="import_run"):
    """One file and what is done with it.

    ``state`` is uploaded, queued, running, checked (a dry run ended), done, failed, cancelled, undoing or undone.
    ``position`` is the number of the last row that was worked on; rows up to it are never worked on again.
    ``lease`` is the fencing token of who works on it. ``settings`` is an ImportSettings, ``actor`` an Actor, on whose
    behalf the rows are written. ``total`` is how many rows the file has or says it has.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    file_name = Varchar(length=200)
    file_hash = Varchar(length=64)
    size = BigInt(default=0)
    state = Varchar(length=10, default="uploaded")
    settings = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, default="", index=True)
    header = Text(default="[]")
    position = Integer(default=0)
    total = Integer(default=0)
    created = Integer(default=0)
    updated = Integer(default=0)
    unchanged = Integer(default=0)
    skipped = Integer(default=0)
    refused = Integer(default=0)
    undone = Integer(default=0)
    kept = Integer(default=0)
    error = Text(default="")
    lease = UUID(null=True, default=None)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)


class ImportRow(Table, db=WORKSPACE_ENGINE, tablename="import_row"):
    """A row that was created, updated, skipped or refused. Unique (run, row); the others left nothing to remember.

    ``version`` is the record's after the write. ``changes`` is ``{field: [before, after]}`` of an update, encrypted
    when a sensitive field is among them; ``problems`` are those of a refused row, or by what a skipped one is known.
    ``undo`` is what became of it when the import was undone: empty, undone, or why the record was kept;
    ``undo_version`` the record's version after it. ``made`` is the company that the row made by naming it.
    """

    id = UUID(primary_key=True, default=uuid7)
    run = ForeignKey(references=ImportRun, on_delete=OnDelete.cascade, index=False)
    row = Integer()
    outcome = Varchar(length=8)
    record_id = UUID(null=True, default=None)
    version = Integer(default=0)
    changes = Text(default="")
    problems = Text(default="")
    made = UUID(null=True, default=None)
    undo = Varchar(length=20, default="")
    undo_version = Integer(default=0)


class ImportMapping(Table, db=WORKSPACE_ENGINE, tablename="import_mapping"):
    """The mapping that was used last for files with this header. Unique (record_type, header_hash)."""

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    header_hash = Varchar(length=64)
    mapping = Text(default="[]")
    used_at = Timestamptz(default=utc_now)
