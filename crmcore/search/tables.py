"""What search keeps beside the index itself.

The index is tables that Piccolo's classes cannot describe; the migration makes them. ``search_entry`` has one
row a record: its key, its type and id, its parent, its title, its tokens. ``search_words`` and, for messages,
``search_said`` are SQLite's FTS5 indexes over the tokens (PostgreSQL has GIN indexes instead). ``search_gram`` has
the trigrams of every name.
"""

from piccolo.columns import UUID, BigInt, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now
from crmcore.database.current import WORKSPACE_ENGINE


class SearchProgress(Table, db=WORKSPACE_ENGINE, tablename="search_progress"):
    """How far a rebuild of one record type's entries has come; no row when none is under way."""

    record_type = Varchar(length=60, primary_key=True)
    last_id = UUID(null=True, default=None)
    done = BigInt(default=0)
    finished = Timestamptz(null=True, default=None)
    started_at = Timestamptz(default=utc_now)
