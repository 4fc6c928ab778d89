"""What is known of each stored file."""

from piccolo.columns import UUID, BigInt, Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class StoredFile(Table, db=WORKSPACE_ENGINE, tablename="stored_file"):
    """One uploaded file. Its bytes are in the storage under ``sha256``; several rows may share them.

    ``record_type``, ``record`` and ``field`` say what it hangs on (``record`` is null until somebody binds it;
    ``field`` is a custom field's key, or empty for an attachment). ``released_at`` is set when the record's value
    no longer names it. ``thumbnail`` is the SHA-256 of a small picture, empty for what is no picture.
    ``media_type`` is what the content is, never what the sender said.
    """

    id = UUID(primary_key=True, default=uuid7)
    sha256 = Varchar(length=64, index=True)
    size = BigInt(default=0)
    name = Varchar(length=255)
    media_type = Varchar(length=100)
    width = Integer(default=0)
    height = Integer(default=0)
    thumbnail = Varchar(length=64, default="", index=True)
    uploaded_by_kind = Varchar(length=20, default="system")
    uploaded_by = Varchar(length=64, default="")
    record_type = Varchar(length=60, default="")
    record = UUID(null=True, default=None, index=True)
    field = Varchar(length=63, default="")
    released_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=utc_now, index=True)
