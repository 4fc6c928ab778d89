"""What people keep of their lists."""

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import User
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class SavedView(Table, db=WORKSPACE_ENGINE, tablename="saved_view"):
    """A named question of one record type's list: ``query`` is what a list is asked, without a cursor.

    Private to its ``owner`` unless ``shared``.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60, index=True)
    name = Varchar(length=120)
    owner = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    shared = Boolean(default=False)
    position = Integer(default=100)
    query = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
