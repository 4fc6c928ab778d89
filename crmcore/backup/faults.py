"""Why a backup or a restore did not happen."""


class BackupRefused(Exception):
    """A backup cannot be made or restored; the text is a sentence for the person who asked."""
