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


class ListChoice(Table, db=WORKSPACE_ENGINE, tablename="list_choice"):
    """What a person chose for the lists of a record type. Unique (owner, record_type).

    ``view`` is the saved view that the list opens with; ``columns`` and ``sort`` are those of the list without one.
    """

    id = UUID(primary_key=True, default=uuid7)
    owner = UUID(index=True)
    record_type = Varchar(length=60)
    view = UUID(null=True, default=None)
    columns = JSONB(default="[]")
    sort = Varchar(length=64, default="")
    updated_at = Timestamptz(default=utc_now)
