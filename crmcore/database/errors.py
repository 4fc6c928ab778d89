"""What a database refuses, in the same words for SQLite and PostgreSQL."""


class RefusedByDatabase(Exception):
    """The database refused a statement; ``table`` and ``columns`` are empty where it does not tell."""

    def __init__(
        self, message: str, *, table: str = "", columns: tuple[str, ...] = (), constraint: str = ""
    ) -> None:
        super().__init__(message)
        self.table = table
        self.columns = columns
        self.constraint = constraint


class Duplicate(RefusedByDatabase):
    """A unique constraint: another row already has these values in ``columns``."""


class ForeignKeyBroken(RefusedByDatabase):
    """A foreign key: the row referred to does not exist, or is still referred to."""


class ValueMissing(RefusedByDatabase):
    """A column that must have a value got none."""


class ValueRefused(RefusedByDatabase):
    """A value that the column cannot hold: out of range, too long, a NUL or a lone surrogate in a text."""


class TransactionBroken(RuntimeError):
    """A statement or an inner block of this transaction failed, so the whole transaction was rolled back.

    Whoever wants to go on after a failure puts the part that may fail into ``database.savepoint()``.
    """


class MigrationFailed(Exception):
    """A migration failed and was rolled back; ``app`` and ``migration`` say which one."""

    def __init__(self, app: str, migration: str, cause: BaseException) -> None:
        super().__init__(f"migration {migration} of {app} failed: {cause}")
        self.app = app
        self.migration = migration
