"""The search index: the one place where the engines' tables differ.

SQLite keeps an entry's tokens as a text, and triggers keep FTS5 indexes over it; PostgreSQL keeps them as a tsvector
with GIN indexes. The tokens are the same, and so are the answers. Messages have an index of their own: there are ten
times as many of them as of anything else, and who looks for a person shall not wade through what was said.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from crmcore.database.current import WORKSPACE_ENGINE

ID = "2026-11-23T09:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "search index"

SQLITE = (
    """
    CREATE TABLE search_entry (
      id INTEGER PRIMARY KEY, record_type VARCHAR(60) NOT NULL, record_id UUID NOT NULL, parent_id UUID,
      title VARCHAR(200) NOT NULL, words TEXT NOT NULL
    )
    """,
    *(
        statement.format(index=index, which=which)
        for index, which in (("search_words", "<> 'message'"), ("search_said", "= 'message'"))
        for statement in (
            """
            CREATE VIRTUAL TABLE {index} USING fts5(
              words, content = 'search_entry', content_rowid = 'id', detail = none, columnsize = 0,
              tokenize = 'ascii', prefix = '2 3'
            )
            """,
            """
            CREATE TRIGGER {index}_added AFTER INSERT ON search_entry WHEN new.record_type {which} BEGIN
              INSERT INTO {index} (rowid, words) VALUES (new.id, new.words);
            END
            """,
            """
            CREATE TRIGGER {index}_removed AFTER DELETE ON search_entry WHEN old.record_type {which} BEGIN
              INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', old.id, old.words);
            END
            """,
            """
            CREATE TRIGGER {index}_changed AFTER UPDATE OF words ON search_entry
            WHEN old.words <> new.words AND old.record_type {which} BEGIN
              INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', old.id, old.words);
              INSERT INTO {index} (rowid, words) VALUES (new.id, new.words);
            END
            """,
        )
    ),
    """
    CREATE TABLE search_gram (
      gram TEXT NOT NULL, length INTEGER NOT NULL, word TEXT NOT NULL, PRIMARY KEY (gram, length, word)
    ) WITHOUT ROWID
    """,
)
# An entry is written once and read often: a short list of what waits for the GIN index keeps searches quick.
POSTGRES = (
    """
    CREATE TABLE search_entry (
      id BIGINT PRIMARY KEY, record_type VARCHAR(60) NOT NULL, record_id UUID NOT NULL, parent_id UUID,
      title VARCHAR(200) NOT NULL, words TSVECTOR NOT NULL
    )
    """,
    *(
        f"CREATE INDEX {index} ON search_entry USING gin (words) WITH (gin_pending_list_limit = 256) "
        f"WHERE record_type {which} 'message'"
        for index, which in (("search_entry_words", "<>"), ("search_entry_said", "="))
    ),
    """
    CREATE TABLE search_gram (
      gram TEXT COLLATE "C" NOT NULL, length INTEGER NOT NULL, word TEXT COLLATE "C" NOT NULL,
      PRIMARY KEY (gram, length, word)
    )
    """,
)
BOTH = (
    "CREATE UNIQUE INDEX search_entry_record ON search_entry (record_type, record_id)",
    "CREATE INDEX search_entry_parent ON search_entry (parent_id) WHERE parent_id IS NOT NULL",
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_index() -> None:
        own = POSTGRES if WORKSPACE_ENGINE.engine_type == "postgres" else SQLITE
        for statement in (*own, *BOTH):
            await Statement.raw(statement)

    manager.add_raw(make_index)
    return manager
