"""What a command says when it does not do what was asked."""

import sqlite3


class Refused(Exception):
    """A command cannot do what was asked; the text is one sentence for the person who asked."""


def sentence_of(error: Exception) -> str | None:
    """Return the sentence for an expected failure, None for a fault of ours, which keeps its traceback."""
    from crmcore.backup.faults import BackupRefused
    from crmcore.database.errors import MigrationFailed
    from crmcore.errors import CrmError
    from crmcore.plugins.failures import StartRefused
    from crmcore.secrets.keys import SecretError
    from crmcore.sets.lockfile import LockRefused
    from crmcore.settings import SettingsError

    if isinstance(error, CrmError):
        reasons = [
            f"{problem.path.lstrip('/')}: {problem.sentence()}" if problem.path else problem.sentence()
            for problem in error.problems
        ]
        return " ".join([error.sentence(), *reasons])
    if isinstance(
        error,
        Refused | BackupRefused | LockRefused | SettingsError | StartRefused | MigrationFailed | SecretError,
    ):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, sqlite3.Error):
        return f"The database cannot be used: {error}."
    return None
