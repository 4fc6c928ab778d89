"""The chain over the history."""

from piccolo.columns import Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now
from crmcore.database.current import WORKSPACE_ENGINE


class AuditSeal(Table, db=WORKSPACE_ENGINE, tablename="audit_seal"):
    """Covers up to 1,000 rows of the history, and the seal before it.

    ``entries`` is 48 bytes a row: its id and the SHA-256 of what it says. ``hash`` is the SHA-256 over ``previous``,
    ``number`` and ``entries``, in hexadecimal; ``signature`` is the hash in an envelope, which only a holder of the
    workspace's key can make; a rotation of keys renews it.
    """

    number = Integer(primary_key=True, default=0)
    entries = Bytea()
    previous = Varchar(length=64, default="")
    hash = Varchar(length=64, default="")
    signature = Varchar(length=200, default="")
    at = Timestamptz(default=utc_now)
